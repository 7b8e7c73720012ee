"""`check-ns`: the name servers of the zone's NS RRset must show a change, too. Real BIND: the secondary is ns2, at ::1 and
the primary's port."""
import re
import subprocess
import unittest

from bind import Bind
from daemon import DOMAIN, program
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World


class Named(Bind):
    """The secondary answers at ::1, too; `more` are further lines of the zone."""
    more = "@ IN NS ns2\nns2 IN AAAA ::1\n"

    def write(self, path, text, mode=0o600):
        if path.endswith("secondary1/named.conf"):
            text = re.sub(r"listen-on-v6 port \d+ { none; }", "listen-on-v6 port %d { ::1; }" % self.primary.port, text)
        if path.endswith(".db"):
            text += self.more
        return super().write(path, text, mode)


class Unknown(Named):
    more = Named.more + "@ IN NS ns3.elsewhere.invalid.\n"


class Shuffled(Named):
    """BIND gives sets in an order of chance; nothing listens at these addresses."""
    more = "@ IN NS ns2\n@ IN NS ns3\n@ IN NS ns4\nns2 IN A 127.0.0.7\nns2 IN A 127.0.0.8\nns2 IN A 127.0.0.9\n" \
           "ns3 IN A 127.0.0.10\nns3 IN A 127.0.0.11\nns4 IN A 127.0.0.12\n"


class Many(Named):
    more = Named.more + "".join(f"@ IN NS n{i}\nn{i} IN A 127.0.1.{i}\n" for i in range(16))


@unittest.skipUnless(Bind.has_ipv6(), "no IPv6 on this machine")
class CheckNs(unittest.TestCase):
    def world(self, kind):
        world = World(secondaries=0, mode="manual")
        self.addCleanup(world.close)
        world.dns.close()
        world.dns = kind(zone=DOMAIN, secondaries=1, ttl=TTL).start()
        world.daemon.server = dict(address=world.dns.address, zone=DOMAIN, key_file=world.dns.key_file, check_ns=True)
        self.ns2 = "ns2." + DOMAIN
        return world

    def order(self, daemon, word):
        code, answer = daemon.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                      {"mode": word, "for": "1h", "reason": "test", "by": "test"})
        self.assertEqual(code, 200, answer)

    def said(self, daemon, kind, words):
        daemon.wait_for(lambda: any(words in e["text"] for e in daemon.events() if e["kind"] == kind), 30, f"a {kind} says {words}")

    def dns_check(self, world):
        done = subprocess.run([program("mxsplitctl"), "dns", "check", DOMAIN, "-c", world.daemon.config_path],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_a_change_is_proved_at_the_servers_of_the_ns_rrset(self):
        world = self.world(Named)
        daemon = world.ready()
        at = "[::1]:%d" % world.dns.primary.port
        self.said(daemon, "decision", f"the NS RRset of {DOMAIN} names, beside the primary: {self.ns2} ({at})")
        daemon.wait_for(lambda: [s["name"] for s in daemon.domain()["servers"]] == ["ns1", self.ns2], 30, "it is asked")
        self.order(daemon, "split")
        daemon.wait_state("split")
        self.assertTrue(world.shows(SPLIT_TTL, SPLIT))
        self.said(daemon, "split", "all 2 servers show")
        world.dns.secondaries[0].stop()
        self.order(daemon, "normal")
        daemon.wait_state("normal")
        self.assertEqual(world.dns.mx(), (TTL, NORMAL))
        self.said(daemon, "failure", f"update unproved: accepted by ns1, but not shown everywhere after 10.0 s: {self.ns2}")
        world.dns.secondaries[0].start()
        self.assertTrue(world.dns.wait_mx(TTL, NORMAL, 30))
        code, said = self.dns_check(world)
        self.assertEqual(code, 0, said)
        self.assertIn(f"{self.ns2} shows the same set", said)

    def test_the_order_of_an_answer_changes_nothing(self):
        world = self.world(Shuffled)
        world.daemon.write_config()
        said = {re.sub(r"\d+\.\d+ s", "", self.dns_check(world)[1]) for _ in range(8)}
        self.assertEqual(len(said), 1, said)
        self.assertEqual(re.findall(r"FAIL  server +(\S+)", said.pop()), [f"{ns}.{DOMAIN}" for ns in ("ns2", "ns3", "ns4")])

    def test_one_that_cannot_be_looked_up_is_named_and_the_others_are_asked(self):
        world = self.world(Unknown)
        world.daemon.write_config()
        code, said = self.dns_check(world)
        self.assertEqual(code, 0, said)
        self.assertRegex(said, rf"{DOMAIN}: check-ns: ns3.elsewhere.invalid. (has no address|could not be looked up); those known are asked")
        self.assertIn(f"{self.ns2} shows the same set", said)
        self.assertIn("ns3.elsewhere.invalid. (no address) is a name server", said)

    def test_more_than_can_be_asked_are_not_taken_for_all(self):
        world = self.world(Many)
        world.daemon.write_config()
        self.assertIn(f"{DOMAIN}: check-ns: {DOMAIN}. has more name servers than can be asked; those known are asked", self.dns_check(world)[1])


if __name__ == "__main__":
    unittest.main()
