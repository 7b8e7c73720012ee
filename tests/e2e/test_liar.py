"""F14: a primary that says yes and does not keep what it was sent. Nobody is told of a split or a restore
that no name server shows; a person is told of the lie; the update is sent again, and then told once."""
import re
import unittest

import dns.message
import dns.tsigkeyring

from daemon import DOMAIN
from test_faults import order
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World
from test_zone import Proxy, is_update


class Liar(unittest.TestCase):
    def answer(self, world, wire):
        """NOERROR with a good signature."""
        with open(world.dns.key_file) as file:
            secret = re.search(r'secret "(.*)"', file.read()).group(1)
        ring = dns.tsigkeyring.from_text({"mxsplit.": ("hmac-sha256.", secret)})
        return dns.message.make_response(dns.message.from_wire(wire, keyring=ring)).to_wire()

    def kinds(self, daemon, after):
        return [e["kind"] for e in daemon.events() if e["id"] > after and e["kind"] in ("split", "restore", "failure")]

    def change(self, world, proxy, mode, state, lie):
        daemon, serial = world.daemon, world.dns.serial()
        last = daemon.events()[-1]["id"]
        proxy.lie, proxy.lies = lie, 1
        order(self, daemon, mode)
        daemon.wait_for(lambda: proxy.lies == 0 and daemon.domain()["state"] == state and
                        world.dns.mx()[1] == (SPLIT if state == "split" else NORMAL), 60, f"it is {state}")
        told = {"split": "split", "normal": "restore"}[state]
        self.assertEqual(self.kinds(daemon, last), ["failure", told], [e["text"] for e in daemon.events()])
        failure = next(e["text"] for e in daemon.events() if e["id"] > last and e["kind"] == "failure")
        self.assertIn("not shown even there", failure)
        return world.dns.serial() - serial

    def test_said_yes_and_did_nothing_or_lost_it(self):
        with World(secondaries=0, mode="manual", min_split="0s", splits_a_day=32) as world:
            def reply(wire, request):
                if not is_update(request) or not proxy.lies:
                    return [wire]
                proxy.lies -= 1
                if proxy.lie == "lost":  # it was there for a moment
                    world.dns.set_mx(*shown)
                return [wire]

            def ask(wire):
                if is_update(wire) and proxy.lies and proxy.lie == "nothing":
                    proxy.lies -= 1
                    proxy.front.sendto(self.answer(world, wire), proxy.client)
                    return []
                return [wire]

            with Proxy(world.dns.primary.port, ask, reply) as proxy:
                proxy.lies = 0
                world.daemon.server["address"] = proxy.address
                world.daemon.prove, world.daemon.timeout = "2s", "5s"  # the lie itself takes a while
                world.ready()
                for lie, steps in (("nothing", 1), ("lost", 3)):
                    with self.subTest(lie):
                        shown = (TTL, NORMAL)
                        self.assertEqual(self.change(world, proxy, "split", "split", lie), steps)
                        shown = (SPLIT_TTL, SPLIT)
                        self.assertEqual(self.change(world, proxy, "normal", "normal", lie), steps)
                        self.assertEqual(world.dns.mx(), (TTL, NORMAL))


if __name__ == "__main__":
    unittest.main()
