"""The whole daemon on three name servers: what state and journal say; and two controllers at one zone.

LONG=1 runs the race of F35 in full, 1,000 rounds a server, and each life on each server.
"""
import json
import os
import subprocess
import tempfile
import unittest

from bind import free_port
from daemon import DOMAIN, Daemon
from knot import Knot
from named import Named
from pdns import Pdns
from test_zone import TOOL, Proxy, is_update

LONG = bool(os.environ.get("LONG"))
ROUNDS = 1000 if LONG else 5
TTL = 86400
NORMAL = (TTL, [(10, f"mta1.{DOMAIN}."), (20, f"mta2.{DOMAIN}.")])
SPLIT = (2, [(20, f"mta2.{DOMAIN}.")])
SECOND = "sub." + DOMAIN


class TwoDomains(Daemon):
    def write_config(self):
        super().write_config()
        with open(self.config_path, encoding="utf-8") as f:
            text = f.read()
        head, tail = text.split("sources:\n")
        domain = head[head.index(f"  - name: {DOMAIN}\n"):]
        with open(self.config_path, "w", encoding="utf-8") as f:
            f.write(head + domain.replace(f"name: {DOMAIN}", f"name: {SECOND}") + "sources:\n" + tail)


class Room:
    def __init__(self, dns, daemon=Daemon, **server):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        settings = dict(address=dns.address, zone=DOMAIN, key_file=dns.key_file, check=dns.checks)
        self.daemon = daemon(self.temp.name, dict(settings, **server))
        self.daemon.settings.update(mode="manual", min_split="0s")
        for path in self.daemon.sources.values():
            with open(path, "w", encoding="utf-8"):
                pass

    def __enter__(self):
        self.daemon.start()
        self.daemon.wait_for(lambda: self.daemon.domain()["shown"] is not None, 30, "the zone is known")
        return self.daemon

    def __exit__(self, *_):
        self.daemon.kill()
        self.temp.cleanup()


def order(daemon, mode, domain=DOMAIN):
    code, body = daemon.request("PUT", f"/v1/domains/{domain}/override",
                                {"mode": mode, "for": "1h", "reason": "a test", "by": "anna"})
    assert code in (200, 204), (code, body)


class Life(unittest.TestCase):
    def life(self, dns):
        """Split and restore by order; the first address is dead and the first key unknown."""
        port, lock = free_port()
        keys = json.dumps([dns.keys["unknown"], dns.key_file])
        with Room(dns, address=json.dumps(["127.0.0.1:%d" % port, dns.address]), key_file=keys) as daemon:
            order(daemon, "split")
            daemon.wait_state("split", 60)
            self.assertTrue(dns.wait_mx(*SPLIT, seconds=30))
            texts = [e["text"] for e in daemon.events()]
            self.assertTrue(any("all 2 servers show 20 mta2" in t and "serial" in t and
                                "the key unknown. was refused before" in t for t in texts), texts)
            order(daemon, "normal")
            daemon.wait_state("normal", 60)
            self.assertTrue(dns.wait_mx(*NORMAL, seconds=30))
        lock.close()

    def test_each_server(self):
        for fixture in (Named, Knot, Pdns) if LONG else (Knot,):
            for signed in (False, True) if LONG else (True,):
                with self.subTest(fixture.__name__, signed=signed):
                    with fixture(signed=signed, secondaries=1, ttl=TTL) as dns:
                        self.life(dns)

    def test_powerdns_and_a_wrong_key(self):
        with Pdns(ttl=TTL) as dns, Room(dns, key_file=dns.keys["unknown"]) as daemon:
            order(daemon, "split")
            daemon.wait_for(lambda: "failure" in daemon.kinds(), 60, "a person is called")
            self.assertTrue(any("(PowerDNS) key, secret or clock" in e["text"] for e in daemon.events()))
            self.assertEqual(dns.mx(), NORMAL)

    def test_two_domains_of_a_zone_take_turns(self):
        under_way, answered, most = set(), set(), [0]

        def ask(wire):
            if is_update(wire):
                under_way.add(wire[:2])
                most[0] = max(most[0], len(under_way))
            return [wire]

        def reply(wire, _):
            """The first answer is lost, so that each update is on its way until it is repeated."""
            if not is_update(wire):
                return [wire]
            if wire[:2] not in answered:
                answered.add(wire[:2])
                return []
            under_way.discard(wire[:2])
            return [wire]

        with Pdns(ttl=TTL) as dns:
            dns.edit(*[f"update add {SECOND}. {TTL} MX {p} {x}" for p, x in NORMAL[1]])
            with Proxy(dns.primary.port, ask=ask, reply=reply) as proxy:
                with Room(dns, TwoDomains, address=proxy.address) as daemon:
                    def both(zone_shows):
                        return dns.mx() == zone_shows and dns.mx(zone=SECOND) == zone_shows

                    daemon.wait_for(lambda: all(d["shown"] for d in daemon.status()["domains"]), 30, "both known")
                    for mode, shows in (("split", SPLIT), ("normal", NORMAL)):
                        for domain in (DOMAIN, SECOND):
                            order(daemon, mode, domain)
                        daemon.wait_for(lambda: both(shows), 60, f"both are {mode}")
        self.assertEqual(most[0], 1)


class TwoControllers(unittest.TestCase):
    """F35: two of them want different sets at the same moment."""

    SETS = ["86400 10 mta1.example.test. 20 mta2.example.test.", "300 20 mta2.example.test.",
            "301 10 mta1.example.test."]

    def race(self, fixture):
        with fixture(ttl=TTL) as dns:
            loops = [subprocess.Popen([TOOL, "change", "--zone", dns.zone, "--server", dns.address, "--key",
                                       dns.key_file, "--loop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True) for _ in range(2)]
            try:
                now = self.SETS[0]
                for _ in range(ROUNDS):
                    wanted = [one for one in self.SETS if one != now]
                    for loop, to in zip(loops, wanted):
                        loop.stdin.write(now + "\t" + to + "\n")
                    for loop in loops:
                        loop.stdin.flush()
                    results = [loop.stdout.readline().split("\t")[0] for loop in loops]
                    shown = dns.mx()
                    shown = " ".join([str(shown[0])] + ["%d %s" % record for record in shown[1]])
                    if results == ["failed", "failed"]:  # PowerDNS: SERVFAIL, each locked the other's database
                        self.assertEqual((shown, fixture), (now, Pdns))
                        continue
                    self.assertEqual(results.count("proved"), 1, results)
                    self.assertEqual(shown, wanted[results.index("proved")])
                    now = shown
            finally:
                for loop in loops:
                    loop.stdin.close()
                    loop.wait(30)
                    loop.stdout.close()

    def test_bind(self):
        self.race(Named)

    def test_knot(self):
        self.race(Knot)

    def test_powerdns(self):
        self.race(Pdns)


if __name__ == "__main__":
    unittest.main(verbosity=2)
