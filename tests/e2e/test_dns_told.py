"""The matrix of `make e2e-dns` through the whole daemon: after each failure the zone holds what it should, and state, journal and
alert (a hook) say what happened; then it goes on. One life of a daemon on each server and kind of zone; LONG=1 has all six.
"""
import os
import re
import unittest

from daemon import DOMAIN, Daemon
from knot import Knot
from named import Named
from pdns import Pdns
from test_dns_daemon import NORMAL, SPLIT, TTL, Room, order
from test_zone import Proxy, is_update

LONG = bool(os.environ.get("LONG"))
KINDS = [(fixture, signed) for fixture in (Named, Knot, Pdns) for signed in (False, True)]
HAND = (600, [(10, f"mta3.{DOMAIN}.")])


class Told(Daemon):
    """With a hook that writes down what it is told."""

    def write_config(self):
        self.notices = os.path.join(self.directory, "notices")
        hook = os.path.join(self.directory, "hook")
        with open(hook, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\ncat >>{self.notices}\necho >>{self.notices}\n")
        os.chmod(hook, 0o755)
        self.hooks = [("tell", [hook], ["split", "restore", "failure", "drift"])]
        super().write_config()

    def told(self):
        try:
            with open(self.notices, encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""


@unittest.skipUnless(LONG, "minutes: LONG=1, or make e2e-dns")
class Failures(unittest.TestCase):
    def says(self, daemon, words, what, seconds=60):
        """Journal and alert, from here on."""
        def found():
            texts = [e["text"] for e in daemon.events() if e["id"] > self.seen]
            return any(re.search(words, t) for t in texts) and re.search(words, daemon.told()[self.heard:])
        daemon.wait_for(found, seconds, f"{what}: journal and alert say {words}")

    def mark(self, daemon):
        events = daemon.events()
        self.seen, self.heard = events[-1]["id"] if events else 0, len(daemon.told())

    def shows(self, daemon, dns, zone, state):
        daemon.wait_state(state, 60)
        self.assertEqual(dns.mx(), zone)

    def refused(self, dns, what, words, **server):
        with Room(dns, Told, **server) as daemon:
            self.mark(daemon)
            order(daemon, "split")
            self.says(daemon, words, what)
            self.assertEqual(dns.mx(), NORMAL)
            self.assertNotEqual(daemon.domain()["state"], "split")
            self.assertNotIn("split", daemon.kinds())

    def keys(self, dns):
        with open(dns.key_file, encoding="utf-8") as file:
            wrong = dns.write("keys/wrong.key", re.sub(r'secret "...', 'secret "AAA', file.read()))
        vague = r"key, secret or clock are wrong"
        self.refused(dns, "wrong secret", "BADSIG" if dns.tells_keys else vague, key_file=wrong)
        self.refused(dns, "unknown key", "BADKEY" if dns.tells_keys else vague, key_file=dns.keys["unknown"])
        self.refused(dns, "no right", "REFUSED|BADKEY", key_file=dns.keys["stranger"])

    def frozen(self, daemon, dns):
        self.mark(daemon)
        dns.hold()
        try:
            order(daemon, "split")
            self.says(daemon, "REFUSED|SERVFAIL|no answer", "frozen")
            self.assertEqual(dns.mx(), NORMAL)
        finally:
            dns.release()
        self.shows(daemon, dns, SPLIT, "split")

    def down(self, daemon, dns):
        self.mark(daemon)
        dns.primary.stop()
        order(daemon, "normal")
        self.says(daemon, "not known what the zone shows", "down", 180)  # a minute unread is not told
        self.assertNotEqual(daemon.domain()["state"], "normal")
        dns.primary.start()
        self.shows(daemon, dns, NORMAL, "normal")

    def edited(self, daemon, dns):
        self.mark(daemon)
        dns.by_hand(*HAND)
        self.says(daemon, "no split can be planned", "edited")
        order(daemon, "split")
        self.assertEqual(dns.mx(), HAND)
        dns.by_hand(*NORMAL)
        self.shows(daemon, dns, SPLIT, "split")

    def secondary(self, daemon, dns):
        self.mark(daemon)
        dns.secondaries[0].stop()
        order(daemon, "normal")
        self.says(daemon, "unproved: accepted by ns1, but not shown everywhere.*" + re.escape(dns.checks[0]), "a secondary is down")
        self.shows(daemon, dns, NORMAL, "normal")
        dns.secondaries[0].start()

    def lost(self, dns):
        """The answer is lost after the update was applied: read back, and told as done."""
        with Proxy(dns.primary.port, reply=lambda wire, _: [] if is_update(wire) else [wire]) as proxy, \
                Room(dns, Told, address=proxy.address) as daemon:
            for word, zone, state in (("split", SPLIT, "split"), ("normal", NORMAL, "normal")):
                self.mark(daemon)
                order(daemon, word)
                self.shows(daemon, dns, zone, state)
                self.says(daemon, "servers show", "answer lost")

    def test_each_server(self):
        for fixture, signed in KINDS:
            with self.subTest(fixture.__name__, signed=signed), fixture(signed=signed, secondaries=1, ttl=TTL) as dns:
                self.keys(dns)
                with Room(dns, Told) as daemon:
                    self.frozen(daemon, dns)
                    self.down(daemon, dns)
                    self.edited(daemon, dns)
                    self.secondary(daemon, dns)
                self.assertTrue(dns.wait_mx(*NORMAL, seconds=30))
                self.lost(dns)


if __name__ == "__main__":
    unittest.main()
