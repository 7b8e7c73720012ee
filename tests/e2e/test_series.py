"""A surge over time: the API's series, and mxsplitctl explain-surge."""
import json
import subprocess
import time
import unittest

from daemon import DOMAIN, program
from test_incident import World


class SeriesTest(unittest.TestCase):
    def ctl(self, world, *words):
        done = subprocess.run([program("mxsplitctl"), *words, "--socket", world.daemon.socket], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def series(self, world, query=""):
        code, body = world.daemon.request("GET", f"/v1/domains/{DOMAIN}/series{query}")
        return code, body

    def test_a_surge_is_seen_and_explained_afterwards(self):
        with World(secondaries=0, min_split="1h") as world:
            daemon = world.ready()
            self.assertIn("no surge in the journal; this is the last hour", self.ctl(world, "explain-surge", DOMAIN))
            world.rate = 300
            daemon.wait_state("split", 60)
            first = time.time()
            world.rate = 0

            def stored():
                code, body = self.series(world)
                return code == 200 and True in body["surge"]
            daemon.wait_for(stored, 120, "the minute of the surge is stored")
            code, body = self.series(world)
            self.assertIn(body["points"], (360, 361))  # at a whole minute there is none that has only begun
            for name, column in body.items():
                if isinstance(column, list):
                    self.assertEqual(len(column), body["points"], name)
            i = body["surge"].index(True)
            self.assertGreater(body["evidence"][i], body["threshold"][i])
            self.assertGreaterEqual(body["excess"][i], body["lasting"][i])
            self.assertGreaterEqual(body["lasting"][i], body["needed_excess"][i])
            total = daemon.totals()[DOMAIN]
            self.assertEqual(sum(body["bounces"]), total["bounce-refused"])
            self.assertEqual(sum(body["bounces_at_dropped"]), total["bounce-refused"])
            self.assertLess(sum(body["mail_at_dropped"]), sum(body["mail"]))
            # the sentence is the same everywhere
            sentence = [e["text"] for e in daemon.events() if e["kind"] == "surge"][-1]
            shown = self.ctl(world, "explain-surge", DOMAIN)
            self.assertIn(sentence.split(",")[0], " ".join(shown.split()))
            self.assertIn("SURGE", shown)
            self.assertLessEqual(max(map(len, shown.splitlines())), 80, shown)
            again = json.loads(self.ctl(world, "explain-surge", DOMAIN, "--json"))["series"]
            self.assertIn(True, again["surge"])
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first - 7200))
            other = self.ctl(world, "explain-surge", DOMAIN, "--from", stamp, "--to", stamp.replace(stamp[14:19], "59:59"))
            self.assertNotIn("SURGE", other)
            self.assertNotIn("no surge in the journal", other + shown)

    def test_times_that_are_none_are_told(self):
        for words, said in ((("--from", "yesterday"), "'yesterday' is no time, wanted one such as 2026-"),
                            (("--from", "2026-11-24T16:30:00Z", "--to", "2026-11-24T16:30:00Z"), "--to is not later than --from")):
            done = subprocess.run([program("mxsplitctl"), "explain-surge", DOMAIN, *words], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 64, words)
            self.assertIn(said, done.stderr)

    def test_what_is_asked_is_bounded(self):
        with World(secondaries=0) as world:
            world.ready()
            for query, code in (("?from=0&to=90000&step=60", 200), ("?from=0&to=90001&step=60", 400),
                                ("?from=0&step=86400", 400), ("?from=60&to=60", 400), ("?step=61", 400),
                                ("?step=0", 400), ("?step=86460", 400), ("?from=x", 400), ("?from=1&from=2", 400),
                                ("?to=99999999999", 400), ("?from=100&to=50", 400)):
                with self.subTest(query):
                    self.assertEqual(self.series(world, query)[0], code)
            self.assertEqual(world.daemon.request("GET", "/v1/domains/other.test/series")[0], 404)


if __name__ == "__main__":
    unittest.main()
