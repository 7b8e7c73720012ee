"""A webhook's receiver that is down for hours, and a daemon that is killed meanwhile and while it tells.

The hours pass while the daemon is dead: it starts again with a later clock (libfaketime). LONG=1: 24 hours and 1,000
notices, 1,000 kills.
"""
import json
import os
import random
import time
import unittest

from daemon import DOMAIN
from receiver import Receiver
from test_clock import LIBRARY, Clock
from test_hooks import Small, hook, hooks

LONG = bool(os.environ.get("LONG"))
QUARTERS = 96 if LONG else 5        # of an hour
NOTICES = 11 if LONG else 4         # in each of them
KILLS = 1000 if LONG else 12
OTHER = f"sub.{DOMAIN}"


class Two(Small):
    """Two domains in the zone."""

    def __init__(self):
        super().__init__()
        self.clock = Clock(self.temp.name)
        self.d.env.update(self.clock.env())
        write = self.d.write_config

        def with_another():
            write()
            with open(self.d.config_path) as f:
                text = f.read()
            with open(self.d.config_path, "w") as f:
                f.write(text.replace("\nsources:\n", f"\n  - name: {OTHER}\n    server: ns1\n    mode: auto\n"
                                     f"    drop: [mta1.{DOMAIN}]\nsources:\n"))
        self.d.write_config = with_another

    def orders(self, count):
        for n in range(count):
            code, body = self.d.request("PUT", f"/v1/domains/{OTHER if n % 2 else DOMAIN}/override",
                                        {"mode": "normal", "for": "7d", "reason": f"number {n}", "by": "anna"})
            assert code == 200, (code, body)


@unittest.skipUnless(LIBRARY, "libfaketime is not here (package faketime)")
class Down(unittest.TestCase):
    def told_once_and_in_order(self, d, at, kills):
        """What the journal holds was acknowledged, domain by domain in its order; twice only because of a kill."""
        taken = [(headers["webhook-id"], json.loads(body)) for headers, body, status in at.got if status == 200]
        told = {}
        for name, notice in taken:
            self.assertEqual(told.setdefault(name, notice), notice, "the same id is the same notice")
        ids = [name for name, _ in taken]
        again = [n for n in range(1, len(ids)) if ids[n] in ids[:n]]
        self.assertEqual([ids[n] for n in again], [ids[n - 1] for n in again], "twice is twice in a row")
        self.assertLessEqual(len(again), kills)
        for domain in (DOMAIN, OTHER):
            wanted = [e["id"] for e in d.events() if e["kind"] == "override" and e["domain"] == domain]
            self.assertEqual([n["id"] for n in told.values() if n["domain"] == domain], wanted)
            self.assertGreater(len(wanted), 1)
        return len(told), len(again)

    def test_a_receiver_that_is_down_for_hours_is_told_all(self):
        with Receiver() as at, Receiver() as well, Receiver() as elsewhere, Two() as w:
            d = w.d
            d.hooks = [hook("down", at.url), hook("well", well.url)]
            ways = [None, at.answer(500), at.answer(429, [("Retry-After", "86400")]), at.close_early,
                    at.redirect(elsewhere.url), at.endless(503), at.hang, at.drip]
            before = None
            for quarter in range(QUARTERS):
                at.close()
                way = ways[quarter % len(ways)]
                if way:
                    at.behave = way
                    at.open()
                d.start()
                w.orders(NOTICES)
                d.wait_for(lambda: hooks(d)["down"]["last_failure"] not in (None, before), 60, f"quarter {quarter}: it fails")
                d.wait_for(lambda: hooks(d)["well"]["waiting"] == 0, 60, "the other hook is told meanwhile")
                before = hooks(d)["down"]["last_failure"]
                d.kill()
                w.clock.set(w.clock.offset + 900)
            at.close()
            at.behave = at.answer(200)
            at.open()
            d.start()
            d.wait_for(lambda: at.bodies(), 60, "it is told again")
            d.kill()
            d.start()
            d.wait_for(lambda: hooks(d)["down"]["waiting"] == 0, 120, "all is told")
            count, twice = self.told_once_and_in_order(d, at, 1)
            self.assertGreaterEqual(count, QUARTERS * NOTICES)
            self.assertEqual(self.told_once_and_in_order(d, well, QUARTERS)[0], count)
            self.assertEqual((hooks(d)["down"]["dead_letters"], elsewhere.arrived), (0, []))
            print(f"down for {QUARTERS / 4:g} h: {count} notices, {twice} came twice", flush=True)

    def test_a_daemon_killed_while_it_tells_loses_none(self):
        chance = random.Random(1)
        with Receiver() as at, Two() as w:
            d = w.d
            d.hooks = [hook("sink", at.url)]
            d.start()
            for _ in range(KILLS):
                w.orders(2)
                time.sleep(chance.random() * 0.05)  # anywhere in the telling
                d.kill()
                d.start()
            d.wait_for(lambda: hooks(d)["sink"]["waiting"] == 0, 120, "all is told")
            count, twice = self.told_once_and_in_order(d, at, KILLS)
            print(f"{KILLS} kills: {count} notices, {twice} came twice", flush=True)


if __name__ == "__main__":
    unittest.main()
