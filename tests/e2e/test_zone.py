"""The zone part against real BIND: every answer a server gives, every way a packet is lost or forged.

    /usr/bin/python3 tests/e2e/test_zone.py          (MXSPLIT_BUILD says where tools/zonetool is)
"""
import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
import unittest

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rrset
import dns.tsig
import dns.tsigkeyring

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bind import Bind  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, os.environ.get("MXSPLIT_BUILD", "build"), "tools", "zonetool")
ALGORITHMS = ["hmac-sha256", "hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha384", "hmac-sha512"]
NORMAL = "604800 10 mta1.example.test. 20 mta2.example.test."
SPLIT = "300 20 mta2.example.test."
NORMAL_SET = (604800, [(10, "mta1.example.test."), (20, "mta2.example.test.")])
SPLIT_SET = (300, [(20, "mta2.example.test.")])


def said(text):
    """The same as people are told it."""
    ttl, *rest = text.split()
    return "%s (TTL %s)" % (", ".join(map(" ".join, zip(rest[::2], rest[1::2]))), ttl)


def tool(*args):
    """Runs zonetool; gives its output lines, cut into columns. It must end cleanly."""
    run = subprocess.run([TOOL, *args], capture_output=True, text=True, timeout=120)
    if run.returncode != 0 or run.stderr:
        raise AssertionError("zonetool %s: %d\n%s%s" % (args, run.returncode, run.stdout, run.stderr))
    return [line.split("\t") for line in run.stdout.splitlines()]


class Proxy:
    """Stands before a server (UDP). `ask(bytes)` and `reply(bytes, request)` give what goes on."""

    def __init__(self, port, ask=None, reply=None):
        self.ask = ask or (lambda wire: [wire])
        self.client = None  # who asked last
        self.reply = reply or (lambda wire, request: [wire])
        self.port = port
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.front.getsockname()[1]
        self.ends = False
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends = True
        self.thread.join()
        self.front.close()

    def run(self):
        backs = {}
        while not self.ends:
            for ready in select.select([self.front, *backs], [], [], 0.05)[0]:
                if ready is self.front:
                    wire, client = ready.recvfrom(65535)
                    self.client = client
                    back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    back.connect(("127.0.0.1", self.port))
                    backs[back] = (client, wire)
                    for out in self.ask(wire):
                        back.send(out)
                else:
                    client, request = backs[ready]
                    try:
                        wire = ready.recv(65535)
                    except ConnectionRefusedError:
                        continue
                    for out in self.reply(wire, request):
                        self.front.sendto(out, client)
        for back in backs:
            back.close()


def is_update(wire):
    return (wire[2] >> 3) & 15 == 5


def zone_end(wire):
    """Where the zone section of an update ends."""
    return wire.index(b"\x00\x00\x06\x00\x01") + 5


class Fake:
    """A server of our own making (UDP): `answer(bytes)` gives the reply."""

    def __init__(self, answer):
        self.answer = answer
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.ends = False
        self.thread = threading.Thread(target=self.run)

    __enter__ = Proxy.__enter__

    def __exit__(self, *_):
        self.ends = True
        self.thread.join()
        self.socket.close()

    def run(self):
        while not self.ends:
            try:
                wire, client = self.socket.recvfrom(65535)
            except socket.timeout:
                continue
            out = self.answer(wire)
            if out:
                self.socket.sendto(out, client)


class Zone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ipv6 = Bind.has_ipv6()
        cls.bind = Bind(secondaries=2, algorithms=ALGORITHMS, ipv6=cls.ipv6).start()

    @classmethod
    def tearDownClass(cls):
        cls.bind.close()

    def setUp(self):
        for server in self.bind.servers:
            if server.process is None:
                server.start()
        if self.bind.mx() != NORMAL_SET:
            self.bind.set_mx(*NORMAL_SET)
        self.assertTrue(self.bind.wait_mx(*NORMAL_SET, seconds=30))

    def change(self, *more, to=SPLIT, start=NORMAL, server=None, key="mxsplit", checks=True):
        args = ["change", "--zone", self.bind.zone, "--server", server or self.bind.address,
                "--key", self.bind.keys.get(key, key)]
        args += ["--to", to] if to else []
        args += ["--from", start] if start else []
        for check in self.bind.checks if checks else []:
            args += ["--check", check]
        (line,) = tool(*args, *more)
        return line

    def assertChange(self, line, result, *words):
        self.assertEqual(line[0], result, line)
        for word in words:
            self.assertIn(word, line[2])

    def assertUntouched(self):
        self.assertEqual(self.bind.mx(), NORMAL_SET)

    # What goes well

    def test_a_change_is_proved_at_every_server_and_restored(self):
        self.assertChange(self.change(), "proved", "all 3 servers show " + said(SPLIT))
        for server in self.bind.servers:
            self.assertEqual(self.bind.mx(server), SPLIT_SET)
        line = self.change(to=NORMAL, start=None)
        self.assertChange(line, "proved")
        self.assertEqual(int(line[1]), self.bind.serial())
        for server in self.bind.servers:
            self.assertEqual(self.bind.mx(server), NORMAL_SET)

    def test_a_change_that_is_already_there_is_proved_and_changes_nothing(self):
        self.change()
        serial = self.bind.serial()
        self.assertChange(self.change(), "proved")
        self.assertEqual(self.bind.serial(), serial)

    def test_every_algorithm(self):
        for i, algorithm in enumerate(ALGORITHMS):
            name = "mxsplit" if i == 0 else "mxsplit-" + algorithm
            to, start = (SPLIT, NORMAL) if i % 2 == 0 else (NORMAL, SPLIT)
            with self.subTest(algorithm):
                self.assertChange(self.change(to=to, start=start, key=name), "proved")

    def test_by_tcp(self):
        self.assertChange(self.change("--tcp"), "proved")

    def test_by_ipv6(self):
        if not self.ipv6:
            print("SKIPPED: no IPv6 on loopback here", file=sys.stderr)
            self.skipTest("no IPv6 on loopback here")
        self.assertChange(self.change(server=self.bind.primary.address6), "proved")
        self.assertChange(self.change("--tcp", server=self.bind.primary.address6, to=NORMAL,
                                      start=SPLIT), "proved")

    def test_sixteen_long_names_go_by_tcp_both_ways(self):
        names = ["%d m%02d.%s.%s.example.net." % (i, i, chr(97 + i) * 60, chr(97 + i) * 50) for i in range(16)]
        big = " ".join(["300"] + names)
        self.assertChange(self.change(to=big), "proved")
        self.assertTrue(self.bind.query("MX").flags & dns.flags.TC)
        lines = tool("read", "--zone", self.bind.zone, "--server", self.bind.address)
        self.assertEqual(lines[0][1:2] + lines[0][3:], ["known", big])
        self.bind.edit("update add example.test. 300 MX 99 one.more.example.net.")
        lines = tool("read", "--zone", self.bind.zone, "--server", self.bind.address)
        self.assertEqual(lines[0][1:], ["unknown", lines[0][2], "shows more than 16 MX records"])

    def test_a_zone_without_mx_gets_one(self):
        self.bind.set_mx(300, [])
        lines = tool("read", "--zone", self.bind.zone, "--server", self.bind.address)
        self.assertEqual((lines[0][1], lines[0][3]), ("known", "0"))
        self.assertChange(self.change(start="0"), "proved")
        self.assertChange(self.change(start="0", to=NORMAL), "conflict", "where we had read no MX")

    # What servers refuse

    def test_an_empty_set_is_never_sent(self):
        self.assertChange(self.change(to="300"), "error", "never published")
        self.assertUntouched()

    def test_someone_else_changed_it(self):
        self.bind.set_mx(600, [(10, "mta3.example.test.")])
        self.assertChange(self.change(), "conflict", "10 mta3.example.test. (TTL 600)", said(NORMAL))
        self.assertEqual(self.bind.mx(), (600, [(10, "mta3.example.test.")]))

    def test_wrong_secret_unknown_key_and_no_rights_are_told_apart(self):
        with open(self.bind.key_file) as file:
            text = re.sub(r'secret "...', 'secret "AAA', file.read())
        wrong = self.bind.write("keys/wrong.key", text)
        for more in ([], ["--tcp"]):
            more = more + ["--timeout-ms", "600"]
            with self.subTest(more):
                line = self.change(*more, key=wrong)
                self.assertChange(line, "refused", "another secret for the key mxsplit", "BADSIG")
                line = self.change(*more, key="unknown")
                self.assertChange(line, "refused", "does not know the key unknown", "BADKEY")
                line = self.change(*more, key="stranger")
                self.assertChange(line, "refused", "does not let the key stranger", "REFUSED")
        self.assertUntouched()

    def test_clocks_apart_are_named_with_both(self):
        for seconds in ("400", "-400", "3600", "-3600"):
            line = self.change("--clock", seconds)
            self.assertChange(line, "refused", "BADTIME")
            self.assertRegex(line[2], r"(399|400|401|3599|3600|3601) s apart: ours says \d{4}-.*Z, its \d{4}-.*Z")
        self.assertUntouched()
        self.assertChange(self.change("--clock", "200"), "proved")

    def test_another_name_and_a_zone_that_is_not_there(self):
        line = self.change("--domain", "sub.example.test", start="0")
        self.assertChange(line, "refused", "change the MX of sub.example.test")
        line = self.change("--zone", "other.test", "--domain", "other.test", start="0")
        self.assertChange(line, "refused", "is not the primary of the zone other.test")
        line = self.change("--timeout-ms", "600", server=self.bind.checks[0])
        self.assertChange(line, "refused", "BADKEY")

    def test_a_key_is_tried_with_an_update_that_changes_nothing(self):
        serial = self.bind.serial()
        self.assertChange(self.change(to=None), "proved", "accepts the key mxsplit")
        self.assertChange(self.change(to=None, start=SPLIT), "conflict", "NXRRSET")
        self.assertChange(self.change("--timeout-ms", "400", to=None, key="unknown"), "refused",
                          "BADKEY")
        self.assertChange(self.change("--clock", "400", to=None), "refused", "BADTIME")
        self.bind.primary.stop()
        self.assertChange(self.change(to=None), "failed", "connection refused")
        self.bind.primary.start()
        self.assertEqual(self.bind.serial(), serial)

    def test_reading_says_what_is_wrong(self):
        server = ["--server", self.bind.address]
        (line,) = tool("read", "--zone", "other.test", *server)
        self.assertEqual(line[1:], ["unknown", "0", "answered REFUSED"])
        (line,) = tool("read", "--zone", "example.test", "--domain", "no.example.test", *server)
        self.assertIn("NXDOMAIN", line[3])
        (line,) = tool("read", "--zone", "example.test", "--domain", "alias.example.test", *server)
        self.assertIn("alias (CNAME) of example.test.", line[3])

    # What goes down

    def test_primary_down(self):
        self.bind.primary.stop()
        for more in ([], ["--tcp"]):
            self.assertChange(self.change(*more), "failed", "connection refused")

    def test_primary_silent_is_unknown_and_may_apply_later(self):
        self.bind.primary.freeze()
        try:
            line = self.change("--timeout-ms", "400", checks=False)
        finally:
            self.bind.primary.thaw()
        self.assertChange(line, "unknown", "no answer in 0.4 s")
        self.assertTrue(self.bind.wait_mx(*SPLIT_SET))

    def test_a_secondary_down_is_named(self):
        self.bind.secondaries[1].stop()
        line = self.change("--prove-ms", "700")
        self.assertChange(line, "unproved", "accepted by", self.bind.checks[1] + " connection refused")
        self.assertNotIn(self.bind.checks[0], line[2])

    def test_a_secondary_that_lags_is_named_with_what_it_shows(self):
        self.bind.secondaries[0].stop()
        self.bind.set_mx(600, [(10, "mta3.example.test.")])
        with Fake(lambda wire: self.old_mx(wire)) as stale:
            line = self.change("--prove-ms", "500", "--check", stale.address, checks=False,
                               start="600 10 mta3.example.test.")
        self.assertChange(line, "unproved", "%s shows %s" % (stale.address, said(NORMAL)))

    # What is lost or forged on the way

    def old_mx(self, wire):
        """The normal set or a SOA, with authority, whatever happened."""
        query = dns.message.from_wire(wire, keyring=False, continue_on_error=True)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        if query.question[0].rdtype == dns.rdatatype.MX:
            answer.answer.append(dns.rrset.from_text(
                "example.test.", 604800, "IN", "MX", "10 mta1.example.test.",
                "20 mta2.example.test."))
        return answer.to_wire()

    def test_a_primary_that_says_yes_and_does_nothing_is_found_out(self):
        with open(self.bind.key_file) as file:
            secret = re.search(r'secret "(.*)"', file.read()).group(1)
        ring = dns.tsigkeyring.from_text({"mxsplit.": ("hmac-sha256.", secret)})

        def answer(wire):
            if not is_update(wire):
                return self.old_mx(wire)
            query = dns.message.from_wire(wire, keyring=ring)
            response = dns.message.make_response(query)
            return response.to_wire()

        with Fake(answer) as liar:
            line = self.change("--prove-ms", "500", server=liar.address, checks=False)
        self.assertChange(line, "unknown", "not shown even there", "%s shows %s" % (liar.address, said(NORMAL)))

    def test_the_answer_is_lost_but_the_update_was_applied(self):
        for more in (["--prove-ms", "5000"], []):
            self.setUp()
            serial = self.bind.serial()
            with Proxy(self.bind.primary.port,
                       reply=lambda wire, _: [] if is_update(wire) else [wire]) as proxy:
                line = self.change("--timeout-ms", "400", *more, server=proxy.address)
            self.assertChange(line, "proved")
            self.assertEqual(self.bind.serial(), serial + 1)

    def test_only_the_first_answer_is_lost(self):
        lost = []

        def reply(wire, _):
            if is_update(wire) and not lost:
                lost.append(wire)
                return []
            return [wire]

        with Proxy(self.bind.primary.port, reply=reply) as proxy:
            self.assertChange(self.change("--timeout-ms", "2000", server=proxy.address), "proved")
        self.assertEqual(len(lost), 1)

    def test_the_update_is_lost_and_the_zone_unchanged(self):
        with Proxy(self.bind.primary.port,
                   ask=lambda wire: [] if is_update(wire) else [wire]) as proxy:
            line = self.change("--timeout-ms", "400", server=proxy.address)
        self.assertChange(line, "failed", "no answer in 0.4 s; the zone is unchanged")
        self.assertUntouched()

    @staticmethod
    def forgeries(wire, request):
        """What an attacker on the way may send before the true answer."""
        unsigned = bytearray(wire[:zone_end(wire)])
        unsigned[6:12] = bytes(6)
        out = [b"", b"\x00", request, wire[:11], wire[:-1], wire + b"\x00"]
        for rcode in range(16):
            forged = bytearray(unsigned)
            forged[3] = forged[3] & 0xF0 | rcode
            out.append(bytes(forged))
        truncated = bytearray(unsigned)
        truncated[2] |= 2
        out.append(bytes(truncated))
        for step in range(1, 200):
            forged = bytearray(wire)
            forged[0:2] = ((int.from_bytes(wire[:2], "big") + step) & 0xFFFF).to_bytes(2, "big")
            out.append(bytes(forged))
        for at in range(12, len(wire)):
            forged = bytearray(wire)
            forged[at] ^= 0x80
            out.append(bytes(forged))
        return out

    def test_forged_answers_are_ignored_and_the_true_one_is_used(self):
        sent = []

        def reply(wire, request):
            if not is_update(wire):
                return [wire]
            sent.extend(self.forgeries(wire, request))
            return self.forgeries(wire, request) + [wire]

        with Proxy(self.bind.primary.port, reply=reply) as proxy:
            line = self.change("--timeout-ms", "3000", server=proxy.address)
        self.assertChange(line, "proved")
        self.assertGreater(len(sent), 300)

    def test_a_forged_yes_alone_is_not_believed(self):
        def answer(wire):
            forged = bytearray(wire[:zone_end(wire)])
            forged[2] |= 0x80
            forged[6:12] = bytes(6)
            return bytes(forged)

        with Fake(lambda wire: answer(wire) if is_update(wire) else self.old_mx(wire)) as liar:
            line = self.change("--timeout-ms", "400", server=liar.address, checks=False)
        self.assertChange(line, "failed", "not signed")

    def test_an_older_signed_answer_replayed_is_not_believed(self):
        old = []
        with Proxy(self.bind.primary.port,
                   reply=lambda wire, _: (old.append(wire) if is_update(wire) else None) or [wire]
                   ) as proxy:
            self.assertChange(self.change(server=proxy.address), "proved")
        self.setUp()

        def replay(wire):
            return wire[:2] + old[0][2:] if is_update(wire) else self.old_mx(wire)

        with Fake(replay) as liar:
            line = self.change("--timeout-ms", "400", server=liar.address, checks=False)
        self.assertChange(line, "failed", "not signed")

    def test_forged_answers_to_a_reading_are_ignored(self):
        def reply(wire, request):
            other = bytearray(wire)
            other[1] ^= 1
            question = bytearray(wire)
            question[13] ^= 1
            reflected = bytearray(wire)
            reflected[2] &= 0x7F
            return [bytes(other), bytes(question), bytes(reflected), wire[:5], request, wire]

        with Proxy(self.bind.primary.port, reply=reply) as proxy:
            (line,) = tool("read", "--zone", self.bind.zone, "--server", proxy.address)
        self.assertEqual(line[1:], ["known", str(self.bind.serial()), NORMAL])

    def test_tcp_that_drips_ends_at_the_deadline(self):
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]

        def drip():
            connection, _ = server.accept()
            with connection:
                try:
                    for octet in b"\xff\xff" + bytes(1000):
                        connection.sendall(bytes([octet]))
                        time.sleep(0.05)
                except OSError:
                    pass

        thread = threading.Thread(target=drip)
        thread.start()
        line = self.change("--tcp", "--timeout-ms", "500", server="127.0.0.1:%d" % port,
                           checks=False)
        thread.join()
        server.close()
        self.assertChange(line, "unknown", "no answer in 0.5 s")


if __name__ == "__main__":
    unittest.main(verbosity=2)
