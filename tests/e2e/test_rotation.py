"""F6: a log that is rotated in each way while its reader is killed: each line once, what cannot be
recovered is told as a gap. The mass with tests/tools/feedtool, some with mxsplitd itself, with a generator
of numbered lines and with logrotate. LONG=1: 10,000 rotations. MODES=partial,refused runs only these.
"""
import concurrent.futures
import contextlib
import glob
import gzip
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from daemon import Daemon
from daemon import refused as bounce
from reading import NOBODY, Reading, judge

LONG = bool(os.environ.get("LONG"))
ROUNDS = 1000 if LONG else 12   # rotations of each mode by the generator,
LOGROTATE = 200 if LONG else 4  # and by logrotate
DAEMON_ROUNDS = 40 if LONG else 3
SEED = int(os.environ.get("SEED", "20261125"))
KEPT = 9


class Writer:
    """Numbered lines into a log, and the deeds from which a rotation is made. The one who reads it can be
    held down() and kept up(); settle() waits until it has read all."""

    def __init__(self, windows=True):
        self.written, self.rotations = 0, 0
        self.windows = windows  # write between copy and truncate
        self.lost, self.perhaps = set(), set()  # lines that are gone for sure; that may be
        self.file = None
        self.create()

    def create(self, path=None, mode=0o644):
        if self.file:
            self.file.close()
        self.file = open(path or self.path, "ab", buffering=0)
        os.fchmod(self.file.fileno(), mode)

    def line(self):
        self.written += 1
        return b"2026-11-25T22:36:26 mx1 line %08d of the log\n" % (self.written - 1)

    def write(self, most, least=0):
        """Some lines, their numbers."""
        first = self.written
        for _ in range(self.rng.randint(least, most)):
            self.file.write(self.line())
        return set(range(first, self.written))

    def hold(self):
        """Until the reader that is alive now has the file at hand."""
        self.write(1, 1)
        self.settle()

    def shift(self):
        for n in range(KEPT, 0, -1):
            for end in ("", ".gz", ".zst"):
                if os.path.exists(f"{self.path}.{n}{end}"):
                    os.rename(f"{self.path}.{n}{end}", f"{self.path}.{n + 1}{end}")
        self.rotations += 1

    def rename(self):
        self.shift()
        os.rename(self.path, f"{self.path}.1")

    def chance(self, share):
        return self.rng.random() < share

    def pause(self):
        time.sleep(self.rng.uniform(0, 0.008))


class Rotated(Reading, Writer):
    def __init__(self, seed, unprivileged=False, name="mail.log"):
        Reading.__init__(self, seed=seed, unprivileged=unprivileged, name=name)
        Writer.__init__(self)

    def settle(self):
        self.wait_for(lambda: self.last() == self.written - 1, "all is read")


def rename(r):
    """rename and create; the writer may turn late."""
    r.rename()
    if r.chance(0.5):
        r.write(3)
        r.pause()
    with open(r.path, "ab"):
        pass
    if r.chance(0.5):
        r.write(3)
        r.pause()
    r.create()


def copytruncate(r):
    """Tells itself only by bytes that were read: something of the file must have been."""
    r.write(4, 2)
    r.settle()
    r.write(4)
    if r.chance(0.5):
        r.pause()
        copy_and_truncate(r)
        return
    with r.down():
        copy_and_truncate(r)
        r.write(4)
        if r.chance(0.3):
            copy_and_truncate(r)


def copy_and_truncate(r):
    r.shift()
    shutil.copyfile(r.path, f"{r.path}.1")
    if r.windows and r.chance(0.5):
        r.perhaps |= r.write(3)
    os.truncate(r.path, 0)


def delete(r):
    """deleted and created, with the same inode number where the filesystem gives it again"""
    r.rotations += 1
    if r.chance(0.5):
        with r.up():
            r.hold()
            r.write(4)
            os.unlink(r.path)
            r.pause()
            r.create()
            r.write(9, 1)
            r.settle()
        return
    r.settle()
    with r.down():
        inode = os.stat(r.path).st_ino
        r.lost |= r.write(4)
        r.file.close()
        os.unlink(r.path)
        r.create()
        r.reused = getattr(r, "reused", 0) + (os.stat(r.path).st_ino == inode)
        r.write(9, 1)


def compressed(r):
    """At once, by gzip or zstd: while the reader is up, and so often while it is down that all between the
    place and the log of now is compressed."""
    r.settle()
    if r.chance(0.3):
        with r.up():
            r.hold()
            r.write(4)
            compress(r)
            r.settle()
        return
    with r.down():
        for _ in range(r.rng.randint(1, 3)):
            r.write(60 if r.chance(0.3) else 4)
            compress(r)


def compress(r):
    r.rename()
    r.create()
    packed = f"{r.path}.1.gz" if r.chance(0.7) else f"{r.path}.1.zst"
    status = os.stat(f"{r.path}.1")
    if packed.endswith("gz"):
        with open(f"{r.path}.1", "rb") as f, gzip.open(packed, "wb") as out:
            out.write(f.read())
    else:
        subprocess.run(["zstd", "-q", f"{r.path}.1", "-o", packed], check=True)
    if r.chance(0.7):  # as gzip and zstd do it; by a script of somebody's it may have the time of now
        os.utime(packed, ns=(status.st_atime_ns, status.st_mtime_ns))
    r.write(4, 1)
    os.unlink(f"{r.path}.1")


def stopped(r):
    """The same while the reader is alive, but does not look."""
    r.settle()
    with r.up():
        r.hold()
        r.process.send_signal(signal.SIGSTOP)
        for _ in range(r.rng.randint(2, 3)):
            r.pause()
            r.write(4, 1)
            compress(r)
        r.process.send_signal(signal.SIGCONT)
        r.settle()


def removed(r):
    """While the reader is down its file is removed, and at times the one before it: told as a gap; what was
    compressed after it is read, and nothing that is older."""
    r.write(2, 1)
    r.settle()
    with r.down():
        time.sleep(0.02)  # the filesystem's clock
        r.lost |= r.write(4, 1)
        r.rename()
        r.create()
        os.unlink(f"{r.path}.1")
        for before in glob.glob(f"{r.path}.2*") if r.chance(0.3) else ():
            os.unlink(before)
        time.sleep(0.02)
        for _ in range(r.rng.randint(0, 2)):
            r.write(4, 1)
            compress(r)
        r.write(4, 1)


def twice_down(r):
    with r.down():
        for _ in range(r.rng.randint(2, 3)):
            r.write(4)
            r.rename()
            r.create()
        r.write(4)


def symlink(r):
    """The path is a link to a dated file; another one now, at once or after a moment without."""
    r.rotations += 1
    target = f"{r.path}-{20000000 + r.rotations}"
    if r.rotations == 1:
        os.rename(r.path, f"{r.path}-20000000")
    if r.chance(0.5):
        r.write(3)
    with open(target, "ab"):
        pass
    if r.chance(0.5):
        os.symlink(target, f"{r.path}.new")
        os.replace(f"{r.path}.new", r.path)
    else:
        if os.path.lexists(r.path):
            os.unlink(r.path)
        r.pause()
        os.symlink(target, r.path)
    if r.chance(0.5):
        r.write(3)
    r.create(target)
    old = f"{r.path}-{20000000 + r.rotations - 2 * KEPT}"
    if os.path.exists(old):
        os.unlink(old)


def stamp(r, end="s", most=3):
    """As multilog does it: current is called previous until it has its stamp; lines may come before that."""
    r.rotations += 1
    previous = os.path.join(r.logs, "previous")
    os.rename(r.path, previous)
    if r.chance(0.1):
        r.pause()
    r.create()
    if r.chance(0.3):
        r.write(most)
        r.pause()
    os.link(previous, os.path.join(r.logs, f"@400000006b{r.rotations:014x}.{end}"))
    if r.chance(0.1):
        r.pause()
    os.unlink(previous)


def multilog(r):
    """current gets a stamp, again and again in one look, too; the oldest are removed."""
    with r.down() if r.chance(0.3) else contextlib.nullcontext():
        for _ in range(r.rng.randint(1, 3)):
            r.write(3)
            stamp(r, r.rng.choice("su"))
            if r.chance(0.5):
                r.pause()
        r.write(3)
    for old in sorted(glob.glob(os.path.join(r.logs, "@*")))[:-2 * KEPT]:
        os.unlink(old)


def multilog_removed(r):
    """So often that its file is gone, and more: told as a gap, and all that is left is read."""
    with r.up():
        r.hold()
        r.process.send_signal(signal.SIGSTOP)
        r.write(3)
        for n in range(4):
            stamp(r, most=0)
            written = r.write(3, 1)
            r.lost |= written if n == 0 else set()
        for old in sorted(glob.glob(os.path.join(r.logs, "@*")))[:-2]:  # the one at hand, and the next
            os.unlink(old)
        r.process.send_signal(signal.SIGCONT)
        r.settle()


def partial(r):
    """Half a line at each instant, also when it is rotated away and only then completed."""
    whole = r.line()
    at = r.rng.randrange(1, len(whole))
    r.file.write(whole[:at])
    if r.chance(0.5):
        r.pause()
    r.rename()
    with open(r.path, "ab"):
        pass
    r.pause()
    r.file.write(whole[at:])
    r.create()


def absent(r):
    r.rename()
    r.pause()
    r.write(2)
    r.pause()
    r.create()


def refused(r):
    """EACCES for a while: the new log, or the whole directory."""
    r.rename()
    r.write(2)
    r.create(mode=0)
    if r.chance(0.3):
        os.chmod(r.logs, 0)
    r.write(3, 1)
    if r.chance(0.2):
        errors = r.count("error")
        with r.down():
            pass
        r.wait_for(lambda: r.count("error") > errors, "it is told")
    r.pause()
    os.chmod(r.logs, 0o755)
    r.pause()
    os.chmod(r.path, 0o644)


MODES = [rename, copytruncate, delete, compressed, removed, twice_down, symlink, partial, absent, refused]
GAPLESS = {rename, compressed, stopped, twice_down, symlink, partial, absent, refused, multilog}
STAMPED = [multilog, multilog_removed]  # beside a log whose name is current


class Generator(unittest.TestCase):
    def run_mode(self, mode):
        with Rotated(SEED, unprivileged=mode is refused, name="current" if mode in STAMPED else "mail.log") as r:
            r.write(3, 1)
            r.settle()
            settled = 0
            while r.rotations < ROUNDS:
                r.write(6)
                if r.chance(0.5):
                    r.pause()
                mode(r)
                r.write(2)
                if r.chance(0.3) or r.rotations - settled > KEPT - 6:  # none may fall off the end unread
                    r.write(1, 1)
                    r.settle()
                    settled = r.rotations
            r.write(1, 1)
            r.settle()
            return self.verdict(r, mode.__name__, mode in GAPLESS)

    def verdict(self, r, name, gapless):
        # two copies while the reader was down are told as one
        missing, gaps, complaints = judge(r.said(), r.written, 2 if name == "copytruncate" else 1)
        self.assertEqual(complaints, [], name)
        self.assertEqual(sorted(set(missing) - r.perhaps), sorted(r.lost), f"{name}: lost are those that had to be")
        if gapless:
            self.assertEqual((missing, gaps), ([], 0), name)
        print(f"{name}: {r.rotations} rotations, {r.kills} kills, {r.written} lines, {len(missing)} lost of "
              f"{len(r.lost | r.perhaps)} that could be, {gaps} gaps, {getattr(r, 'reused', 0)} inodes again",
              flush=True)
        return r

    def test_each_line_once(self):
        for mode in [m for m in [*MODES, stopped, *STAMPED] if m.__name__ in os.environ.get('MODES', m.__name__)]:
            with self.subTest(mode=mode.__name__):
                r = self.run_mode(mode)
                if not LONG:
                    continue
                self.assertGreater(r.kills, ROUNDS // 10)


@unittest.skipUnless(shutil.which("multilog"), "no multilog here (package daemontools)")
class Multilog(unittest.TestCase):
    """The real one, with files so small that it turns to a new one all the time."""

    def test_each_line_once(self):
        with Reading(name="current", seed=SEED) as r, subprocess.Popen(["multilog", "s4096", "n20", r.logs], stdin=subprocess.PIPE) as logger:
            written, most = 1, 40000 if LONG else 4000
            logger.stdin.write(b"2026-11-25T22:36:26 mx1 line 00000000 of the log\n")
            logger.stdin.flush()
            r.wait_for(lambda: r.last() == 0, "the first file is at hand")
            while written < most:
                for _ in range(r.rng.randint(1, 200)):
                    logger.stdin.write(b"2026-11-25T22:36:26 mx1 line %08d of the log\n" % written)
                    written += 1
                logger.stdin.flush()
                if r.rng.random() < 0.5:
                    time.sleep(r.rng.uniform(0, 0.02))
                else:
                    r.wait_for(lambda: r.last() == written - 1, "all is read")
                r.wait_for(lambda: r.last() > written - 400, "it is not too far behind")  # 20 files hold 960
            r.wait_for(lambda: r.last() == written - 1, "all is read")
            logger.stdin.close()
            self.assertGreater(len(glob.glob(os.path.join(r.logs, "@*.s"))), 10)
            self.assertEqual(judge(r.said(), written), ([], 0, []))
            print(f"multilog itself: {written} lines, {r.kills} kills", flush=True)

    def test_what_a_processor_makes_is_not_read(self):
        with Reading(name="current", seed=SEED) as r, r.up(), \
                subprocess.Popen(["multilog", "!sed s/mx1/mx2/", "s4096", "n20", r.logs], stdin=subprocess.PIPE) as logger:
            for written in range(1, 1001):
                logger.stdin.write(b"2026-11-25T22:36:26 mx1 line %08d of the log\n" % (written - 1))
                if written % 40 == 0:
                    logger.stdin.flush()
                    r.wait_for(lambda: r.last() == written - 1, "all is read")
            logger.stdin.close()
            missing, _, complaints = judge(r.said(), written)  # the first, and a slow one, are told as a gap
            self.assertEqual((missing, complaints), ([], []))
            self.assertGreater(len(glob.glob(os.path.join(r.logs, "@*.s"))), 9)


FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), "")  # each rotation has its day
LOGROTATE_MODES = {
    "create": "create 0644\nrotate 9",
    "copytruncate": "copytruncate\nrotate 9",
    "dateext": "create 0644\nrotate 9\ndateext",
    "delaycompress": "create 0644\nrotate 9\ncompress\ndelaycompress",
    "compress": "create 0644\nrotate 9\ncompress",
}


class Logrotate(Generator):
    """The same by logrotate itself, each time with -f."""
    test_each_line_once = None

    def logrotate(self, r):
        r.rotations += 1
        day = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(946728000 + 86400 * r.rotations))
        env = dict(os.environ, LD_PRELOAD=FAKETIME, FAKETIME=day, FAKETIME_DISABLE_SHM="1")
        subprocess.run(["/usr/sbin/logrotate", "-f", "-s", f"{r.temp.name}/logrotate.state",
                        f"{r.temp.name}/logrotate.conf"], check=True, env=env)

    def beside(self, r):
        """While somebody writes, as MTAs do; the numbers of what was written meanwhile."""
        first, over = r.written, threading.Event()

        def write():
            while not over.wait(0.001):
                r.file.write(r.line())
        writer = threading.Thread(target=write)
        writer.start()
        self.logrotate(r)
        over.set()
        writer.join()
        return set(range(first, r.written))

    def rotate(self, r, mode):
        if mode == "copytruncate":
            r.write(4, 2)
            r.settle()
            r.perhaps |= self.beside(r)
        elif mode == "compress":
            r.settle()
            with r.up() if r.chance(0.3) else r.down():
                for _ in range(r.rng.randint(1, 3)):
                    r.write(4)
                    self.logrotate(r)
                    r.create()
                    r.write(1, 1)
        elif mode == "delaycompress":  # one rotation may be missed, not two
            self.beside(r)
            r.create()
            r.write(1, 1)
            r.settle()
        else:
            self.beside(r)
            r.create()

    def run_logrotate(self, mode):
        with Rotated(SEED) as r:
            with open(f"{r.temp.name}/logrotate.conf", "w") as f:
                f.write(f"{r.path} {{\n{LOGROTATE_MODES[mode]}\nmissingok\n}}\n")
            os.chmod(f.name, 0o644)
            r.write(3, 1)
            r.settle()
            while r.rotations < LOGROTATE:
                r.write(6)
                self.rotate(r, mode)
                r.write(3, 1)
                if r.chance(0.3):
                    r.settle()
            r.settle()
            self.verdict(r, f"logrotate {mode}", mode in ("create", "dateext", "delaycompress", "compress"))

    def test_logrotate(self):
        for mode in LOGROTATE_MODES:
            with self.subTest(mode=mode):
                self.run_logrotate(mode)


class Ruled(Writer):
    """The same read by mxsplitd; each line is a bounce."""

    def __init__(self, directory, seed, unprivileged):
        self.rng, self.killer_rng = random.Random(seed), random.Random(seed + 1)
        self.daemon = d = Daemon(directory)
        d.settings["mode"] = "observe"
        self.logs = os.path.join(directory, "logs")
        self.path = os.path.join(self.logs, "mta1.log")
        d.sources = {"mta1": self.path}
        os.mkdir(self.logs)
        if unprivileged and os.geteuid() == 0:
            for path in (directory, self.logs, d.dummy_key()):
                os.chown(path, NOBODY, NOBODY)
            d.wrap = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        super().__init__(windows=False)
        self.kills, self.mine, self.over = 0, threading.Lock(), threading.Event()
        self.killer = threading.Thread(target=self.kill_at_random)

    def __enter__(self):
        self.daemon.start()
        self.killer.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.killer.join()
        self.daemon.kill()

    def line(self):
        self.written += 1
        return bounce(self.written).encode()

    def kill_at_random(self):
        while not self.over.wait(self.killer_rng.uniform(0, 3)):
            with self.down():
                pass

    @contextlib.contextmanager
    def down(self):
        with self.mine:
            self.daemon.kill()
            self.kills += 1
            yield
            self.daemon.start(wait=False)

    @contextlib.contextmanager
    def up(self):
        with self.mine:
            yield

    def wait_for(self, condition, what):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(f"not within 60 s: {what}\n{self.daemon.log()}")

    def rows(self, query):
        with contextlib.closing(sqlite3.connect(f"file:{self.daemon.database}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(query).fetchone()[0] or 0

    def counted(self):
        return self.rows("SELECT sum(count) FROM count_minutes")

    def count(self, _):
        return self.rows("SELECT count(*) FROM journal WHERE text LIKE '%cannot be read%'")

    def settle(self):
        self.wait_for(lambda: self.counted() >= self.written - len(self.lost), "all is counted")


class WithTheDaemon(unittest.TestCase):
    def run_mode(self, mode, seed):
        with tempfile.TemporaryDirectory(prefix="mxsplit-rotation-") as directory, \
                Ruled(directory, seed, mode is refused) as r:
            r.write(3, 1)
            r.settle()
            while r.rotations < DAEMON_ROUNDS:
                r.write(6)
                mode(r)
                r.write(2)
                if r.rotations % 3 == 0:
                    r.settle()
            r.write(1, 1)
            r.settle()
            with r.up():
                r.daemon.wait_for(lambda: r.daemon.status() is not None, 20, "it answers")
                ticks = r.daemon.status()["ticks"]
                r.daemon.wait_for(lambda: r.daemon.status()["ticks"] > ticks + 1, 20, "two ticks more")
                self.assertEqual(r.counted(), r.written - len(r.lost), mode.__name__)
                told = sum("lost" in e["text"] for e in r.daemon.events())
                if mode in GAPLESS:
                    self.assertEqual((told, r.lost), (0, set()), mode.__name__)
                if r.lost:
                    self.assertGreater(told, 0, mode.__name__)
            return (f"mxsplitd, {mode.__name__}: {r.rotations} rotations, {r.kills} kills, {r.written} lines, "
                    f"{len(r.lost)} lost that had to be, {told} gaps told")

    def test_each_line_is_counted_once(self):
        with concurrent.futures.ThreadPoolExecutor(len(MODES)) as pool:
            for said in [pool.submit(self.run_mode, mode, SEED + n) for n, mode in enumerate(MODES)]:
                print(said.result(), flush=True)


if __name__ == "__main__":
    unittest.main()
