"""Who writes regularly, and what that says of a split."""
import datetime
import json
import subprocess
import tempfile
import unittest

from daemon import DOMAIN, Daemon, Log, program, stamp


def mail_of(client, days):
    """A message that came so many days ago."""
    head = stamp(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days))
    queue_id = f"{days}A{int(client.split('.')[2]):02X}{client.split('.')[3]}"
    return "".join(f"{head} mx1 postfix/{line}\n" for line in (
        f"smtpd[292]: {queue_id}: client=mail.some.example[{client}]",
        f"qmgr[248]: {queue_id}: from=<a@some.example>, size=308, nrcpt=1 (queue active)",
        f"virtual[296]: {queue_id}: to=<info@{DOMAIN}>, relay=virtual, delay=0.02, "
        "delays=0.01/0.01/0/0, dsn=2.0.0, status=sent (delivered to maildir)",
        f"qmgr[248]: {queue_id}: removed"))


class Survival(unittest.TestCase):
    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.addCleanup(temp.cleanup)
        self.daemon = Daemon(temp.name)
        self.log = Log(self.daemon.sources["mta1"])
        self.addCleanup(self.log.close)
        Log(self.daemon.sources["mta2"]).close()
        self.daemon.start()
        self.addCleanup(self.daemon.stop)

    def ctl(self, *args):
        return subprocess.run([program("mxsplitctl"), *args, "--socket", self.daemon.socket], text=True,
                              capture_output=True, timeout=60)

    def test_regulars_are_told_from_strangers_and_kept_over_a_restart(self):
        for days in range(6, 0, -1):
            for n in range(3):
                self.log.write(mail_of(f"192.0.{n}.25", days))
            self.log.write(mail_of(f"198.51.{days}.7", days))
        regulars = lambda: self.daemon.domain()["survival"]["regulars"]
        self.daemon.wait_for(lambda: regulars() == 3, 90, "three write each day")
        self.daemon.stop()
        self.daemon.start()
        self.daemon.wait_for(lambda: regulars() == 3, 90, "they are known after a restart")
        said = self.ctl("survival", DOMAIN, "--json")
        survival = json.loads(said.stdout)
        self.assertAlmostEqual(survival["mean_gap_seconds"], 86400, delta=5)
        self.assertFalse(survival["enough"])
        self.assertIsNone(survival["ttl"], "no zone can be read here")
        said = self.ctl("survival", DOMAIN)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("too few to rely on", " ".join(said.stdout.split()))
        self.assertLessEqual(max(map(len, said.stdout.splitlines())), 80)
        self.assertEqual(self.ctl("survival").returncode, 64)
        self.assertEqual(self.ctl("survival", "nobody.test").returncode, 65)


if __name__ == "__main__":
    unittest.main()
