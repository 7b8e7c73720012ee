"""A backlog is read a slice a turn: requests are answered within a pass, no source waits for another one's backlog, and whatever
comes between two slices (a kill, a reload, a stop) costs no line and counts none twice.
"""
import contextlib
import json
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest

from daemon import BUILD, DOMAIN, Daemon, UnixConnection, refused

LINES = 1_200_000
BYTES = 128 << 20  # of them, at least: several passes
FEW = 50          # lines of the other source
ROUNDS = 12


def backlog(directory):
    """A daemon with a backlog in its first source and a few lines in its second."""
    d = Daemon(directory)
    d.settings["mode"] = "observe"
    with open(d.sources["mta1"], "wb") as out:
        subprocess.run([os.path.join(BUILD, "tools/genlog"), "--lines", str(LINES), "--seed", "11", "--start",
                        str(int(time.time()) - 86400), "--domain", DOMAIN], check=True, stdout=out)
    with open(d.sources["mta2"], "w") as out:
        out.write("".join(refused(n) for n in range(FEW)))
    return d


def start(daemon):
    """Starts it, and is back as soon as it answers."""
    daemon.start(wait=False)
    while daemon.status() is None:
        if daemon.process.poll() is not None:
            raise AssertionError(daemon.log())
        time.sleep(0.001)


def answers(daemon):
    """Answers on one connection, as fast as they come: (ticks, bytes behind in mta1, lines of mta2)."""
    with contextlib.closing(UnixConnection(daemon.socket)) as connection:
        while True:
            connection.request("GET", "/v1/status")
            status = json.loads(connection.getresponse().read())
            sources = {s["name"]: s for s in status["sources"]}
            yield status["ticks"], sources["mta1-log"]["bytes_behind"], sources["mta2-log"]["lines"]


def through(daemon):
    """Reads on to the end. How many answers each pass had while there was a backlog, and how far behind it was when the other
    source was read."""
    count, behind_others = {}, None
    for ticks, behind, others in answers(daemon):
        if others == FEW and behind_others is None:
            behind_others = behind
        if not behind:
            return count, behind_others
        count[ticks] = count.get(ticks, 0) + 1


class Turns(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="mxsplit-turns-")
        self.addCleanup(directory.cleanup)
        self.d = backlog(directory.name)
        self.addCleanup(self.d.kill)
        self.assertGreater(os.path.getsize(self.d.sources["mta1"]), BYTES)

    def test_disturbed_between_slices(self):
        d, rng = self.d, random.Random(7)
        start(d)
        count, behind_others = through(d)
        self.assertGreater(max(count.values(), default=0), 3, f"answers of each pass: {count}")
        self.assertGreater(behind_others, 0, "the backlog was read first")
        self.assertEqual(d.stop(), 0)
        expected = d.totals()
        self.assertGreater(sum(expected[DOMAIN].values()), 1000)
        for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
            os.remove(d.database)
            amid = 0
            for n in range(ROUNDS):
                if not d.process:
                    start(d)
                time.sleep(rng.uniform(0, 0.05) if n else 0)
                amid += next(answers(d))[1] > 0
                d.process.send_signal(how)
                if how != signal.SIGHUP:
                    d.reap()
            if not d.process:
                start(d)
            through(d)
            self.assertEqual(d.stop(), 0)
            self.assertGreater(amid, 0, f"{how.name} never came while there was a backlog")
            self.assertEqual(d.totals(), expected, how.name)


if __name__ == "__main__":
    unittest.main()
