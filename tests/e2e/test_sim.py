"""The simulator of docs/experiment.md: what must hold of any world that it plays."""
import json
import subprocess
import unittest

from daemon import program

SMALL = ["--organisations", "2000", "--hours", "4", "--after-hours", "12", "--learn-days", "3", "--bounces", "60000"]


def sim(*options):
    done = subprocess.run([program("tools/sim"), *options], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


class Simulator(unittest.TestCase):
    def test_the_same_seed_gives_the_same_bytes(self):
        runs = [subprocess.run([program("tools/sim"), *SMALL, "--seed", seed], capture_output=True, check=True, timeout=120).stdout
                for seed in ("7", "7", "8")]
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])

    def test_every_message_is_delivered_once(self):
        run = sim(*SMALL, "--series", "1")
        self.assertEqual(run["handed"], run["done"])
        self.assertEqual(sum(s[0] + s[1] for s in run["series"]), sum(run["bounces"]))
        self.assertEqual(sum(s[2] + s[3] for s in run["series"]), run["mails"])

    def test_without_a_flood_nothing_happens(self):
        run = sim("--organisations", "2000", "--bounces", "0", "--hours", "72")
        self.assertEqual((run["surges"], run["splits"], run["bounces"][1]), (0, 0, 0))
        self.assertEqual(run["most"], run["p50"])  # the service alone

    def test_the_daemon_splits_and_restores_and_helps(self):
        alone, split = sim(*SMALL, "--daemon", "0"), sim(*SMALL)
        self.assertEqual((alone["splits"], alone["bounces"][1]), (0, 0))
        self.assertEqual((split["surges"], split["splits"]), (1, 1))
        self.assertGreater(split["restored_after_end"], 0)
        self.assertLess(split["at_mta1"]["mean"], alone["mean"] / 4)

    def test_where_dns_cannot_help(self):
        known, new = sim(*SMALL, "--known", "1", "--zipf", "0"), sim(*SMALL, "--zipf", "0")
        self.assertLess(new["bounces"][0], known["bounces"][0] / 2)
        shed = sim(*SMALL, "--known", "1", "--shed", "1", "--daemon", "0")
        self.assertLess(shed["bounces"][0], known["bounces"][0] / 10)

    def test_survival_is_as_the_formula_says(self):
        for cap in ("86400", "604800"):
            run = sim("--learn-days", "20", "--shared", "0", "--cap", cap, "--hours", "1", "--after-hours", "0", "--bounces", "20000")
            self.assertGreater(run["regulars"], 8000)
            for seen, formula in zip(run["survival_seen"], run["survival_formula"]):
                self.assertAlmostEqual(seen, formula, delta=0.025)  # some 4.5 standard deviations of 8000 regulars

    def test_a_wrong_option_is_said(self):
        for words in (["--nothing", "1"], ["--seed"], ["--hours", "x"], ["--servers", "0"]):
            done = subprocess.run([program("tools/sim"), *words], capture_output=True, text=True, check=False, timeout=10)
            self.assertEqual(done.returncode, 64, words)
            self.assertIn("usage: sim", done.stderr)


if __name__ == "__main__":
    unittest.main()
