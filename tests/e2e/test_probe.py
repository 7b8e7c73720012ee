"""What exchangers answer to SMTP, and what the daemon makes of it."""
import os
import random
import time
import unittest

from daemon import DOMAIN
from smtp import Exchanger
from test_incident import NORMAL, SPLIT, TTL, SPLIT_TTL, World

LONG = bool(os.environ.get("LONG"))
ROUNDS, SPLITS = int(os.environ.get("ROUNDS", "100")), 25  # so many in a day


def probed(world, mta1, mta2):
    world.daemon.daemon_settings.update(
        probe="1s", probe_at=f'["mta1.{DOMAIN}={mta1.address}", "mta2.{DOMAIN}={mta2.address}"]')


class ProbeTest(unittest.TestCase):
    def setUp(self):
        self.mta1, self.mta2 = Exchanger(), Exchanger()
        self.addCleanup(self.mta1.stop)
        self.addCleanup(self.mta2.stop)

    def exchanger(self, world, name="mta2"):
        found = [e for e in world.daemon.status()["exchangers"] if e["name"] == f"{name}.{DOMAIN}"]
        return found[0] if found else {"answers": None, "said": None}

    def wait_said(self, world, words, answers):
        def holds():
            e = self.exchanger(world)
            return e["answers"] is answers and words in (e["said"] or "")
        world.daemon.wait_for(holds, 60, f"mta2 {words!r}, answers {answers}, now {self.exchanger(world)}")

    def test_a_split_needs_the_kept_exchanger_and_is_undone_when_it_dies(self):
        self.mta2.stop()
        with World(secondaries=0, calm="1h", min_split="1h") as world:
            probed(world, self.mta1, self.mta2)
            daemon = world.ready()
            daemon.wait_for(lambda: self.exchanger(world)["answers"] is False, 60, "mta2 fails")
            world.rate = 300
            daemon.wait_for(lambda: "does not answer SMTP" in (daemon.domain()["guard"] or ""), 60, "it is held back")
            self.assertEqual(world.dns.mx(), (TTL, NORMAL))
            self.assertEqual(daemon.domain()["state"], "normal")
            self.mta2.again()
            daemon.wait_state("split", 60)
            self.assertEqual(world.dns.mx(), (SPLIT_TTL, SPLIT))
            self.assertTrue(self.exchanger(world)["answers"])
            self.mta2.mode = "busy"
            for _ in range(4):
                before = self.exchanger(world)["asked"]
                daemon.wait_for(lambda was=before: "421" in self.exchanger(world)["said"] and
                                self.exchanger(world)["asked"] != was, 60, "it was asked again")
            self.assertEqual((world.dns.mx(), daemon.domain()["state"]), ((SPLIT_TTL, SPLIT), "split"), "too busy is not dead")
            self.mta2.stop()
            daemon.wait_for(lambda: world.dns.mx() == (TTL, NORMAL), 60, "it is restored at once")
            self.assertTrue(any("does not answer SMTP and the dropped one does" in e["text"]
                                for e in daemon.events()))
            self.assertTrue(any(e["kind"] == "failure" for e in daemon.events()))
        said = {line.split(" ")[0] for line in self.mta1.commands + self.mta2.commands}
        self.assertEqual(said, {"EHLO", "QUIT"}, "no mail is ever begun")

    def splits(self):
        """So many splits, each in force, in as many worlds as the daily cap wants; each ends as MTA2 has died."""
        for _ in range(ROUNDS // SPLITS):
            with World(secondaries=0, calm="1h", min_split="1h", splits_a_day=SPLITS) as world:
                probed(world, self.mta1, self.mta2)
                world.ready()
                world.rate = 300
                for n in range(SPLITS):
                    world.daemon.wait_state("split", 120)
                    self.assertEqual(world.dns.mx(), (SPLIT_TTL, SPLIT))
                    yield world, n
                    self.restored(world)
                    world.daemon.wait_state("normal", 60)
                    self.mta2.again()

    def restored(self, world):
        world.daemon.wait_for(lambda: world.dns.mx() == (TTL, NORMAL), 90, "it is restored")

    @unittest.skipUnless(LONG, "a hundred times: LONG=1")
    def test_whenever_it_dies_in_a_split(self):
        rng, waits = random.Random(18), []
        for world, _ in self.splits():
            time.sleep(rng.uniform(0, 2))
            self.mta2.stop()
            began = time.monotonic()
            self.restored(world)
            waits.append(time.monotonic() - began)
        print(f"{len(waits)} times: restored {sorted(waits)[len(waits) // 2]:.1f} s after it died, at most {max(waits):.1f} s "
              "(asked once a second)", flush=True)

    @unittest.skipUnless(LONG, "a hundred times: LONG=1")
    def test_whenever_both_die_in_a_split(self):
        """F19: the zone stays as it is, a person is called, and the first that answers has it back."""
        for world, n in self.splits():
            self.mta1.stop()
            world.daemon.wait_for(lambda: self.exchanger(world, "mta1")["answers"] is False, 60, "the dropped one fails")
            self.mta2.stop()
            world.daemon.wait_for(lambda: len(self.failures(world, "no exchanger answers SMTP")) > n, 60, "a person is called")
            self.assertEqual(world.dns.mx(), (SPLIT_TTL, SPLIT), "a restore would not help")
            self.mta1.again()
        print(f"{ROUNDS} times: the zone was left alone, and restored with the first that answered", flush=True)

    @unittest.skipUnless(LONG, "silence takes 20 s: LONG=1")
    def test_silent_exchangers_do_not_take_the_turn_of_others(self):
        silent = [Exchanger() for _ in range(3)]
        for one in silent:
            one.mode = "silent"
            self.addCleanup(one.stop)
        with World(secondaries=0) as world:
            world.dns.set_mx(TTL, NORMAL[:1] + [(11 + n, f"mx{n}.silent.example.") for n in range(3)] + NORMAL[1:])
            probed(world, self.mta1, self.mta2)
            places = "".join(f', "mx{n}.silent.example={one.address}"' for n, one in enumerate(silent))
            world.daemon.daemon_settings["probe_at"] = world.daemon.daemon_settings["probe_at"][:-1] + places + "]"
            world.ready()
            self.wait_said(world, "220", True)

    def failures(self, world, words):
        return [e for e in world.daemon.events() if e["kind"] == "failure" and words in e["text"]]

    def test_both_dead_in_ordinary_times_keeps_both_and_calls_a_person(self):
        self.mta1.stop()
        self.mta2.stop()
        with World(secondaries=0) as world:
            probed(world, self.mta1, self.mta2)
            daemon = world.ready()
            daemon.wait_for(lambda: not any(self.exchanger(world, name)["answers"] in (True, None)
                                            for name in ("mta1", "mta2")), 60, "both fail")
            serial = world.dns.serial()
            world.rate = 300
            daemon.wait_for(lambda: self.failures(world, "a split would leave no way in"), 60, "a person is called")
            self.assertEqual((world.dns.mx(), world.dns.serial()), ((TTL, NORMAL), serial))
            self.assertEqual(daemon.domain()["state"], "normal")

    def test_both_dead_in_a_split_until_the_dropped_one_is_back(self):
        with World(secondaries=0, calm="1h", min_split="1h") as world:
            probed(world, self.mta1, self.mta2)
            daemon = world.ready()
            world.rate = 300
            daemon.wait_state("split", 60)
            self.mta1.stop()
            daemon.wait_for(lambda: self.exchanger(world, "mta1")["answers"] is False, 60, "the dropped one fails")
            self.mta2.stop()
            daemon.wait_for(lambda: self.failures(world, "no exchanger answers SMTP"), 60, "a person is called")
            self.assertEqual(world.dns.mx(), (SPLIT_TTL, SPLIT), "a restore would not help")
            self.mta1.again()
            daemon.wait_for(lambda: world.dns.mx() == (TTL, NORMAL), 60, "it is restored with the first that answers")

    def test_whatever_an_exchanger_says_has_a_sentence(self):
        with World(secondaries=0) as world:
            probed(world, self.mta1, self.mta2)
            world.ready()
            self.wait_said(world, "answers (220 mta2.example.test ESMTP)", True)
            self.assertTrue(self.exchanger(world)["starttls"])
            for mode, words, answers in (("busy", "said 421 4.3.2 too busy", None),
                                         ("slow banner", "answers (220-mta2.example.test ESMTP)", True),
                                         ("no", "said 554 5.7.1 no service", False),
                                         ("bytes", "answers (220 ?[31m??? hello)", True),
                                         ("odd", "said SSH-2.0-OpenSSH_9.2", False),
                                         ("no EHLO", "said 502 5.5.2 no", False),
                                         ("endless", "", False),
                                         ("closes", "", False)):
                with self.subTest(mode):
                    self.mta2.mode = mode
                    self.wait_said(world, words, answers)
            self.assertFalse(self.exchanger(world)["starttls"])
            code, metrics = world.daemon.request("GET", "/metrics")
            self.assertIn(f'mxsplitd_exchanger_up{{exchanger="mta2.{DOMAIN}"}} 0', metrics)
            self.assertIn(f'mxsplitd_exchanger_up{{exchanger="mta1.{DOMAIN}"}} 1', metrics)

    def test_one_that_says_nothing_delays_no_end(self):
        self.mta2.mode = "silent"
        with World(secondaries=0) as world:
            probed(world, self.mta1, self.mta2)
            world.ready()
            world.daemon.wait_for(lambda: self.exchanger(world, "mta1")["answers"], 60, "mta1 answers")
            self.assertIsNone(self.exchanger(world)["answers"], "not asked to the end yet")
            self.assertEqual(world.daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
