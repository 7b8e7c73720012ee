"""Logs of the generator, one for each set of its options and several seeds: every cell of minute,
domain and kind that is read in the daemon's way is as the generator's truth has it.
"""
import os
import subprocess
import tempfile
import unittest

from daemon import BUILD

LONG = bool(os.environ.get("LONG"))

SEEDS = range(1, 41 if LONG else 5)
SIZE = "8M" if LONG else "700K"
HOSTS = ["--host", "mx1", "--host", "mx2.example.jp", "--host", "192.0.2.25"]
SETS = {
    "ordinary": [],
    "plain": ["--plain"],
    "hostile": ["--with", "hostile"],
    "utf8": ["--with", "utf8=50"],
    "content filter, by message-id": ["--with", "filter", "--with", "xforward=0"],
    "content filter, orig_queue_id=": ["--with", "filter", "--with", "xforward"],
    "content filters, mixed and retried": ["--with", "filter=50", "--with", "xforward=50", "--with", "retries=30"],
    "content filter, a message for each recipient, by message-id":
        ["--with", "filter", "--with", "xforward=0", "--with", "several=60", "--with", "each", "--domains", "40"],
    "content filter, a message for each recipient, orig_queue_id=":
        ["--with", "filter", "--with", "xforward", "--with", "several=60", "--with", "each", "--domains", "40"],
    "proxy in front": ["--with", "proxy"],
    "submission": ["--with", "submission=60"],
    "postscreen": ["--with", "postscreen=60"],
    "abandoned ids": ["--with", "abandoned=40"],
    "repeated": ["--with", "repeated=60"],
    "lost lines": ["--with", "gaps=60"],
    "pressure": ["--with", "pressure=40"],
    "strangers' domains": ["--with", "strangers", "--bounces", "600"],
    "retries": ["--with", "retries=60"],
    "several recipients": ["--with", "several", "--domains", "40"],
    "seasons, a week": ["--with", "seasons", "--mail", "2", "--bounces", "2"],
    "surge": ["--surge", "2m:3000:5m"],
    "hosts and instances": [*HOSTS, "--instances", "4"],
    "rfc3339": ["--stamp", "rfc3339"],
    "stamps of two kinds": ["--stamp", "by-host", *HOSTS],
    "short ids": ["--ids", "short"],
    "long ids": ["--ids", "long"],
    "over the new year": ["--start", "1798761300"],
    "over a leap day": ["--start", "1835395000"],
    "everything": ["--with", "hostile=30", "--with", "utf8=20", "--with", "filter=40", "--with", "xforward=50",
                   "--with", "each=50", "--with", "proxy=20", "--with", "repeated=20", "--with", "gaps=10", "--with", "strangers=50",
                   "--with", "retries=20", "--with", "abandoned=5", "--with", "seasons=50", "--domains", "60",
                   "--surge", "1m:900:3m", "--stamp", "by-host", "--instances", "3", *HOSTS],
}
YEARS = {"over a leap day": "2028"}


class Cells(unittest.TestCase):
    def generate(self, directory, seed, options):
        log, truth = os.path.join(directory, "log"), os.path.join(directory, "truth.tsv")
        subprocess.run([os.path.join(BUILD, "tools/genlog"), "--size", SIZE, "--seed", str(seed), *options,
                        "--out", log, "--cells", truth], check=True)
        return log, truth

    def cells(self, log, truth, year="2026", domain="example.jp"):
        return subprocess.run([os.path.join(BUILD, "tools/cells"), "--year", year, "--domain", domain, log, truth],
                              capture_output=True, text=True)

    def test_every_set_of_options(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-cells-") as directory:
            for name, options in SETS.items():
                for seed in SEEDS:
                    with self.subTest(options=name, seed=seed):
                        log, truth = self.generate(directory, seed, options)
                        said = self.cells(log, truth, YEARS.get(name, "2026"))
                        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
                        self.assertIn(" 0 broken, 0 ids dropped", said.stdout)
                        self.assertNotIn(" 0 cells", said.stdout)

    def test_the_default_domain_does_not_matter(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-cells-") as directory:
            log, truth = self.generate(directory, 9, SETS["everything"])
            for domain in ("", "d2.example.jp", "another.example"):
                said = self.cells(log, truth, domain=domain)
                self.assertEqual(said.returncode, 0, said.stdout + said.stderr)

    def test_the_same_seed_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-cells-") as directory:
            first = [open(path, "rb").read() for path in self.generate(directory, 5, SETS["everything"])]
            again = [open(path, "rb").read() for path in self.generate(directory, 5, SETS["everything"])]
            other = [open(path, "rb").read() for path in self.generate(directory, 6, SETS["everything"])]
            self.assertEqual(first, again)
            self.assertNotEqual(first[0], other[0])

    def test_one_line_less_is_seen(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-cells-") as directory:
            log, truth = self.generate(directory, 3, [])
            lines = open(log, "rb").read().splitlines(keepends=True)
            lost = next(i for i, line in enumerate(lines) if b" reject: RCPT from " in line)
            with open(log, "wb") as file:
                file.writelines(lines[:lost] + lines[lost + 1:])
            said = self.cells(log, truth)
            self.assertEqual(said.returncode, 1, said.stdout)
            self.assertIn("wrong cells 1", said.stdout)


if __name__ == "__main__":
    unittest.main()
