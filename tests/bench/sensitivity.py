"""What each constant of the detector moves: half of it and double, on tuning streams, counts alone.

sensitivity.py --bin BUILD [--only NAME,...] [--mixed N] [--years N]; prints a table in Markdown.
"""
import argparse
import math
import os
import re
import subprocess
import tempfile

from detect import Bench, Score

FILES = ("learn.h", "detect.h", "detect.c", "detect_judge.c", "burst.c", "season.h", "season.c", "spread.c")
OBJECTS = ("detect", "detect_judge", "evidence", "season", "spread", "cusum", "burst", "recent", "detect_show")
TUNING_SEED = 1000
# units, indices, guards against numbers that no log has, and what only evidence or the display uses
NOT_TRIED = {"HOUR", "DAY", "YEAR", "WEEK", "DETECT_VERSION", "DETECT_SCALES", "DETECT_PERIOD_MOST", "BURST_SCALE",
             "SEASON_HOURS", "COUNT_MOST", "SAID", "BAND", "ADOPT_MOST", "NATS_AN_E", "CREDIT_FOR",
             "GAP_CLEARS"}
DEFINE = re.compile(r"^#define (\w+)[ \t]+(?:\\\n\s*)?([^\n]*?)[ \t]*(?=/\*|\n)", re.M)
SCALE = re.compile(r"\{ ([0-9.]+), (\d) \}")


def constants(sources):
    """(name, file, text, text for a factor) of what is tried."""
    for name in FILES:
        for found in DEFINE.finditer(sources[name]):
            if found[1] not in NOT_TRIED and found[2]:
                yield found[1], name, found[0], lambda by, f=found: f"#define {f[1]} (({f[2]}) * {by}) "
    for i, found in enumerate(SCALE.finditer(sources["detect.c"])):
        # a ratio of 1 is no surge: what is above 1 is varied
        yield (f"ratio {i + 1}", "detect.c", found[0],
               lambda by, f=found: f"{{ 1 + ({f[1]} - 1) * {by}, {f[2]} }}")
    for rule in ("least_excess", "quiet_seconds", "prior_rate"):
        found = re.search(rf"\.{rule} = ([^,]*),", sources["detect.c"])
        yield rule, "detect.c", found[0], lambda by, f=found, r=rule: f".{r} = ({f[1]}) * {by},"


class Variants:
    """Builds the detector from copies of its sources of which one was changed."""

    def __init__(self, folder):
        self.folder, self.root = folder, os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
        self.sources = {}
        for name in FILES:
            with open(f"{self.root}/daemon/core/{name}", encoding="utf-8") as file:
                self.sources[name] = file.read()
        os.makedirs(folder + "/changed/daemon/core")
        for name in OBJECTS:
            self.compile(f"{self.root}/daemon/core/{name}.c", f"{name}.o")
        self.compile(f"{self.root}/tests/bench/sensitivity.c", "main.o")
        self.compile(f"{self.root}/daemon/base/text.c", "text.o")

    def compile(self, source, out):
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-w", "-I" + self.folder + "/changed",
                        "-I" + self.root, "-c", source, "-o", f"{self.folder}/{out}"], check=True)

    def build(self, name=None, old=None, new=None):
        """A program of the sources with `old` in the file `name` replaced."""
        objects = {part: f"{part}.o" for part in OBJECTS}
        if name:
            changed = f"{self.folder}/changed/daemon/core/{name}"
            with open(changed, "w", encoding="utf-8") as file:
                file.write(self.sources[name].replace(old, new, 1))
            for part in OBJECTS if name.endswith(".h") else (name[:-2],):
                source = changed if name == part + ".c" else f"{self.root}/daemon/core/{part}.c"
                self.compile(source, f"changed-{part}.o")
                objects[part] = f"changed-{part}.o"
            os.unlink(changed)
        paths = [f"{self.folder}/{object}" for object in (*objects.values(), "main.o", "text.o")]
        subprocess.run(["cc", "-o", self.folder + "/variant", *paths, "-lm"], check=True)
        return self.folder + "/variant"


def score(program, mixed, quiet):
    mixed_score, quiet_score = Score(), Score()
    for streams, into in ((mixed, mixed_score), (quiet, quiet_score)):
        for stream in streams:
            into.add(stream, Bench.run([program], stream))
    return mixed_score, quiet_score


def row(name, value, scores):
    mixed, quiet = scores
    shares, ends = sorted(mixed.shares) or [math.nan], sorted(mixed.ends) or [math.nan]
    print(f"| {name} | {value} | {mixed.found} | {shares[len(shares) // 2]:.2%} | "
          f"{shares[int(0.9 * len(shares))]:.2%} | {mixed.false} + {quiet.false} | {mixed.flaps + quiet.flaps} | "
          f"{ends[len(ends) // 2] / 3600:.1f} h |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--mixed", type=int, default=40)
    parser.add_argument("--years", type=int, default=5)
    args = parser.parse_args()
    bench = Bench(args.bin)
    mixed, quiet = ([bench.stream(kind, TUNING_SEED + i, ("--days", days)) for i in range(streams)]
                    for kind, streams, days in (("mixed", args.mixed, "60"), ("quiet", args.years, "365")))
    print(f"{args.mixed} mixed streams of 60 days, {args.years} quiet years, seeds from {TUNING_SEED} on\n")
    print("| constant | times | found | median | 90th percentile | false alarms, mixed + quiet | flaps | off |\n"
          "|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        variants = Variants(folder)
        wanted = args.only.split(",") if args.only else None
        if not wanted:
            row("all as they are", "1", score(variants.build(), mixed, quiet))
        for name, file, old, changed in constants(variants.sources):
            for by in (0.5, 2) if not wanted or name in wanted else ():
                row(name, by, score(variants.build(file, old, changed(by)), mixed, quiet))


if __name__ == "__main__":
    main()
