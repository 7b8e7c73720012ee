#!/usr/bin/python3
"""Records what BIND, Knot and PowerDNS answer to our updates: writes servers_vectors.h.

    make tools && /usr/bin/python3 tests/unit/dnsupdate/servers_vectors.py > tests/unit/dnsupdate/servers_vectors.h
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../e2e"))
from knot import Knot  # noqa: E402
from named import Named  # noqa: E402
from pdns import Pdns  # noqa: E402
from recipes import secret  # noqa: E402
from test_zone import NORMAL, SPLIT, Proxy, is_update, tool  # noqa: E402

VERSIONS = {"BIND": ("named", "-v"), "Knot": ("knotd", "-V"), "PowerDNS": ("pdns_server", "--version")}


def version(name):
    run = subprocess.run(VERSIONS[name], capture_output=True, text=True)
    return re.search(r"\d+\.\d+\.\d+", run.stdout + run.stderr).group()


def string(data):
    text = "".join("\\x%02x" % octet for octet in data)
    return "\n".join('\t\t  "%s"' % text[at:at + 64] for at in range(0, len(text), 64))


def record(name, dns):
    with open(dns.key_file, encoding="utf-8") as file:
        wrong = dns.write("keys/wrong.key", re.sub(r'secret "...', 'secret "AAA', file.read()))
    for case, key, start, more in (
            ("accepted", dns.key_file, NORMAL, []), ("another set", dns.key_file, NORMAL, []),
            ("unknown key", dns.keys["unknown"], SPLIT, []), ("wrong secret", wrong, SPLIT, []),
            ("clock", dns.key_file, SPLIT, ["--clock", "400"]), ("no right", dns.keys["stranger"], SPLIT, [])):
        seen = []
        with Proxy(dns.primary.port, reply=lambda wire, request: (
                seen.append((request, wire)) if is_update(wire) else None) or [wire]) as proxy:
            tool("change", "--zone", dns.zone, "--server", proxy.address, "--key", key, "--from", start,
                 "--to", SPLIT, "--timeout-ms", "400", *more)
        request, answer = seen[0]
        with open(key, encoding="utf-8") as file:
            clause = file.read()
        print('\t{ "%s %s", "%s",\n\t  "key \\"%s\\" { algorithm %s; secret \\"%s\\"; };",\n%s,\n\t  %d,\n%s,\n\t  %d },' % (
            (name, version(name), case) + secret(clause) +
            (string(request), len(request), string(answer), len(answer))))


print("/* Made by servers_vectors.py: what real servers answered. */")
print("static const struct vector vectors[] = {")
for name, fixture in (("BIND", Named), ("Knot", Knot), ("PowerDNS", Pdns)):
    with fixture() as dns:
        record(name, dns)
print("};")
