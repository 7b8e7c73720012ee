"""Ways to a primary: several addresses, two keys, our own address, two domains in one zone; what a
server stores otherwise than it was asked to; a spoofer beside the true answer. Against real BIND.
"""
import os
import random
import socket
import struct
import subprocess
import threading
import unittest

import dns.message
import dns.rcode
import dns.tsigkeyring

from bind import Bind, free_port
from recipes import secret
from test_zone import TOOL, Fake, Proxy, is_update, tool, zone_end

LONG = bool(os.environ.get("LONG"))
NORMAL = "604800 10 mta1.example.test. 20 mta2.example.test."
SPLIT = "300 20 mta2.example.test."


def records(text):
    ttl, *rest = text.split()
    return int(ttl), sorted((int(p), x) for p, x in zip(rest[::2], rest[1::2]))


class Silent:
    """An address that takes packets and says nothing, by UDP and by TCP."""

    def __enter__(self):
        port, self.lock = free_port()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", port))
        self.tcp = socket.create_server(("127.0.0.1", port))
        self.address = "127.0.0.1:%d" % port
        return self

    def __exit__(self, *_):
        for one in (self.udp, self.tcp, self.lock):
            one.close()


class Ways(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bind = Bind(algorithms=["hmac-sha256", "hmac-sha512"], ipv6=Bind.has_ipv6()).start()

    @classmethod
    def tearDownClass(cls):
        cls.bind.close()

    def setUp(self):
        if self.bind.primary.process is None:
            self.bind.primary.start()
        if self.bind.mx() != records(NORMAL):
            self.bind.set_mx(*records(NORMAL))

    def change(self, *more, server=None, key="mxsplit", to=SPLIT, start=NORMAL):
        args = ["change", "--zone", self.bind.zone, "--server", server or self.bind.address,
                "--key", self.bind.keys.get(key, key)]
        args += ["--to", to] if to else []
        (line,) = tool(*args, "--from", start, *more)
        return line

    # Addresses

    def test_the_next_address_when_the_first_is_closed(self):
        port, lock = free_port()
        for more in ([], ["--tcp"]):
            line = self.change("--more", self.bind.address, *more, server="127.0.0.1:%d" % port)
            self.assertEqual(line[0], "proved", line)
            self.setUp()
        lock.close()

    def test_a_black_hole_costs_its_share_and_nothing_is_sent_twice(self):
        serial = self.bind.serial()
        with Silent() as hole:
            line = self.change("--more", self.bind.address, "--timeout-ms", "800", server=hole.address)
            self.assertEqual(line[0], "failed", line)
            self.assertIn("no answer in 0.4 s; the zone is unchanged", line[2])
            self.assertEqual(self.bind.serial(), serial)
            # a zone that was read has found the address that answers
            line = tool("change", "--zone", self.bind.zone, "--server", hole.address, "--more",
                        self.bind.address, "--key", self.bind.key_file, "--to", SPLIT,
                        "--timeout-ms", "800")[0]
            self.assertEqual(line[0], "proved", line)
        self.assertEqual(self.bind.mx(), records(SPLIT))

    def test_all_addresses_are_named_when_none_answers(self):
        with Silent() as hole:
            port, lock = free_port()
            line = tool("read", "--zone", self.bind.zone, "--server", hole.address, "--more",
                        "127.0.0.1:%d" % port)[0]
            lock.close()
        self.assertEqual(line[1], "unknown")
        self.assertIn(hole.address + ": no answer in 2.5 s; 127.0.0.1:%d: connection refused" % port, line[3])

    def test_ipv6_then_ipv4(self):
        if not Bind.has_ipv6():
            self.skipTest("no IPv6 on loopback here")
        port, lock = free_port()
        line = self.change("--more", self.bind.address, server="[::1]:%d" % port)
        lock.close()
        self.assertEqual(line[0], "proved", line)

    def test_our_own_address(self):
        seen = []

        def answer(wire):
            return None

        with Fake(answer) as fake:
            fake.socket.settimeout(None)
            fake.ends = True
            run = threading.Thread(target=lambda: self.change(
                "--bind", "127.0.0.9", "--timeout-ms", "300", server=fake.address))
            run.start()
            seen.append(fake.socket.recvfrom(65535)[1][0])
            run.join()
        self.assertEqual(seen, ["127.0.0.9"])
        for more in ([], ["--tcp"]):
            self.setUp()
            self.assertEqual(self.change("--bind", "127.0.0.9", *more)[0], "proved")
        self.setUp()
        line = self.change("--bind", "192.0.2.77")
        self.assertEqual(line[0], "failed", line)
        self.assertIn("Cannot assign requested address", line[2])

    # Keys

    def test_the_second_key_while_keys_are_changed(self):
        for more in (["--timeout-ms", "500"], ["--tcp"]):
            self.setUp()
            line = self.change("--second-key", self.bind.key_file, *more, key="unknown")
            self.assertEqual(line[0], "proved", line)
            self.assertIn("the key unknown. was refused before (NOTAUTH, BADKEY)", line[2])
            self.assertEqual(self.bind.mx(), records(SPLIT))

    def test_neither_key_is_taken(self):
        line = self.change("--second-key", self.bind.keys["unknown"], "--tcp", key="unknown")
        self.assertEqual(line[0], "refused", line)
        self.assertIn("does not know the key unknown", line[2])
        self.assertEqual(self.bind.mx(), records(NORMAL))

    def test_the_right_is_not_the_keys_affair(self):
        """A key that may not do it is no reason to try another."""
        line = self.change("--second-key", self.bind.key_file, key="stranger")
        self.assertEqual(line[0], "refused", line)
        self.assertNotIn("before", line[2])

    def test_dns_check_takes_the_second_too(self):
        line = self.change("--second-key", self.bind.key_file, "--tcp", key="unknown", to=None)
        self.assertEqual(line[0], "proved", line)
        self.assertIn("accepts the key mxsplit", line[2])

    # Sets of any size

    def test_sets_of_any_size(self):
        cases = [("300 10 mta1.example.test. 10 mta2.example.test.", "60 10 mta2.example.test."),
                 ("300 10 a.x.test. 10 b.x.test. 20 c.x.test. 30 d.x.test. 30 e.x.test.",
                  "60 20 c.x.test. 30 d.x.test. 30 e.x.test."),
                 ("300 0 a.x.test. 65535 b.x.test.", "0 65535 b.x.test.")]
        for normal, split in cases:
            with self.subTest(normal):
                self.bind.set_mx(*records(normal))
                self.assertEqual(self.change(start=normal, to=split)[0], "proved")
                self.assertEqual(self.bind.mx(), records(split))
                self.assertEqual(self.change(start=split, to=normal)[0], "proved")
                self.assertEqual(self.bind.mx(), records(normal))


class Clamped(unittest.TestCase):
    """BIND answers NOERROR and stores a shorter TTL."""

    def test_a_clamped_ttl_is_seen_by_reading_back(self):
        class Short(Bind):
            def write(self, path, text, mode=0o600):
                return super().write(path, text.replace("type primary;", "type primary; max-zone-ttl 86400;"), mode)

        with Short(ttl=86400) as bind:
            line = tool("change", "--zone", bind.zone, "--server", bind.address, "--key", bind.key_file,
                        "--from", "86400 10 mta1.example.test. 20 mta2.example.test.", "--to",
                        "604800 20 mta2.example.test.", "--prove-ms", "400")[0]
            self.assertEqual(line[0], "unproved", line)
            self.assertIn("the server made the TTL 86400 of 604800 (BIND: max-zone-ttl)", line[2])
            self.assertIn("shows 20 mta2.example.test. (TTL 86400)", line[2])


class Answers(unittest.TestCase):
    """F13: every rcode as the answer to an update that is not applied, signed and not. BIND answers the questions."""

    SAID = {dns.rcode.NOERROR: ("unknown", "not shown even there", "failed", "not signed as it must be"),
            dns.rcode.FORMERR: ("refused", "(FORMERR)", "refused", "(FORMERR)"),
            dns.rcode.SERVFAIL: ("failed", "(SERVFAIL)", "failed", "(SERVFAIL)"),
            dns.rcode.NXDOMAIN: ("refused", "answered NXDOMAIN", "refused", "answered NXDOMAIN"),
            dns.rcode.NOTIMP: ("refused", "no dynamic updates", "refused", "no dynamic updates"),
            dns.rcode.REFUSED: ("refused", "does not let the key mxsplit change", "refused", "(REFUSED, not signed)"),
            dns.rcode.YXDOMAIN: ("refused", "answered YXDOMAIN", "refused", "answered YXDOMAIN"),
            dns.rcode.YXRRSET: ("conflict", "has an MX now", "refused", "answered YXRRSET"),
            dns.rcode.NXRRSET: ("conflict", "is not what it was", "refused", "answered NXRRSET"),
            dns.rcode.NOTAUTH: ("refused", "is not the primary", "refused", "(NOTAUTH, not signed)"),
            dns.rcode.NOTZONE: ("refused", "is not in the zone", "refused", "(NOTZONE)"),
            11: ("refused", "answered rcode 11", "refused", "answered rcode 11")}
    UNSIGNED = list(SAID) if LONG else [dns.rcode.NOERROR, dns.rcode.REFUSED, dns.rcode.NXRRSET]  # waited for to the end

    def change(self, bind, ring, rcode):
        """ring: None for an answer that is not signed."""
        def ask(wire):
            if not is_update(wire):
                return [wire]
            answer = dns.message.make_response(dns.message.from_wire(wire, keyring=ring or False, continue_on_error=True))
            answer.set_rcode(rcode)
            if not ring:
                answer.tsig = answer.keyring = None
            proxy.front.sendto(answer.to_wire(), proxy.client)
            return []

        with Proxy(bind.primary.port, ask=ask) as proxy:
            return tool("change", "--zone", bind.zone, "--server", proxy.address, "--key", bind.key_file, "--from", NORMAL,
                        "--to", SPLIT, "--timeout-ms", "3000" if ring else "900", "--prove-ms", "300")[0]

    def test_each_rcode(self):
        with Bind() as bind:
            with open(bind.key_file, encoding="utf-8") as file:
                name, algorithm, text = secret(file.read())
            ring = dns.tsigkeyring.from_text({name: (algorithm + ".", text)})
            for rcode, (signed, words, unsigned, other) in self.SAID.items():
                for keys, result, said in ((ring, signed, words), (None, unsigned, other)):
                    if not keys and rcode not in self.UNSIGNED:
                        continue
                    with self.subTest(dns.rcode.to_text(rcode), signed=bool(keys)):
                        line = self.change(bind, keys, rcode)
                        self.assertEqual((line[0], said in line[2]), (result, True), line)
            self.assertEqual((bind.mx(), bind.serial()), (records(NORMAL), 1))


class Spoofer(unittest.TestCase):
    """F16: forged answers beside the true one, at the port that asked."""

    COUNT = 1_000_000 if LONG else 400
    EACH = 100  # before each true answer
    ROUND = 10_000  # by one proxy, which holds a descriptor for each answer

    @staticmethod
    def forge(rng, wire, request, old):
        """One forgery of the true answer `wire`."""
        out = bytearray(wire)
        kind = rng.randrange(7)
        if kind == 0:      # another id
            out[0:2] = struct.pack("!H", (struct.unpack("!H", wire[:2])[0] + rng.randrange(1, 65536)) & 0xFFFF)
        elif kind == 1:    # no TSIG, any rcode
            out = bytearray(wire[:zone_end(wire)])
            out[6:12] = bytes(6)
            out[3] = out[3] & 0xF0 | rng.randrange(16)
        elif kind == 2:    # bits
            for _ in range(rng.randrange(1, 4)):
                at = rng.randrange(2, len(out))
                out[at] ^= 1 << rng.randrange(8)
        elif kind == 3 and old:    # replayed, with the right id
            out = bytearray(old)
            out[0:2] = wire[0:2]
        elif kind == 4:    # another time signed
            at = out.rindex(b"\x0bhmac-sha256\x00") + 13
            out[at:at + 6] = (int.from_bytes(out[at:at + 6], "big") + rng.choice([-7200, -1, 1, 7200])).to_bytes(6, "big")
        elif kind == 5:    # cut, or more than it was
            out = out[:rng.randrange(len(out))] if rng.random() < 0.5 else out + bytes(rng.randrange(1, 50))
        else:              # our own request come back
            out = bytearray(request)
        return bytes(out) if bytes(out) != wire else b""

    def test_none_is_believed_and_none_stops_the_true_one(self):
        rng, sent, old = random.Random(7), [0], [None]

        def reply(wire, request):
            if not is_update(wire):
                return [wire]
            false = [self.forge(rng, wire, request, old[0]) for _ in range(self.EACH)]
            sent[0] += len(false)
            old[0] = wire
            return [one for one in false if one] + [wire]

        with Bind() as bind:
            while sent[0] < self.COUNT:
                with Proxy(bind.primary.port, reply=reply) as proxy:
                    self.changes(bind, proxy, sent, sent[0] + min(self.COUNT, self.ROUND))
        self.assertGreaterEqual(sent[0], self.COUNT)
        print("%d forgeries, 0 believed" % sent[0])

    def changes(self, bind, proxy, sent, goal):
        """Changes through the proxy until so many forgeries were sent, by one process."""
        loop = subprocess.Popen([TOOL, "change", "--zone", bind.zone, "--server", proxy.address, "--key", bind.key_file, "--loop",
                                 "--timeout-ms", "20000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            now, then = (NORMAL, SPLIT) if bind.mx() == records(NORMAL) else (SPLIT, NORMAL)
            while sent[0] < goal:
                loop.stdin.write(now + "\t" + then + "\n")
                loop.stdin.flush()
                self.assertEqual(loop.stdout.readline().split("\t")[0], "proved")
                self.assertEqual(bind.mx(), records(then))
                # and where the true answer is a refusal, no forgery makes it a yes
                loop.stdin.write(now + "\t" + then.replace("mta2", "mta3") + "\n")
                loop.stdin.flush()
                self.assertEqual(loop.stdout.readline().split("\t")[0], "conflict")
                self.assertEqual(bind.mx(), records(then))
                now, then = then, now
        finally:
            loop.stdin.close()
            loop.wait(60)
            loop.stdout.close()

    def test_from_another_address(self):
        """The right answer, even the signed one, from another source is not taken: no kernel gives it to us."""
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind(("127.0.0.3", 0))
        clients = []

        class Moved(Proxy):
            def run(self):
                front, moved = self.front, other

                class Front:
                    fileno = staticmethod(front.fileno)

                    @staticmethod
                    def recvfrom(size):
                        wire, client = front.recvfrom(size)
                        clients.append(client)
                        return wire, client

                    @staticmethod
                    def sendto(wire, client):
                        (moved if is_update(wire) else front).sendto(wire, client)

                    close = staticmethod(front.close)

                self.front = Front
                super().run()

        with Bind() as bind, Moved(bind.primary.port) as proxy:
            line = tool("change", "--zone", bind.zone, "--server", proxy.address, "--key", bind.key_file,
                        "--from", NORMAL, "--to", SPLIT, "--timeout-ms", "600")[0]
            # it was applied, and reading says so, not the answer
            self.assertEqual(line[0], "proved", line)
            line = tool("change", "--zone", bind.zone, "--server", proxy.address, "--key",
                        bind.keys["stranger"], "--from", SPLIT, "--to", NORMAL, "--timeout-ms", "600")[0]
            self.assertEqual((line[0], "no answer in 0.6 s" in line[2]), ("failed", True), line)
        other.close()
        self.assertTrue(clients)


class Wire(unittest.TestCase):
    """What we send beside what nsupdate and knsupdate send for the same change: all but id, time and MAC."""

    @staticmethod
    def caught(run):
        """The first update that arrives at a port of ours while `run(port)` runs."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(20)
            process = run(s.getsockname()[1])
            try:
                while True:
                    wire = s.recv(65535)
                    if is_update(wire):
                        return wire
            finally:
                process.kill()
                process.communicate()

    @staticmethod
    def parts(wire):
        """Header without id, each section's records as bytes; the TSIG without time, MAC and id."""
        message = dns.message.from_wire(wire, keyring=False, continue_on_error=True)
        end = wire.index(b"\x07mxsplit\x00\x00\xfa", 12) if b"\x07mxsplit\x00\x00\xfa" in wire else len(wire)
        tsig = wire[end:]
        name = tsig.index(b"hmac-sha256\x00") + 12 if tsig else 0
        return wire[2:12], wire[12:end], message.sections, tsig[:name], tsig[name + 6:name + 10]

    def change(self, keys):
        lines = ["prereq yxrrset example.test. MX 10 mta1.example.test.",
                 "prereq yxrrset example.test. MX 20 mta2.example.test.",
                 "update delete example.test. MX", "update add example.test. 300 MX 20 mta2.example.test."]

        def by(program):
            def run(port):
                text = "server 127.0.0.1 %d\nzone example.test.\n%s\nsend\n" % (port, "\n".join(lines))
                with open(keys, encoding="utf-8") as file:
                    name, algorithm, text_secret = secret(file.read())
                process = subprocess.Popen([program, "-y", ":".join((algorithm, name, text_secret))], stdin=subprocess.PIPE, text=True,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                process.stdin.write(text)
                process.stdin.close()
                process.stdin = None
                return process
            return self.caught(run)

        def ours(port):
            return subprocess.Popen(
                [os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..", os.environ.get(
                    "MXSPLIT_BUILD", "build"), "tools/zonetool"), "change", "--zone", "example.test", "--server",
                 "127.0.0.1:%d" % port, "--key", keys, "--from", NORMAL, "--to", SPLIT],
                stdout=subprocess.PIPE)
        return self.caught(ours), by

    def test_beside_nsupdate_and_knsupdate(self):
        with Bind() as bind:
            ours, by = self.change(bind.key_file)
            for program in ("nsupdate", "knsupdate"):
                with self.subTest(program):
                    theirs = by(program)
                    mine, other = self.parts(ours), self.parts(theirs)
                    self.assertEqual(mine[0], other[0], "header")
                    self.assertEqual(mine[2], other[2], "sections")
                    self.assertEqual(mine[3:], other[3:], "TSIG")
                    if program == "nsupdate":  # knsupdate does not compress the last name
                        self.assertEqual(mine[1], other[1], "octets")


if __name__ == "__main__":
    unittest.main(verbosity=2)
