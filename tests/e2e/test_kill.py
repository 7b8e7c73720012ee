"""Exactly once: the daemon is killed with SIGKILL at random instants while it ingests a log that is
rotated meanwhile, and at every system call of a short run; the totals are those of an undisturbed run.
"""
import calendar
import concurrent.futures
import glob
import os
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from bind import Bind
from daemon import BUILD, DOMAIN, Daemon, Log, mail, refused

LONG = bool(os.environ.get("LONG"))
LINES = 200_000
IMPORT_LINES = 2_000_000  # several transactions
IMPORT_ROUNDS = 50 if LONG else 5
JOURNAL_LINES = 100_000 if LONG else 20_000
KILLS = 1000 if LONG else 100
POINTS = 15  # system calls at which a run is killed; with LONG at every one
TIMES = 20 if LONG else 1  # at each that reads or writes, from the first question to the name server on
IO = ("connect", "sendto", "recvfrom", "pread64", "pwrite64", "fdatasync", "ftruncate", "openat", "write")
NORMAL = [(10, f"mta1.{DOMAIN}."), (20, f"mta2.{DOMAIN}.")]
SPLIT = [(20, f"mta2.{DOMAIN}.")]
WORKERS = 4 if LONG else 2
REMOTE = "/lib/systemd/systemd-journal-remote"
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


def generate(directory, lines, *more):
    log, truth = os.path.join(directory, "whole.log"), os.path.join(directory, "truth.json")
    with open(log, "wb") as out:
        subprocess.run([os.path.join(BUILD, "tools/genlog"), "--lines", str(lines), "--seed", str(SEED),
                        "--start", str(int(time.time()) - 86400), "--domain", DOMAIN, "--truth", truth, *more],
                       check=True, stdout=out)
    return log


def settle(d):
    """Waits until nothing is left to read, twice a tick apart."""
    seen = [-1, -1]

    def still():
        status = d.status()
        ticks, read = status["ticks"], sum(s["lines"] for s in status["sources"])
        if sum(s["bytes_behind"] for s in status["sources"]) or read != seen[1]:
            seen[:] = -1, read
        elif seen[0] < 0:
            seen[0] = ticks
        return seen[0] >= 0 and ticks >= seen[0] + 2
    d.wait_for(still, 60, "everything is read")


class RandomKills(unittest.TestCase):
    def undisturbed(self, directory, whole):
        os.mkdir(directory)
        d = observer(directory)
        os.link(whole, d.sources["mta1"])
        d.start()
        settle(d)
        self.assertEqual(d.stop(), 0)
        return d.totals()

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
            whole = generate(directory, LINES)
            expected = self.undisturbed(os.path.join(directory, "calm"), whole)
            self.assertGreater(sum(expected[DOMAIN].values()), 1000)
            with open(whole, "rb") as f:
                data = f.read()
            os.mkdir(os.path.join(directory, "wild"))
            d = observer(os.path.join(directory, "wild"))
            log, done = Log(d.sources["mta1"]), []
            feeder = threading.Thread(target=self.feed, args=(log, data, random.Random(SEED + 1), 0.02,
                                                              done))
            feeder.start()
            d.start()  # what is rotated away before a file was ever read is history, and that is not asked for here
            d.wait_for(lambda: d.status()["sources"][0]["lines"] > 0 and d.status()["ticks"] > 2, 30, "it has begun to read")
            d.kill()
            for _ in range(KILLS):
                d.start(wait=False)
                time.sleep(rng.uniform(0.0, 0.35))
                self.assertIsNone(d.process.poll(), d.log())
                d.kill()
            feeder.join()
            log.close()
            d.start()
            settle(d)
            self.assertEqual(d.stop(), 0)
            self.assertEqual(differences(d.totals(), expected), [])
            self.assertGreater(done[0], 0, "the log was hardly rotated")
            print(f"{KILLS} kills, {done[0]} rotations, {LINES} lines: totals equal", flush=True)


class JournalKills(unittest.TestCase):
    """The same with the journal: systemd-journal-remote writes it while the daemon is killed."""

    def entries(self, whole):
        out, year = [], time.gmtime(time.time() - 86400).tm_year  # when the recording begins
        with open(whole, "rb") as f:
            for n, line in enumerate(f):
                found = re.match(rb"(\w{3} +\d+ \S+) (\S+) ([^\[:]+)(?:\[(\d+)\])?: (.*)\n", line, re.S)
                when, host, tag, pid, message = found.groups()
                at = calendar.timegm(time.strptime(f"{year} {when.decode()}", "%Y %b %d %H:%M:%S")) * 1000000 + n
                entry = [b"__REALTIME_TIMESTAMP=%d" % at, b"__MONOTONIC_TIMESTAMP=%d" % (n + 1),
                         b"_BOOT_ID=0f0f0f0f0f0f4f0f8f0f0f0f0f0f0f0f", b"SYSLOG_FACILITY=2",
                         b"SYSLOG_IDENTIFIER=" + tag, b"SYSLOG_PID=" + (pid or b"1"), b"_HOSTNAME=" + host,
                         b"MESSAGE\n" + len(message).to_bytes(8, "little") + message]
                out.append(b"\n".join(entry) + b"\n\n")
        return out

    def feed(self, path, entries, pace, done):
        with subprocess.Popen([REMOTE, "-o", path, "--split-mode=none", "-"], stdin=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as remote:
            for at in range(0, len(entries), 100):
                remote.stdin.write(b"".join(entries[at:at + 100]))
                remote.stdin.flush()
                time.sleep(pace)
            remote.stdin.close()
            done.append(remote.wait(60))

    def journal_observer(self, directory):
        d = observer(directory)
        d.sources = {"mta1": os.path.join(directory, "mta1.journal")}
        d.way = "journal"
        return d

    def test_totals_equal_the_file(self):
        rng, kills = random.Random(SEED), KILLS // 2
        with tempfile.TemporaryDirectory(prefix="mxsplit-kill-") as directory:
            whole = generate(directory, JOURNAL_LINES, "--plain", "--with", "hostile")  # no line without a tag
            calm = os.path.join(directory, "calm")
            os.mkdir(calm)
            d = observer(calm)
            os.link(whole, d.sources["mta1"])
            d.start()
            settle(d)
            self.assertEqual(d.stop(), 0)
            expected = d.totals()
            wild = os.path.join(directory, "wild")
            os.mkdir(wild)
            d, done, entries = self.journal_observer(wild), [], self.entries(whole)
            feeder = threading.Thread(target=self.feed, args=(d.sources["mta1"], entries,
                                                              kills * 0.2 * 100 / len(entries), done))
            feeder.start()
            for _ in range(kills):
                d.start(wait=False)
                time.sleep(rng.uniform(0.0, 0.35))
                self.assertIsNone(d.process.poll(), d.log())
                d.kill()
            feeder.join()
            self.assertEqual(done, [0])
            d.start()
            settle(d)
            self.assertEqual([e["text"] for e in d.events() if "lost" in e["text"]], [])
            self.assertEqual(d.stop(), 0)
            self.assertEqual(differences(d.totals(), expected), [])
            print(f"{kills} kills, {len(entries)} entries of a journal: totals equal", flush=True)


class ImportKills(unittest.TestCase):
    """mxsplitctl import is killed at random instants and started again until it is done."""

    def run_import(self, database, log):
        return subprocess.Popen([os.path.join(BUILD, "mxsplitctl"), "import", "--db", database, log],
                                stdout=subprocess.PIPE, text=True)

    def totals(self, database):
        return subprocess.run([os.path.join(BUILD, "mxsplitctl"), "totals", "--db", database], check=True,
                              capture_output=True, text=True).stdout

    def test_totals_equal_an_undisturbed_import(self):
        rng = random.Random(SEED)
        with tempfile.TemporaryDirectory(prefix="mxsplit-kill-") as directory:
            log = generate(directory, IMPORT_LINES)
            calm, wild = os.path.join(directory, "calm.db"), os.path.join(directory, "wild.db")
            begun = time.monotonic()
            self.assertIn(" lines", self.run_import(calm, log).communicate()[0])
            whole, kills, gone_on = time.monotonic() - begun, 0, 0
            for done in range(20 * IMPORT_ROUNDS):
                if done >= IMPORT_ROUNDS and gone_on:
                    break
                said, patience = "", whole
                while not said:
                    patience *= 1.1  # the machine may be busier than it was
                    with self.run_import(wild, log) as process:
                        try:
                            said = process.communicate(timeout=rng.uniform(0.1, 0.9) * patience)[0]
                            self.assertEqual(process.returncode, 0)
                        except subprocess.TimeoutExpired:
                            process.kill()
                            kills += 1
                            self.assertLess(kills, 100 * IMPORT_ROUNDS)
                gone_on += "behind what was imported before" in said
                self.assertEqual(self.totals(wild), self.totals(calm))
                for path in glob.glob(wild + "*"):
                    os.unlink(path)
            self.assertGreater(gone_on, 0, "no kill came behind a first transaction")
            print(f"import: {kills} kills, {gone_on} gone on with: totals equal", flush=True)


def strace_kill(d, call):
    """Starts the daemon so that it is killed when it enters this system call."""
    name, n = call
    d.wrap = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-e",
              f"inject={name}:signal=KILL:when={n}"]
    d.start(wait=False)
    d.wrap = []


def strace_end(d):
    """Ends what is left of it. True when it had not been killed."""
    survived = d.process.poll() is None
    subprocess.run(["pkill", "-KILL", "-f", d.config_path], check=False)
    d.kill()
    return survived


def system_calls(d, condition):
    """The system calls that the daemon's main thread makes until a condition holds, in their order:
    (name, how many of this name it is), as strace counts them. The condition does not ask the daemon,
    whose calls would then be other ones."""
    trace = os.path.join(d.directory, "calls")
    d.wrap = ["strace", "-f", "-o", trace]
    d.start(wait=False)
    d.wrap = []
    d.wait_for(condition, 30, "the run to be counted is over")
    time.sleep(0.3)
    subprocess.run(["pkill", "-KILL", "-f", d.config_path], check=False)
    d.kill()
    calls, seen, main = [], {}, None
    with open(trace, errors="replace") as f:
        for line in f:
            found = re.match(r"(\d+) +(\w+)\(", line)
            if not found:
                continue
            main = main or found.group(1)
            if found.group(1) == main:
                name = found.group(2)
                seen[name] = seen.get(name, 0) + 1
                calls.append((name, seen[name]))
    return calls


def over(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def sample(calls):
    """All of them, or some from the part after the loader's work."""
    if LONG:
        return calls
    late = calls[len(calls) // 3:]
    return late[::max(1, len(late) // POINTS)]


def steps(calls):
    """What reads or writes, from the first question to the name server on."""
    first = next(i for i, call in enumerate(calls) if call[0] == "sendto")
    return [call for call in calls[first:] if call[0] in IO]


class Change:
    """A zone that shows one set, and a daemon whose database holds an order for the other."""

    def __init__(self, order, before, after):
        self.order, self.before, self.after = order, before, after
        self.goal = "split" if order == "split" else "normal"

    def __enter__(self):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-syscall-")
        self.dns = Bind(zone=DOMAIN, ttl=86400).start()
        self.d = d = Daemon(self.temp.name, dict(address=self.dns.address, zone=DOMAIN,
                                                 key_file=self.dns.key_file))
        d.settings.update(mode="manual", min_split="0s")
        d.sources = {"mta1": os.path.join(d.directory, "mta1.log")}
        Log(d.sources["mta1"]).close()
        d.start()
        d.wait_for(lambda: d.domain()["shown"] is not None, 20, "the zone is known")
        if self.order == "normal":
            code, body = d.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                   {"mode": "split", "for": "1d", "reason": "a test", "by": "anna"})
            assert code in (200, 204), body
            d.wait_state("split", 20)
        d.stop()
        self.store_order()
        self.kept = os.path.join(d.directory, "kept")
        os.mkdir(self.kept)
        self.copy(d.directory, self.kept)
        return self

    def __exit__(self, *_):
        self.d.kill()
        self.dns.close()
        self.temp.cleanup()

    def copy(self, source, target):
        for name in os.listdir(source):
            if name.startswith("mxsplit.db"):
                shutil.copy2(os.path.join(source, name), target)

    def store_order(self):
        """Leaves an order in the database of a daemon that is not running."""
        now = int(time.time())
        db = sqlite3.connect(self.d.database)
        with db:
            db.execute("DELETE FROM overrides")
            db.execute("INSERT INTO overrides (domain, word, since, expires, by, reason) "
                       "VALUES (?, ?, ?, ?, 'anna', 'a test')", (DOMAIN, self.order, now, now + 86400))
        db.close()

    def reached(self):
        domain = self.d.domain()
        return self.dns.mx() == self.after and domain["state"] == self.goal and not domain["sent"]

    def again(self):
        """Database and zone as they were before the order."""
        for name in os.listdir(self.d.directory):
            if name.startswith("mxsplit.db"):
                os.unlink(os.path.join(self.d.directory, name))
        self.copy(self.kept, self.d.directory)
        self.dns.set_mx(*self.before)

    def calls(self):
        self.again()
        return system_calls(self.d, lambda: self.dns.mx() == self.after)

    def kill_at(self, call):
        """False when it got as far as it should without that call (not every run is the same)."""
        self.again()
        strace_kill(self.d, call)
        end = time.monotonic() + 3
        while self.d.process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        survived = strace_end(self.d)
        shown = self.dns.mx()
        assert shown in (self.before, self.after), f"killed at {call}: {shown}"
        self.d.start()
        self.d.wait_for(self.reached, 30, f"it goes on after a kill at {call}")
        assert self.d.stop() == 0
        return not survived


class EverySystemCall(unittest.TestCase):
    """strace kills the daemon when it enters a system call, for all the calls of a short run."""

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
            d.start()  # the database is made
            d.stop()
            write()
            calls = system_calls(d, over(2.2))
            points, killed = sample(calls), 0
            for call in points:
                write()
                strace_kill(d, call)
                end = time.monotonic() + 4
                while d.process.poll() is None and time.monotonic() < end:
                    time.sleep(0.005)
                killed += not strace_end(d)
            d.start()
            d.wait_for(lambda: sum(s["bytes_behind"] for s in d.status()["sources"]) == 0 and
                       d.status()["ticks"] > 2, 20, "everything is read")
            self.assertEqual(d.stop(), 0)
            log.close()
            totals = d.totals()[DOMAIN]
            self.assertEqual(totals["bounce-refused"], lines)
            self.assertEqual(totals["mail-accepted"], mails)
            self.assertEqual(totals["delivered"], mails)
            self.assertGreater(killed, 0.8 * len(points))
            print(f"ingest: killed at {killed} of {len(calls)} system calls: totals equal", flush=True)

    def change(self, order, before, after):
        """An operator's order is stored; the daemon is killed anywhere on the way to its proof."""
        with Change(order, before, after) as change:
            calls = change.calls()
        points = sample(calls) + steps(calls) * (TIMES - 1)

        def share(first):
            with Change(order, before, after) as change:
                return sum(change.kill_at(call) for call in points[first::WORKERS])

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            killed = sum(pool.map(share, range(WORKERS)))
        self.assertGreater(killed, 0.8 * len(points))
        print(f"{order}: {killed} kills at {len(points)} points ({len(calls)} system calls, {len(steps(calls))} of them steps, "
              f"{TIMES} times each): "
              "the zone showed one of the two sets, and the change was finished", flush=True)

    def test_split(self):
        self.change("split", (86400, NORMAL), (2, SPLIT))

    def test_restore(self):
        self.change("normal", (2, SPLIT), (86400, NORMAL))


if __name__ == "__main__":
    unittest.main()
