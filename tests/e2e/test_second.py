"""F29: the program's reading of Postfix's logs against another's (second_postfix.py), kind by kind and domain
by domain: over the recordings, over logs of the generator, and over both with lines that were damaged.
LONG=1: more and larger ones.
"""
import glob
import json
import os
import random
import subprocess
import tempfile
import unittest

import second_postfix
from daemon import BUILD, ROOT, program
from test_cells import SETS, YEARS
from test_hostile import TEXTS

LONG = bool(os.environ.get("LONG"))
SEEDS = range(1, 11 if LONG else 2)
SIZE = "2M" if LONG else "150K"
DAMAGES = 200 if LONG else 4  # damaged copies of each recording
RECORDINGS = sorted(glob.glob(os.path.join(ROOT, "tests/samples/postfix/*.log")))


def damaged(lines, rng):
    """The lines, some of them cut, joined, doubled, or with a stranger's text somewhere."""
    out = []
    for line in lines:
        at, how = rng.randrange(len(line) + 1), rng.randrange(60)
        text = rng.choice(TEXTS).encode().replace(b"\n", b"")
        if how == 0:
            line = line[:at]
        elif how == 1:
            line = line[:at] + text + line[at:]
        elif how == 2:
            line += b" " + text
        elif how == 3:
            line = line[:at] + rng.choice(lines)[at:]
        elif how == 4:
            out.append(line)
        elif how == 5:
            line = line[:at] + bytes([rng.choice(b'<>"\\;: ,@[]=\xff')]) + line[at + 1:]
        out.append(line)
    return out


class SecondReader(unittest.TestCase):
    maxDiff = None

    def same(self, path, year="2026"):
        done = subprocess.run([program("mxsplitctl"), "classify", "--format", "postfix", "--summary", "--year", year,
                               path], capture_output=True, timeout=120, check=True)
        theirs, ours = json.loads(done.stdout), second_postfix.summary_of(path)
        cells = []
        for summary in (theirs, ours):
            cells.append({(domain, kind): count for domain, kinds in [(None, summary["kinds"]),
                          *summary["domains"].items()] for kind, count in kinds.items()
                          if count and kind in second_postfix.KINDS})
        told = [f"{where}: {cells[0].get(where, 0)} by the program, {cells[1].get(where, 0)} by the second reader"
                for where in sorted(cells[0].keys() | cells[1].keys(), key=str)
                if cells[0].get(where) != cells[1].get(where)]
        self.assertEqual(told, [], "\n".join(told))
        return sum(theirs["kinds"].values())

    def test_recordings(self):
        self.assertGreaterEqual(len(RECORDINGS), 5)
        for path in RECORDINGS:
            with self.subTest(path):
                self.assertGreater(self.same(path), 100)

    def test_generated(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-second-") as directory:
            log = os.path.join(directory, "log")
            for name, options in SETS.items():
                for seed in SEEDS:
                    subprocess.run([os.path.join(BUILD, "tools/genlog"), "--size", SIZE, "--seed", str(seed),
                                    *options, "--out", log], check=True)
                    with self.subTest(name, seed=seed):
                        self.assertGreater(self.same(log, YEARS.get(name, "2026")), 50)

    def test_damaged(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-second-") as directory:
            log = os.path.join(directory, "log")
            for path in RECORDINGS:
                with open(path, "rb") as f:
                    lines = f.read().splitlines()
                for seed in range(DAMAGES):
                    with open(log, "wb") as f:
                        f.write(b"\n".join(damaged(lines, random.Random(seed))) + b"\n")
                    with self.subTest(path, seed=seed):
                        self.same(log)


if __name__ == "__main__":
    unittest.main()
