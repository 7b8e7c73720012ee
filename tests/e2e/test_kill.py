"""Exactly once: the daemon is killed with SIGKILL at random instants while it ingests a log that is
rotated meanwhile, and at every system call of a short run; the totals are those of an undisturbed run.
"""
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from daemon import BUILD, DOMAIN, Daemon, Log, mail, refused

LONG = bool(os.environ.get("LONG"))
LINES = 200_000
KILLS = 1000 if LONG else 100
POINTS = 6  # system calls at which a run is killed; with LONG at every one
NORMAL = [(10, f"mta1.{DOMAIN}."), (20, f"mta2.{DOMAIN}.")]
SPLIT = [(20, f"mta2.{DOMAIN}.")]
SEED = int(os.environ.get("SEED", "20261124"))


def observer(directory):
    d = Daemon(directory)
    d.settings["mode"] = "observe"
    d.sources = {"mta1": os.path.join(directory, "mta1.log")}
    return d


def differences(totals, expected):
    """Cells that are not as they should be: (domain, kind, got, wanted)."""
    cells = {(d, k) for t in (totals, expected) for d in t for k in t[d]}
    return [(d, k, totals.get(d, {}).get(k), expected.get(d, {}).get(k)) for d, k in sorted(cells)
            if totals.get(d, {}).get(k) != expected.get(d, {}).get(k)]


class RandomKills(unittest.TestCase):
    def generate(self, directory):
        log, truth = os.path.join(directory, "whole.log"), os.path.join(directory, "truth.json")
        with open(log, "wb") as out:
            subprocess.run([os.path.join(BUILD, "tools/genlog"), "--lines", str(LINES), "--seed", str(SEED),
                            "--start", str(int(time.time()) - 86400), "--domain", DOMAIN, "--truth", truth],
                           check=True, stdout=out)
        return log

    def undisturbed(self, directory, whole):
        os.mkdir(directory)
        d = observer(directory)
        os.link(whole, d.sources["mta1"])
        d.start()
        self.settle(d)
        self.assertEqual(d.stop(), 0)
        return d.totals()

    def settle(self, d):
        """Waits until nothing is left to read, twice a tick apart."""
        seen = [-1]

        def still():
            status = d.status()
            ticks, behind = status["ticks"], sum(s["bytes_behind"] for s in status["sources"])
            if behind:
                seen[0] = -1
            elif seen[0] < 0:
                seen[0] = ticks
            return seen[0] >= 0 and ticks >= seen[0] + 2
        d.wait_for(still, 60, "everything is read")

    def feed(self, log, data, rng, pace, done):
        """Writes in odd pieces, also in the middle of lines, and rotates now and then."""
        at, piece = 0, max(1, len(data) // (KILLS * 4))
        rotations = 0
        while at < len(data):
            end = min(at + rng.randrange(1, 2 * piece), len(data))
            rotate = rng.random() < 0.03
            if rotate:  # whoever writes a log does not rotate it within a line
                end = data.index(b"\n", end - 1) + 1
            log.file.buffer.write(data[at:end])
            log.file.buffer.flush()
            at = end
            if rotate:
                log.rotate()
                rotations += 1
            time.sleep(pace)
        done.append(rotations)

    def test_totals_equal_an_undisturbed_run(self):
        rng = random.Random(SEED)
        with tempfile.TemporaryDirectory(prefix="mxsplit-kill-") as directory:
            whole = self.generate(directory)
            expected = self.undisturbed(os.path.join(directory, "calm"), whole)
            self.assertGreater(sum(expected[DOMAIN].values()), 1000)
            with open(whole, "rb") as f:
                data = f.read()
            os.mkdir(os.path.join(directory, "wild"))
            d = observer(os.path.join(directory, "wild"))
            log, done = Log(d.sources["mta1"]), []
            feeder = threading.Thread(target=self.feed, args=(log, data, rng, 0.02, done))
            feeder.start()
            for _ in range(KILLS):
                d.start(wait=False)
                time.sleep(rng.uniform(0.0, 0.35))
                self.assertIsNone(d.process.poll(), d.log())
                d.kill()
            feeder.join()
            log.close()
            d.start()
            self.settle(d)
            self.assertEqual(d.stop(), 0)
            self.assertEqual(differences(d.totals(), expected), [])
            self.assertGreater(done[0], 3, "the log was hardly rotated")
            print(f"{KILLS} kills, {done[0]} rotations, {LINES} lines: totals equal", flush=True)


def strace_kill(d, n):
    """Starts the daemon so that it is killed when it enters its n-th system call."""
    d.wrap = ["strace", "-f", "-o", "/dev/null", "-e", f"inject=all:signal=KILL:when={n}"]
    d.start(wait=False)
    d.wrap = []


def strace_end(d):
    """Ends what is left of it. True when it had not been killed."""
    survived = d.process.poll() is None
    subprocess.run(["pkill", "-KILL", "-f", d.config_path], check=False)
    d.kill()
    return survived


def system_calls(d, condition):
    """How many system calls the daemon makes until a condition holds."""
    counts = os.path.join(d.directory, "calls")
    d.wrap = ["strace", "-f", "-o", counts]
    d.start()
    d.wrap = []
    d.wait_for(condition, 30, "the run to be counted is over")
    subprocess.run(["pkill", "-KILL", "-f", d.config_path], check=False)
    d.kill()
    with open(counts, "rb") as f:
        return sum(1 for _ in f)


class EverySystemCall(unittest.TestCase):
    """strace kills the daemon when it enters its n-th system call, for all n of a short run."""

    def points(self, total):
        step = 1 if LONG else max(1, total // POINTS)
        return range(1, total + 1, step)

    def test_ingest(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-syscall-") as directory:
            d = observer(directory)
            log = Log(d.sources["mta1"])
            lines, mails = 0, 0

            def write():
                nonlocal lines, mails
                for _ in range(7):
                    lines += 1
                    log.write(refused(lines))
                mails += 1
                log.write(mail(mails))

            write()
            points = self.points(system_calls(d, lambda: d.status()["ticks"] > 2))
            for n in points:
                write()
                strace_kill(d, n)
                end = time.monotonic() + 4
                while d.process.poll() is None and time.monotonic() < end:
                    time.sleep(0.01)
                strace_end(d)
            d.start()
            d.wait_for(lambda: sum(s["bytes_behind"] for s in d.status()["sources"]) == 0 and
                       d.status()["ticks"] > 2, 20, "everything is read")
            self.assertEqual(d.stop(), 0)
            log.close()
            totals = d.totals()[DOMAIN]
            self.assertEqual(totals["bounce-refused"], lines)
            self.assertEqual(totals["mail-accepted"], mails)
            self.assertEqual(totals["delivered"], mails)
            print(f"ingest: killed at {len(points)} of {points[-1]} system calls: totals equal", flush=True)

    def change(self, order, before, after):
        """An operator's order is stored; the daemon is killed anywhere on the way to its proof."""
        from bind import Bind
        with Bind(zone=DOMAIN, ttl=86400) as dns, \
                tempfile.TemporaryDirectory(prefix="mxsplit-syscall-") as directory:
            d = Daemon(directory, dict(address=dns.address, zone=DOMAIN, key_file=dns.key_file))
            d.settings.update(mode="manual", min_split="0s")
            d.sources = {"mta1": os.path.join(directory, "mta1.log")}
            Log(d.sources["mta1"]).close()
            d.start()
            d.wait_for(lambda: d.domain()["shown"] is not None, 20, "the zone is known")
            if order == "normal":
                self.order(d, "split")
                d.wait_state("split", 20)
            d.stop()
            self.store_order(d, order)
            kept = os.path.join(directory, "kept")
            os.mkdir(kept)
            for name in os.listdir(directory):
                if name.startswith("mxsplit.db"):
                    shutil.copy2(os.path.join(directory, name), kept)
            goal = "split" if order == "split" else "normal"

            def reached():
                return dns.mx() == after and d.domain()["state"] == goal and not d.domain()["sent"]

            def again():
                for name in os.listdir(directory):
                    if name.startswith("mxsplit.db"):
                        os.unlink(os.path.join(directory, name))
                for name in os.listdir(kept):
                    shutil.copy2(os.path.join(kept, name), directory)
                dns.set_mx(*before)

            again()
            points = self.points(system_calls(d, reached))
            for n in points:
                again()
                strace_kill(d, n)
                end = time.monotonic() + 5
                while d.process.poll() is None and time.monotonic() < end:
                    time.sleep(0.01)
                strace_end(d)
                self.assertIn(dns.mx(), (before, after), f"killed at system call {n}")
                d.start()
                d.wait_for(reached, 30, f"it goes on after a kill at system call {n}")
                self.assertEqual(d.stop(), 0)
            print(f"{order}: killed at {len(points)} of {points[-1]} system calls: "
                  "the zone showed one of the two sets, and the change was finished", flush=True)

    def order(self, d, order):
        code, body = d.request("PUT", f"/v1/domains/{DOMAIN}/override",
                               {"mode": order, "for": "1d", "reason": "a test", "by": "anna"})
        self.assertIn(code, (200, 204), body)

    def store_order(self, d, order):
        """Leaves an order in the database of a daemon that is not running."""
        now = int(time.time())
        with sqlite3.connect(d.database) as db:
            db.execute("DELETE FROM overrides")
            db.execute("INSERT INTO overrides (domain, word, since, expires, by, reason) "
                       "VALUES (?, ?, ?, ?, 'anna', 'a test')", (DOMAIN, order, now, now + 86400))
        db.close()

    def test_split(self):
        self.change("split", (86400, NORMAL), (2, SPLIT))

    def test_restore(self):
        self.change("normal", (2, SPLIT), (86400, NORMAL))


if __name__ == "__main__":
    unittest.main()
