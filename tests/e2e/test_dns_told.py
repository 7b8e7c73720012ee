"""The matrix of `make e2e-dns` through the whole daemon: after each failure the zone holds what it should, and state, journal and
alert (a hook) say what happened; then it goes on. One life of a daemon on each server and kind of zone, the six at once:
they wait more than they work. "No right": the key's grant is of another name or type, and MX is refused to it.
"""
import json
import os
import re
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

import dns.flags

from bind import Bind
from daemon import DOMAIN, Daemon
from knot import Knot
from named import Named
from pdns import Pdns
from test_clock import LIBRARY, Clock
from test_dns_daemon import NORMAL, SPLIT, TTL, Room, order
from test_zone import Proxy, is_update

LONG = bool(os.environ.get("LONG"))
KINDS = [(fixture, signed) for fixture in (Named, Knot, Pdns) for signed in (False, True)]
HAND = (600, [(10, f"mta3.{DOMAIN}.")])
WIDE = [(20 + i, "m%02d.%s.%s.example.net." % (i, chr(97 + i) * 60, chr(97 + i) * 50)) for i in range(14)]


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


class Story(unittest.TestCase):
    """One server and kind of zone."""

    def __init__(self, fixture, signed):
        super().__init__()
        self.fixture, self.signed = fixture, signed

    def says(self, daemon, words, what, seconds=60):
        """Journal and alert, from here on."""
        def found():
            texts = [e["text"] for e in daemon.events() if e["id"] > self.seen]
            return any(re.search(words, t) for t in texts) and re.search(words, daemon.told()[self.heard:])
        daemon.wait_for(found, seconds, f"{what}: journal and alert say {words}")

    def mark(self, daemon):
        events = daemon.events()
        self.seen, self.heard = events[-1]["id"] if events else 0, len(daemon.told())

    def order(self, daemon, mode):
        self.mark(daemon)
        order(daemon, mode)

    def shows(self, daemon, zone, state):
        daemon.wait_state(state, 60)
        self.assertEqual(self.dns.mx(), zone)

    def both(self, daemon, what, split=SPLIT):
        """Split and restore, told as done."""
        for word, zone, state in (("split", split, "split"), ("normal", self.normal, "normal")):
            self.order(daemon, word)
            self.shows(daemon, zone, state)
            self.says(daemon, "servers show", f"{what}: {word}")

    # What is refused: the zone stays as it was

    def refused(self, what, words, daemon=Told, **server):
        with Room(self.dns, daemon, **server) as daemon:
            self.order(daemon, "split")
            self.says(daemon, words, what)
            self.assertEqual(self.dns.mx(), NORMAL)
            self.assertNotEqual(daemon.domain()["state"], "split")
            self.assertNotIn("split", daemon.kinds())

    def keys(self):
        dns, vague = self.dns, r"key, secret or clock are wrong"
        with open(dns.key_file, encoding="utf-8") as file:
            wrong = dns.write("keys/wrong.key", re.sub(r'secret "...', 'secret "AAA', file.read()))
        self.refused("wrong secret", "BADSIG" if dns.tells_keys else vague, key_file=wrong)
        self.refused("unknown key", "BADKEY" if dns.tells_keys else vague, key_file=dns.keys["unknown"])
        self.refused("no right", "REFUSED|BADKEY", key_file=dns.keys["stranger"])

    def clock(self):
        """The daemon's is 400 s ahead, or behind."""
        for seconds in (400, -400):
            with tempfile.TemporaryDirectory(prefix="mxsplit-clock-") as directory:
                clock = Clock(directory)
                clock.set(seconds)

                class Elsewhen(Told):
                    def __init__(self, *args):
                        super().__init__(*args, env=clock.env())

                self.refused("clock", r"(399|400|401) s apart: ours says .*Z, its .*Z .*BADTIME"
                             if self.dns.tells_keys else "key, secret or clock are wrong", daemon=Elsewhen)

    # What goes wrong on the way

    def frozen(self, daemon):
        self.dns.hold()
        try:
            self.order(daemon, "split")
            self.says(daemon, "REFUSED|SERVFAIL|no answer", "frozen")
            self.assertEqual(self.dns.mx(), NORMAL)
        finally:
            self.dns.release()
        self.shows(daemon, SPLIT, "split")

    def down(self, daemon):
        """Before the restore, and, when it is back, after."""
        primary = self.dns.primary
        primary.stop()
        self.order(daemon, "normal")
        self.says(daemon, "not known what the zone shows", "down", 180)  # a minute unread is not told
        self.assertNotEqual(daemon.domain()["state"], "normal")
        primary.start()
        self.shows(daemon, NORMAL, "normal")
        primary.kill()
        primary.start()
        self.shows(daemon, NORMAL, "normal")

    def edited(self, daemon):
        self.mark(daemon)
        self.dns.by_hand(*HAND)
        self.says(daemon, "no split can be planned", "edited")
        order(daemon, "split")
        self.assertEqual(self.dns.mx(), HAND)
        self.dns.by_hand(*NORMAL)
        self.shows(daemon, SPLIT, "split")

    def secondary(self, daemon):
        self.dns.secondaries[0].stop()
        self.order(daemon, "normal")
        self.says(daemon, "unproved: accepted by ns1, but not shown everywhere.*" + re.escape(self.dns.checks[0]),
                  "a secondary is down")
        self.shows(daemon, NORMAL, "normal")
        self.dns.secondaries[0].start()

    def on_the_way(self, what, words, event):
        """`event` comes between the daemon's update and the server, once; what it gives goes on."""
        todo = [event]
        with Proxy(self.dns.primary.port, ask=lambda wire: todo.pop()(wire) if is_update(wire) and todo else [wire]) \
                as proxy, Room(self.dns, Told, address=proxy.address) as daemon:
            self.order(daemon, "split")
            self.says(daemon, words, what)
            yield daemon
            self.shows(daemon, SPLIT, "split")
            self.order(daemon, "normal")
            self.shows(daemon, NORMAL, "normal")

    def prerequisite(self):
        """Somebody's edit between the daemon's look and its update: kept, and told."""
        def edit(wire):
            self.dns.set_mx(*HAND)
            return [wire]

        for daemon in self.on_the_way("prerequisite failed", "conflict", edit):
            self.assertEqual(self.dns.mx(), HAND)
            self.assertNotIn("split", daemon.kinds())
            self.dns.set_mx(*NORMAL)

    def during(self):
        """Killed with the update in its hands."""
        def die(wire):
            self.dns.primary.kill()
            return [wire]

        for _ in self.on_the_way("down during", "not known|no answer|refused", die):
            self.dns.primary.start()

    def lost(self):
        """The answer is lost after the update was applied: read back, and told as done."""
        with Proxy(self.dns.primary.port, reply=lambda wire, _: [] if is_update(wire) else [wire]) as proxy, \
                Room(self.dns, Told, address=proxy.address) as daemon:
            self.both(daemon, "answer lost")

    def repeated(self):
        """Each update comes twice (and so does its answer)."""
        serial = self.dns.serial()
        with Proxy(self.dns.primary.port, ask=lambda wire: [wire] * (2 if is_update(wire) else 1)) as proxy, \
                Room(self.dns, Told, address=proxy.address) as daemon:
            self.both(daemon, "repeated")
        self.assertGreater(self.dns.serial(), serial)

    # Ways

    def ipv6(self):
        with Room(self.dns, Told, address=json.dumps(self.dns.primary.address6)) as daemon:
            self.both(daemon, "IPv6")

    def wide(self):
        """A set that no datagram holds: TC=1, then TCP."""
        self.normal = (TTL, sorted(NORMAL[1] + WIDE))
        self.dns.set_mx(*self.normal)
        self.assertTrue(self.dns.query("MX").flags & dns.flags.TC)
        with Room(self.dns, Told) as daemon:
            self.both(daemon, "TC=1", split=(SPLIT[0], sorted(SPLIT[1] + WIDE)))

    def tell(self):
        self.normal = NORMAL
        with self.fixture(signed=self.signed, secondaries=1, ttl=TTL, ipv6=True) as self.dns:
            self.keys()
            self.clock()
            with Room(self.dns, Told) as daemon:
                self.frozen(daemon)
                self.down(daemon)
                self.edited(daemon)
                self.secondary(daemon)
            self.assertTrue(self.dns.wait_mx(*NORMAL, seconds=30))
            for story in (self.prerequisite, self.during, self.lost, self.repeated, self.ipv6, self.wide):
                story()


@unittest.skipUnless(LONG, "minutes: LONG=1, or make e2e-dns")
@unittest.skipUnless(LIBRARY, "libfaketime is not here (package faketime)")
@unittest.skipUnless(Bind.has_ipv6(), "no IPv6 on loopback here")
class Failures(unittest.TestCase):
    """A file's tests run one after the other, and each of these waits for minutes: at once."""

    def test_each_server(self):
        with ThreadPoolExecutor(len(KINDS)) as pool:
            running = [(kind, pool.submit(Story(*kind).tell)) for kind in KINDS]
        for (fixture, signed), story in running:
            with self.subTest(fixture.__name__, signed=signed):
                story.result()


if __name__ == "__main__":
    unittest.main()
