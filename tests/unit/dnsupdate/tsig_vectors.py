"""Writes tsig_vectors.h: requests and answers signed by dnspython, a second implementation.

    /usr/bin/python3 tests/unit/dnsupdate/tsig_vectors.py > tests/unit/dnsupdate/tsig_vectors.h
"""
import time
import dns.message
import dns.name
import dns.rcode
import dns.tsig
import dns.update

NOW = 1764000000
SECRET = bytes(range(32))
ALGORITHMS = [("TSIG_MD5", dns.name.from_text("hmac-md5.sig-alg.reg.int.")), ("TSIG_SHA1", dns.tsig.HMAC_SHA1),
              ("TSIG_SHA224", dns.tsig.HMAC_SHA224), ("TSIG_SHA256", dns.tsig.HMAC_SHA256),
              ("TSIG_SHA384", dns.tsig.HMAC_SHA384), ("TSIG_SHA512", dns.tsig.HMAC_SHA512)]


def update():
    request = dns.update.Update("example.test.", id=0x1234)
    request.present("example.test.", "MX", "10 mta1.example.test.")
    request.delete("example.test.", "MX")
    request.add("example.test.", 300, "MX", "20 mta2.example.test.")
    return request


def signed(message, key, error=0, other=b"", request_mac=b""):
    message.use_tsig(key, fudge=300, tsig_error=error, other_data=other)
    message.request_mac = request_mac
    return message.to_wire()


def main():
    time.time = lambda: NOW
    print("/* Made by tsig_vectors.py with dnspython %s. */" % __import__("dns.version").version.version)
    print("static const struct {\n\tenum tsig_algorithm algorithm;")
    print("\tconst char *plain, *request, *answer, *late_clock;\n} vectors[] = {")
    for name, algorithm in ALGORITHMS:
        key = dns.tsig.Key("mxsplit.", SECRET, algorithm)
        plain = update().to_wire()
        request = update()
        wire = signed(request, key)
        response = dns.message.make_response(dns.message.from_wire(plain))
        answer = signed(response, key, request_mac=request.mac)
        response = dns.message.make_response(dns.message.from_wire(plain))
        response.set_rcode(dns.rcode.NOTAUTH)
        late = signed(response, key, 18, (NOW + 1000).to_bytes(6, "big"), request.mac)
        print("\t{ %s," % name)
        for text in (plain, wire, answer, late):
            text = text.hex()
            lines = [text[i:i + 80] for i in range(0, len(text), 80)]
            print("\n".join('\t  "%s"' % line for line in lines) + ",")
        print("\t},")
    print("};")


main()
