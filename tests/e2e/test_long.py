"""Long runs: nothing grows. LONG=1 only: an hour of ten times a busy site's log, while the API is asked. LASTS=300 is shorter."""
import os
import tempfile
import time
import unittest

from bind import Bind
from daemon import DOMAIN, Daemon, mail, refused

LASTS = int(os.environ.get("LASTS", "3600"))
A_SECOND = 200  # messages, one in twenty a bounce; 20 a second is a busy site
MIB = 1 << 20


def held(daemon):
    """What the daemon holds: resident bytes, open files, bytes of the database and of its log."""
    with open(f"/proc/{daemon.process.pid}/status", encoding="utf-8") as f:
        resident = next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS:"))
    files = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    return resident, files, os.path.getsize(daemon.database), os.path.getsize(daemon.database + "-wal")


@unittest.skipUnless(os.environ.get("LONG"), "an hour: LONG=1")
class Long(unittest.TestCase):
    def test_an_hour_at_ten_times(self):
        with Bind() as bind, tempfile.TemporaryDirectory(prefix="mxsplit-long-") as directory:
            daemon = Daemon(directory, dict(address=bind.address, zone=bind.zone, key_file=bind.key_file))
            self.addCleanup(daemon.kill)
            daemon.settings["mode"] = "manual"
            daemon.start()
            normal, began, n, samples = bind.mx(), time.monotonic(), 0, []
            while time.monotonic() - began < LASTS:
                for path in daemon.sources.values():
                    with open(path, "a", encoding="utf-8") as f:
                        for _ in range(A_SECOND // len(daemon.sources)):
                            n += 1
                            f.write(refused(n) if n % 20 == 0 else mail(n))
                daemon.status()
                samples.append(held(daemon))
                time.sleep(1)
            daemon.wait_for(lambda: daemon.totals()[DOMAIN]["bounce-refused"] == n // 20, 60, "all is counted")
            settled = samples[len(samples) // 3]
            last = samples[-1]
            print(f"\n{len(samples)} s, {n} messages: resident {settled[0] / MIB:.1f} -> {last[0] / MIB:.1f} MiB, open files "
                  f"{settled[1]} -> {last[1]}, database {settled[2] / MIB:.2f} -> {last[2] / MIB:.2f} MiB, "
                  f"its log at most {max(s[3] for s in samples) / MIB:.2f} MiB")
            self.assertLessEqual(last[0] - settled[0], MIB, "resident memory")
            self.assertLessEqual(max(s[1] for s in samples), settled[1] + 4, "open files")
            self.assertLessEqual(max(s[3] for s in samples), 16 * MIB, "the database's log")
            self.assertLessEqual(last[2] - settled[2], 4 * MIB, "the database")
            self.assertEqual((daemon.domain()["state"], bind.mx()), ("normal", normal))
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
