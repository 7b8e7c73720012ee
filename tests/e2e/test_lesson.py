"""A new domain whose old logs were imported knows what is normal from its first second on."""
import datetime
import re
import subprocess
import tempfile
import unittest

from daemon import DOMAIN, Daemon, Log, mail, program, refused

DAYS, EVERY = 9, 4  # of ordinary bounces, one in so many minutes


class Lesson(unittest.TestCase):
    def setUp(self):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.addCleanup(self.temp.cleanup)
        self.daemon = Daemon(self.temp.name)
        self.addCleanup(self.daemon.kill)
        self.logs = [Log(path) for path in self.daemon.sources.values()]
        for log in self.logs:
            self.addCleanup(log.close)

    def import_log(self, flood=0):
        """Nine days up to now; `flood`: bounces in the last half hour."""
        now = datetime.datetime.now(datetime.timezone.utc)
        with open(f"{self.temp.name}/old.log", "w", encoding="ascii") as f:
            for n in range(DAYS * 24 * 60 // EVERY):
                f.write(refused(n, when=now - datetime.timedelta(minutes=DAYS * 24 * 60 - n * EVERY)))
            for n in range(flood):
                f.write(refused(n, when=now - datetime.timedelta(seconds=1800 - n * 1800 / flood)))
        subprocess.run([program("mxsplitctl"), "import", "--db", self.daemon.database, "--default-domain", DOMAIN,
                        f"{self.temp.name}/old.log"], check=True, capture_output=True)

    def learned(self):
        return [e["text"] for e in self.daemon.events() if "what is normal was learned" in e["text"]]

    def measured(self):
        for log in self.logs:  # nothing is said of sources that are silent
            log.write(mail(1))
        self.daemon.wait_for(lambda: self.daemon.domain()["measured"]["expected_per_minute"] is not None, 30, "something is expected")
        return self.daemon.domain()["measured"]

    def test_imported_logs_are_the_baseline(self):
        self.import_log()
        self.daemon.start()
        days = float(re.search(r"from ([\d.]+) days", self.learned()[0])[1])
        self.assertAlmostEqual(days, DAYS, delta=0.1)
        self.assertAlmostEqual(self.measured()["expected_per_minute"], 1 / EVERY, delta=0.1)  # and not prior-rate, 20
        self.daemon.stop()
        self.daemon.start()  # now it has its own memory
        self.assertEqual(len(self.learned()), 1)

    def test_a_surge_of_the_past_is_no_reason_to_act(self):
        self.import_log(flood=6000)
        self.daemon.start()
        measured = self.measured()
        self.assertFalse(measured["surge"])
        self.assertLess(measured["expected_per_minute"], 2)
        self.assertNotIn("surge", self.daemon.kinds())

    def test_without_counts_the_prior_rate_is_expected(self):
        self.daemon.start()
        self.assertEqual(self.learned(), [])
        self.assertAlmostEqual(self.measured()["expected_per_minute"], 20, delta=2)


if __name__ == "__main__":
    unittest.main()
