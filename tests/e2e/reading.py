"""tests/tools/feedtool at work: a reader that is killed at random instants, held down or kept alive while
its log is rotated, and what it was given held against what was written.

Lines carry their numbers. Each must be given once, in order; where some are missing, a gap must have been
told since the last time some were.
"""
import contextlib
import os
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time

from daemon import BUILD

NOBODY = 65534


class Reading:
    """A directory with a log, a reader of it, and somebody who kills that all the time."""

    def __init__(self, way="follow", name="mail.log", seed=1, unprivileged=False, match=()):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-reading-")
        os.chmod(self.temp.name, 0o755)
        self.rng, self.killer_rng = random.Random(seed), random.Random(seed + 1)
        self.logs, state = os.path.join(self.temp.name, "logs"), os.path.join(self.temp.name, "state")
        os.mkdir(self.logs)
        os.mkdir(state)
        self.path = os.path.join(self.logs, name)
        self.database = os.path.join(state, "said.db")
        tool = os.path.join(BUILD, "tools/feedtool")
        self.wrap = []
        if unprivileged and os.geteuid() == 0:  # root is never refused: the reader is somebody else
            tool = shutil.copy(tool, self.temp.name)
            os.chmod(tool, 0o755)
            os.chown(state, NOBODY, NOBODY)
            os.chown(self.logs, NOBODY, NOBODY)
            self.wrap = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        self.command = [*self.wrap, tool, way, self.path if way == "follow" else self.logs, self.database,
                        *match]
        self.process, self.db = None, None
        self.kills = 0
        self.life = 0.015  # seconds, at most
        self.over, self.mine = threading.Event(), threading.RLock()
        self.killer = threading.Thread(target=self.kill_at_random)

    def __enter__(self):
        self.begin()
        self.db = self.connect()
        self.killer.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        if self.killer.is_alive():
            self.killer.join()
        self.end()
        if self.db:
            self.db.close()
        self.temp.cleanup()

    def connect(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(sqlite3.OperationalError):
                db = sqlite3.connect(f"file:{self.database}?mode=rw", uri=True, timeout=10)
                db.execute("SELECT count(*) FROM said, cursor").fetchone()
                return db
            time.sleep(0.01)
        raise AssertionError("the reader does not begin")

    def begin(self):
        self.process = subprocess.Popen(self.command)

    def end(self):
        if self.process:
            if self.process.poll() is not None:
                raise AssertionError(f"feedtool ended with {self.process.returncode}")
            self.process.kill()
            self.process.wait()
            self.kills += 1
        self.process = None

    def kill_at_random(self):
        while not self.over.wait(self.killer_rng.uniform(0, self.life)):
            with self.mine:
                self.end()
                if self.killer_rng.random() < 0.3:
                    time.sleep(self.killer_rng.uniform(0, 0.005))
                self.begin()

    @contextlib.contextmanager
    def down(self):
        with self.mine:
            self.end()
            yield
            self.begin()

    @contextlib.contextmanager
    def up(self):
        with self.mine:
            yield

    def happens(self, condition, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.001)
        return False

    def wait_for(self, condition, what):
        if self.happens(condition, 3):
            return
        with self.mine:  # on a busy machine, and with sanitizers, one that lives for milliseconds may come to nothing
            self.life *= 1.5
            if not self.happens(condition, 30):
                raise AssertionError(f"not within 33 s: {what}; last: " + str(self.said()[-5:]))

    def last(self):
        """The number of the line that was given last."""
        row = self.db.execute("SELECT text FROM said WHERE kind = 'line' ORDER BY id DESC LIMIT 1").fetchone()
        return number(row[0]) if row else -1

    def count(self, kind):
        return self.db.execute("SELECT count(*) FROM said WHERE kind = ?", (kind,)).fetchone()[0]

    def said(self):
        return self.db.execute("SELECT kind, text FROM said ORDER BY id").fetchall()


def number(text):
    found = re.fullmatch(r".* line (\d{8}) of the log", text)
    return int(found.group(1)) if found else None


def judge(said, written, worth=1):
    """What was given against what was written: (missing numbers, gaps told, complaints). A gap that is
    told speaks for so many places where lines are missing."""
    missing, gaps, credit, complaints, last = [], 0, 0, [], -1
    for kind, text in said:
        if kind == "gap":
            gaps, credit = gaps + 1, worth
            continue
        if kind == "error":
            continue
        n = number(text) if kind == "line" else None
        if n is None:
            complaints.append(f"not a line: {kind} {text!r}")
        elif n <= last:
            complaints.append(f"line {n} after line {last}")
        elif n > last + 1:
            missing += range(last + 1, n)
            if credit <= 0:
                complaints.append(f"lines {last + 1} to {n - 1} are missing, and nothing was told")
            credit -= 1
        last = last if n is None else max(n, last)
    if last != written - 1:
        complaints.append(f"the last line is {last}, not {written - 1}")
    return missing, gaps, complaints
