"""The zone part against three real name servers, plain and signed: after each failure the zone holds what it
should, and the outcome says what happened. `make e2e-dns` runs all of it, `make check` the part in SHORT.

The servers are configured by the blocks of docs/dns-servers.md. Signed answers are validated by delv.
"""
import os
import re
import shutil
import subprocess
import sys
import unittest

import dns.flags

from bind import Bind
from knot import Knot
from named import Named
from pdns import Pdns
from test_zone import Proxy, is_update, said, tool

WHOLE = bool(os.environ.get("LONG"))
# the cells in which the servers differ; BIND's plain zone has test_zone.py
SHORT = {"test_split_and_restore_are_proved_everywhere", "test_wrong_secret", "test_frozen", "test_down_after",
         "test_edited_by_hand", "test_what_else_the_key_may_change_is_as_the_page_says"}
NEEDS = {"Named": "named", "Knot": "knotd", "Pdns": "pdns_server"}
NORMAL = "604800 10 mta1.example.test. 20 mta2.example.test."
SPLIT = "300 20 mta2.example.test."
HAND = "600 10 mta3.example.test. 20 mta2.example.test."


def records(text):
    """As Bind.mx gives them."""
    ttl, *rest = text.split()
    return int(ttl), sorted((int(p), x) for p, x in zip(rest[::2], rest[1::2]))


class Matrix:
    """The cells; a class below for each server and kind of zone."""

    fixture, signed = None, False

    @classmethod
    def setUpClass(cls):
        if not shutil.which(NEEDS[cls.fixture.__name__], path=os.environ["PATH"] + ":/usr/sbin"):
            print("SKIPPED: %s is not installed" % NEEDS[cls.fixture.__name__], file=sys.stderr)
            raise unittest.SkipTest("%s is not installed" % NEEDS[cls.fixture.__name__])
        cls.ipv6 = Bind.has_ipv6()
        cls.dns = cls.fixture(signed=cls.signed, secondaries=1, ipv6=cls.ipv6).start()

    @classmethod
    def tearDownClass(cls):
        cls.dns.close()

    def setUp(self):
        for server in self.dns.servers:
            if server.process is None:
                server.start()
        if self.dns.mx() != records(NORMAL):
            self.dns.set_mx(*records(NORMAL))
        self.assertEqual(self.dns.mx(), records(NORMAL))

    def change(self, *more, to=SPLIT, start=NORMAL, server=None, key="mxsplit", checks=False):
        args = ["change", "--zone", self.dns.zone, "--server", server or self.dns.address,
                "--key", self.dns.keys.get(key, key), "--to", to, "--from", start]
        for check in self.dns.checks if checks else []:
            args += ["--check", check]
        (line,) = tool(*args, *more)
        return line

    def assertChange(self, line, result, *words):
        self.assertEqual(line[0], result, line)
        for word in words:
            self.assertIn(word, line[2])

    def assertShows(self, text):
        """The primary does; in a signed zone with a signature that delv takes."""
        self.assertEqual(self.dns.mx(), records(text))
        if not self.signed:
            return
        keys = [key for key in self.dns.query("DNSKEY", tcp=True).answer[0] if key.flags == 257]
        anchors = self.dns.write("anchors", "trust-anchors { %s };\n" % " ".join(
            '"%s" static-key %s %s %s "%s";' % (self.dns.zone, *key.to_text().split(" ", 3))
            for key in keys))
        run = subprocess.run(["delv", "@127.0.0.1", "-p", str(self.dns.primary.port), "-a", anchors,
                              "+root=" + self.dns.zone, self.dns.zone, "MX"],
                             capture_output=True, text=True, timeout=60)
        self.assertIn("; fully validated", run.stdout, run.stdout + run.stderr)

    # What goes well

    def test_split_and_restore_are_proved_everywhere(self):
        first = self.dns.serial()
        line = self.change(checks=True)
        self.assertChange(line, "proved", "all 2 servers show " + said(SPLIT))
        self.assertEqual(int(line[1]), self.dns.serial())
        self.assertGreater(self.dns.serial(), first)
        self.assertShows(SPLIT)
        line = self.change(to=NORMAL, start=SPLIT, checks=True)
        self.assertChange(line, "proved", "all 2 servers show " + said(NORMAL))
        self.assertShows(NORMAL)

    def test_a_repeated_update_changes_nothing(self):
        self.change()
        serial = self.dns.serial()
        self.assertChange(self.change(), "proved")
        self.assertEqual(self.dns.serial(), serial)
        self.assertShows(SPLIT)

    def test_by_tcp(self):
        self.assertChange(self.change("--tcp"), "proved")
        self.assertShows(SPLIT)

    def test_by_ipv6(self):
        if not self.ipv6:
            print("SKIPPED: no IPv6 on loopback here", file=sys.stderr)
            self.skipTest("no IPv6 on loopback here")
        self.assertChange(self.change(server=self.dns.primary.address6), "proved")
        self.assertShows(SPLIT)

    def test_sets_too_large_for_a_datagram(self):
        names = ["%d m%02d.%s.%s.example.net." % (i, i, chr(97 + i) * 60, chr(97 + i) * 50)
                 for i in range(16)]
        big = " ".join(["300"] + names)
        self.assertChange(self.change(to=big), "proved")
        self.assertTrue(self.dns.query("MX").flags & dns.flags.TC)
        self.assertChange(self.change(to=NORMAL, start=big), "proved")
        self.assertShows(NORMAL)

    # What is refused

    def assertRefused(self, line, word):
        """With a TSIG error in the answer; PowerDNS has one answer to all."""
        self.assertChange(line, "refused", word if self.dns.tells_keys else
                          "(PowerDNS) key, secret or clock are wrong (REFUSED, not signed)")
        self.assertShows(NORMAL)

    def test_wrong_secret(self):
        with open(self.dns.key_file, encoding="utf-8") as file:
            text = re.sub(r'secret "...', 'secret "AAA', file.read())
        wrong = self.dns.write("keys/wrong.key", text)
        self.assertRefused(self.change("--timeout-ms", "600", key=wrong), "BADSIG")

    def test_unknown_key(self):
        self.assertRefused(self.change("--timeout-ms", "600", key="unknown"), "BADKEY")

    def test_clock_of_400_seconds_apart(self):
        for seconds in ("400", "-400"):
            line = self.change("--clock", seconds, "--timeout-ms", "600")
            self.assertRefused(line, "BADTIME")
            if self.dns.tells_keys:
                self.assertRegex(line[2], r"(399|400|401) s apart: ours says \d{4}-.*Z, its \d{4}-.*Z")

    def test_a_key_without_the_right(self):
        line = self.change("--timeout-ms", "600", key="stranger")
        self.assertEqual(line[0], "refused", line)
        self.assertRegex(line[2], "REFUSED|BADKEY")
        self.assertShows(NORMAL)

    def test_what_else_the_key_may_change_is_as_the_page_says(self):
        change = "update add new.%s. 60 A 192.0.2.66" % self.dns.zone
        if self.dns.has_grants:
            with self.assertRaises(RuntimeError):
                self.dns.edit(change)
        else:
            self.dns.edit(change)
        self.assertEqual(bool(self.dns.query("A", name="new." + self.dns.zone).answer), not self.dns.has_grants)

    # Other people

    def test_prerequisite_failed(self):
        self.dns.set_mx(*records(HAND))
        self.assertChange(self.change(), "conflict", "shows " + said(HAND), "had read " + said(NORMAL))
        self.assertShows(HAND)

    def test_edited_by_hand(self):
        self.dns.by_hand(*records(HAND))
        self.assertTrue(self.dns.wait_mx(*records(HAND), seconds=20))
        self.assertChange(self.change(), "conflict", "had read " + said(NORMAL))
        self.assertShows(HAND)
        self.assertChange(self.change(start=HAND), "proved")

    def test_frozen(self):
        self.dns.hold()
        try:
            line = self.change("--timeout-ms", "1500")
        finally:
            self.dns.release()
        self.assertIn(line[0], ("refused", "failed"), line)
        self.assertRegex(line[2], "REFUSED|SERVFAIL")
        self.assertShows(NORMAL)
        self.assertChange(self.change(), "proved")

    # What goes down or is lost

    def test_down_before(self):
        self.dns.primary.stop()
        for more in ([], ["--tcp"]):
            self.assertChange(self.change(*more), "failed", "connection refused")
        self.dns.primary.start()
        self.assertShows(NORMAL)

    def test_down_during(self):
        self.dns.primary.freeze()
        line = self.change("--timeout-ms", "400")
        self.dns.primary.kill()
        self.assertChange(line, "unknown", "whether the update was applied is not known")
        self.dns.primary.start()
        self.assertIn(self.dns.mx(), (records(NORMAL), records(SPLIT)))

    def test_down_after(self):
        self.assertChange(self.change(), "proved")
        self.dns.primary.kill()
        self.dns.primary.start()
        self.assertShows(SPLIT)

    def test_silent_for_a_while(self):
        """A black hole that wakes up: what was sent may be applied then."""
        self.dns.primary.freeze()
        line = self.change("--timeout-ms", "400")
        self.dns.primary.thaw()
        self.assertChange(line, "unknown", "no answer in 0.4 s")
        self.assertTrue(self.dns.wait_mx(*records(SPLIT), seconds=20))

    def test_answer_lost_after_it_was_applied(self):
        serial = self.dns.serial()
        with Proxy(self.dns.primary.port,
                   reply=lambda wire, _: [] if is_update(wire) else [wire]) as proxy:
            line = self.change("--timeout-ms", "800", server=proxy.address)
        self.assertChange(line, "proved")
        self.assertShows(SPLIT)
        self.change()
        self.assertGreater(self.dns.serial(), serial)

    def test_secondary_down(self):
        self.dns.secondaries[0].stop()
        line = self.change("--prove-ms", "700", checks=True)
        self.assertChange(line, "unproved", "accepted by", self.dns.checks[0] + " connection refused")
        self.assertShows(SPLIT)


def cells():
    for fixture in (Named, Knot, Pdns):
        for signed in (False, True):
            left_out = {} if WHOLE else {
                name: None for name in dir(Matrix) if name.startswith("test_") and name not in SHORT}
            if WHOLE or signed:
                name = fixture.__name__ + ("Signed" if signed else "Plain")
                yield name, dict(left_out, fixture=fixture, signed=signed)


for _name, _members in cells():
    globals()[_name] = type(_name, (Matrix, unittest.TestCase), _members)

if __name__ == "__main__":
    unittest.main(verbosity=2)
