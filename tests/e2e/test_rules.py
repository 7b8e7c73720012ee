"""What an administrator writes beside the detector: conditions with counters, and fixed thresholds."""
import datetime
import os
import subprocess
import unittest

from agents import INTEGER, FakeAgent
from daemon import DOMAIN, mail, program, refused
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World

MTA = f"mta1.{DOMAIN}"
LOAD1 = (1, 3, 6, 1, 4, 1, 2021, 10, 1, 5, 1)


class Moving(World):
    """Bounces that arrive where the test says, mail at both exchangers; the MTAs' clocks may be ahead."""

    def __init__(self, **settings):
        self.share = 1.0  # of the bounces, at mta1
        self.ahead = 0
        super().__init__(secondaries=0, **settings)

    def feed(self):
        while not self.over.wait(0.1):
            if self.quiet.is_set():
                continue
            when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.ahead)
            for _ in range(int(self.rate / 10)):
                self.n += 1
                there = self.n % 100 < self.share * 100
                self.logs["mta1" if there else "mta2"].write(refused(self.n, when=when))
            self.n += 1
            if self.ahead:
                for log in self.logs.values():  # somebody else's: it is heard, and counts for nobody here
                    log.write(refused(self.n, "elsewhere.example", when))
            elif self.n % 10 == 0 or not self.rate:
                for log in self.logs.values():
                    log.write(mail(self.n))


def ticks(d, more):
    """So many ticks go by: whatever was to happen has happened."""
    goal = d.status()["ticks"] + more
    d.wait_for(lambda: d.status()["ticks"] >= goal, 60, f"{more} ticks")


class Conditions(unittest.TestCase):
    def push(self, d, value):
        code, answer = d.request("POST", "/v1/counters", dict(mta=MTA, name="load", type="gauge", value=value))
        self.assertEqual(code, 200, answer)

    def guard(self, d, text):
        d.wait_for(lambda: text in (d.domain()["guard"] or ""), 60, f"held back: {text}")

    def test_counters_hold_back_and_confirm_and_never_restore(self):
        with Moving(when="surge and mta1.load > 8") as w:
            w.daemon.counters = [dict(name="pushed", mta=MTA, push="yes")]
            serial = w.dns.serial()
            d = w.ready()
            w.rate = 300
            self.guard(d, "cannot be judged: mta1.load is not known")
            d.wait_for(lambda: any(e["kind"] == "failure" and "cannot be judged" in e["text"] for e in d.events()), 10,
                       "a person is called")
            self.push(d, 2.5)
            self.guard(d, "'surge and mta1.load > 8' does not hold: mta1.load is 2.5; now ")
            ticks(d, 5)
            self.assertEqual(w.dns.serial(), serial, "the zone was not touched")
            self.assertNotIn("split", d.kinds())
            self.push(d, 12)
            d.wait_state("split", 60)
            self.assertIn("mta1.load is 12", d.domain()["why"])
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT))
            self.push(d, 0)
            ticks(d, 8)  # more than min-split, calm and quiet
            self.assertEqual(d.domain()["state"], "split", "a load that falls restores nothing")
            d.kill()
            d.start()  # and now it is not known at all
            d.wait_state("split", 15)
            ticks(d, 8)
            self.assertEqual(d.domain()["state"], "split")
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT))
            w.rate = 0
            d.wait_state("normal", 90)
            self.assertTrue(w.shows(TTL, NORMAL))

    def test_an_agent_that_goes_silent(self):
        with Moving(when="surge and not mta1.load < 8") as w:
            agent = FakeAgent()
            self.addCleanup(agent.close)
            agent.objects = {LOAD1: (INTEGER, 1250)}
            secret = os.path.join(w.directory, "secret")
            with open(secret, "w") as f:
                f.write("community letmein\n")
            os.chmod(secret, 0o600)
            w.daemon.counters = [dict(name="agent", mta=MTA, snmp=agent.address, secret_file=secret, every="1s",
                                      timeout="1s", sets="[]", oids="[load=laLoadInt.1]")]
            d = w.ready()
            d.wait_for(lambda: d.status()["counters"], 30, "the agent is read")
            w.rate = 300
            d.wait_state("split", 60)
            agent.twist = lambda *_: []  # no answer any more
            d.wait_for(lambda: d.status()["counters"][0]["stale"], 30, "the value is too old")
            ticks(d, 8)
            self.assertEqual(d.domain()["state"], "split", "silence restores nothing")
            w.rate = 0
            d.wait_state("normal", 90)
            w.rate = 300
            self.guard(d, "cannot be judged: mta1.load is not known")
            ticks(d, 5)
            self.assertEqual(d.kinds().count("split"), 1, "nothing is split on what is not known")
            agent.twist = None
            d.wait_state("split", 60)

    def test_the_delay_of_mail_is_a_counter(self):
        with Moving(when="surge and mta1.delay > 60s") as w:
            d = w.ready()

            def delays():
                return {c["mta"] + "." + c["name"]: c["value"] for c in d.status()["counters"]}
            d.wait_for(lambda: f"{MTA}.delay" in delays(), 60, "enough was delivered")
            self.assertLess(delays()[f"{MTA}.delay"], 0.03)
            w.rate = 300
            self.guard(d, "does not hold: mta1.delay is 0.0")
            for n in range(2000):
                slow = mail(50000 + n).replace("delay=0.02", "delay=90")
                w.logs["mta1"].write(slow + slow.replace(DOMAIN, "elsewhere.example").replace("delay=90", "delay=9999"))
            d.wait_state("split", 60)
            self.assertRegex(d.domain()["why"], r"mta1\.delay is (8|9)\d\.")
            self.assertRegex(str(delays()[f"mta2.{DOMAIN}.delay"]), r"^0\.0", "the other's mail is not slow")
            self.assertLess(delays()[f"{MTA}.delay-p90"], 110, "mail to elsewhere has no part in it")

    def test_check_config_points_at_the_column(self):
        with Moving(when="surge and mta9.load1 > 8") as w:
            w.daemon.counters = [dict(name="a", mta=MTA, loadavg="yes"), dict(name="b", mta=f"mta2.{DOMAIN}", push="yes")]
            w.daemon.write_config()
            done = subprocess.run([program("mxsplitctl"), "check-config", w.daemon.config_path], capture_output=True,
                                  text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stdout + done.stderr, r":\d+:11: when: column 11: 'mta9\.load1': no exchanger of that "
                             r"name; there are mta1, mta2\n")

    def test_every_name_that_check_config_knows_is_really_there(self):
        """The names of these ways in stand twice in the code."""
        with Moving(when="surge and (mta1.load1 > 1 or mta1.nonsense > 1)") as w:
            spool = os.path.join(w.directory, "spool")
            for queue in ("incoming", "active", "deferred", "hold", "maildrop"):
                os.makedirs(os.path.join(spool, queue))
            w.daemon.counters = [dict(name="a", mta=MTA, loadavg="yes", every="1s"),
                                 dict(name="b", mta=MTA, postfix_spool=spool, every="1s")]
            w.daemon.write_config()
            done = subprocess.run([program("mxsplitctl"), "check-config", w.daemon.config_path], capture_output=True,
                                  text=True)
            listed = (done.stdout + done.stderr).split("it has ")[1].split("\n")[0].split(", ")
            w.daemon.settings["when"] = "surge and (mta1.load1 > 1 or mta1.queue > 1)"
            d = w.daemon.start()
            d.wait_for(lambda: {c["name"] for c in d.status()["counters"]} == set(listed), 30, f"exactly {listed}")


class Thresholds(unittest.TestCase):
    SETTINGS = dict(when="threshold", threshold="100/10s", threshold_leave=20, least_excess=1000000)

    def start(self, w, **settings):
        w.daemon.daemon_settings["stale_after"] = "10s"
        w.daemon.settings.update(settings)
        return w.daemon

    def status(self, d):
        shown = subprocess.run([program("mxsplitctl"), "status", DOMAIN, "--socket", d.socket], capture_output=True, text=True,
                               check=True).stdout
        self.assertLessEqual(max(map(len, shown.splitlines())), 80, shown)
        return " ".join(shown.split())

    def test_a_fixed_threshold_alone_splits_and_restores(self):
        with Moving(**self.SETTINGS) as w:
            d = self.start(w)
            old = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=10)
            for n in range(3000):
                w.logs["mta1"].write(refused(n, when=old))
            d.start()
            d.wait_for(lambda: d.domain()["counts"]["bounce-refused"] >= 3000, 30, "the backlog is read")
            d.wait_for(lambda: d.domain()["threshold"]["known"], 60, "a whole window was heard")
            self.assertFalse(d.domain()["threshold"]["reached"], "a backlog is history")
            self.assertEqual(d.domain()["threshold"]["bounces"], 0)
            self.assertIn(" threshold 0 bounces in 10s, reached at 100 ", self.status(d))
            w.rate = 30
            d.wait_state("split", 60)
            self.assertRegex(self.status(d), r" threshold \d+ bounces in 10s, reached since \S+Z \(\d+s ago\), over at 20 ")
            self.assertIn("bounces in 10s, the threshold is 100", d.domain()["why"])
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT))
            self.assertEqual([e["text"].split(":")[0] for e in d.events() if e["kind"] in ("surge", "calm")],
                             ["the threshold is reached"], "the detector had no part in it")
            d.kill()
            w.rate = 10  # 100 in a window or nearly: not over
            d.start()
            d.wait_state("split", 30)
            ticks(d, 15)
            self.assertEqual(d.domain()["state"], "split", "and a restart forgets nothing")
            w.rate = 0
            d.wait_state("normal", 90)
            self.assertTrue(w.shows(TTL, NORMAL))
            self.assertIn("below the threshold again", "".join(e["text"] for e in d.events() if e["kind"] == "calm"))

    def test_with_the_default_condition_a_threshold_is_refused(self):
        with Moving(**dict(self.SETTINGS, when="surge")) as w:
            d = self.start(w)
            d.write_config()
            done = subprocess.run([program("mxsplitd"), "-f", "-c", d.config_path], capture_output=True, text=True)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn("threshold is of no use", done.stderr)

    def test_silence_is_not_below_the_threshold(self):
        with Moving(**self.SETTINGS) as w:
            d = self.start(w)
            d.daemon_settings["silent_after"] = "2s"
            d.start()
            w.rate = 30
            d.wait_state("split", 60)
            w.quiet.set()
            d.wait_for(lambda: "silent" in (d.domain()["guard"] or ""), 30, "the sources are silent")
            ticks(d, 15)  # more than the window
            self.assertEqual(d.domain()["state"], "split")
            self.assertTrue(d.domain()["threshold"]["reached"])
            w.rate = 0
            w.quiet.clear()
            d.wait_state("normal", 90)


if __name__ == "__main__":
    unittest.main()
