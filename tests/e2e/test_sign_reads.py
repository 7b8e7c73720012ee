"""`sign-reads`: on a BIND that chooses the view by the key, the daemon reads, changes and proves in its own view."""
import json
import os
import re
import subprocess
import unittest

from bind import ZONE, Bind
from daemon import DOMAIN
from knot import Knot
from named import Named
from pdns import Pdns
from test_dns_daemon import Room
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World

LONG = bool(os.environ.get("LONG"))
OTHERS = (3600, [(99, f"elsewhere.{DOMAIN}.")])


class Views(Bind):
    """The zone that others see is another one."""

    def write(self, path, text, mode=0o600):
        if path == "primary/named.conf":
            self.write("primary/others.db", ZONE + "elsewhere IN A 127.0.0.1\n@ 3600 IN MX 99 elsewhere\n")
            at = text.index("zone \"")
            text = (text[:at] + "view own { match-clients { key mxsplit; };\n" + text[at:] + "};\nview others {\n"
                    "zone \"%s\" { type primary; file \"others.db\"; };\n};\n" % self.zone)
        return super().write(path, text, mode)

    def own(self):
        """As mx(), in the view of the key."""
        said = subprocess.run(["dig", "-k", self.key_file, "@127.0.0.1", "-p", str(self.primary.port), "+norecurse", "+noall",
                               "+answer", self.zone, "MX"], capture_output=True, text=True, check=True).stdout
        found = re.findall(r"(\d+)\s+IN\s+MX\s+(\d+) (\S+)", said)
        return int(found[0][0]), sorted((int(p), x) for _, p, x in found)


class SignReads(unittest.TestCase):
    def world(self, **server):
        world = World(secondaries=0, mode="manual")
        self.addCleanup(world.close)
        world.dns.close()
        world.dns = Views(zone=DOMAIN, ttl=TTL).start()
        self.assertEqual((world.dns.mx(), world.dns.own()), (OTHERS, (TTL, NORMAL)))
        world.daemon.server = dict(address=world.dns.address, zone=DOMAIN, key_file=world.dns.key_file, **server)
        return world

    def order(self, daemon, word):
        code, answer = daemon.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                      {"mode": word, "for": "1h", "reason": "test", "by": "test"})
        self.assertEqual(code, 200, answer)

    def test_the_view_of_the_key_is_read_changed_and_proved(self):
        for tcp in (False, True):
            with self.subTest(tcp=tcp):
                world = self.world(sign_reads=True, tcp=tcp)
                daemon = world.ready()
                self.order(daemon, "split")
                daemon.wait_state("split")
                self.assertEqual((world.dns.mx(), world.dns.own()), (OTHERS, (SPLIT_TTL, SPLIT)))
                self.order(daemon, "normal")
                daemon.wait_state("normal")
                self.assertEqual((world.dns.mx(), world.dns.own()), (OTHERS, (TTL, NORMAL)))
                self.assertEqual(daemon.stop(), 0)

    def test_a_key_that_is_not_known_there_is_named_and_nothing_is_believed(self):
        world = self.world(sign_reads=True)
        world.daemon.server["key_file"] = world.dns.keys["unknown"]
        daemon = world.daemon
        daemon.start()
        daemon.wait_for(lambda: "it has not our key unknown" in (daemon.domain()["servers"][0]["error"] or ""), 60, "it is said")
        self.assertIsNone(daemon.domain()["shown"])

    def test_the_second_key_where_the_first_is_not_known(self):
        """PowerDNS says so by NOTAUTH alone."""
        for fixture in (Named, Knot, Pdns) if LONG else (Pdns,):
            with self.subTest(fixture.__name__), fixture(ttl=TTL) as server:
                keys = json.dumps([server.keys["unknown"], server.key_file])
                with Room(server, key_file=keys, sign_reads=True) as daemon:
                    self.order(daemon, "split")
                    daemon.wait_state("split", 60)
                    self.assertEqual(server.mx()[1], SPLIT)

    def test_unsigned_questions_read_what_others_see(self):
        world = self.world()
        daemon = world.daemon
        daemon.start()
        daemon.wait_for(lambda: "no split can be planned" in (daemon.domain()["guard"] or ""), 60, "mta1 is not in that view")


if __name__ == "__main__":
    unittest.main()
