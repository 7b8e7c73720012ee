"""What each constant of the detector moves: half of it and double, on tuning streams.

sensitivity.py --bin BUILD [--only NAME,...]; prints a table in Markdown.
"""
import argparse
import math
import os
import re
import subprocess
import tempfile

from detect import Bench, Score

FILES = ("learn.h", "detect.h", "detect.c", "detect_judge.c", "evidence.h", "evidence.c", "season.h", "season.c",
         "spread.c", "lasting.h", "lasting.c")
OBJECTS = ("detect", "detect_judge", "evidence", "season", "spread", "cusum", "lasting", "recent", "detect_show")
TUNING_SEED = 51000
AT = ("--days", "40", "--at", "30.4")
# name, kind, streams, options of the generator: still ones have a bounce an hour and some bursts, and then 6 a minute;
# busy ones spread as real ones do and were never watched before
CLASSES = (
    ("mixed", "mixed", 12, ("--days", "60")),
    ("quiet", "quiet", 1, ("--days", "365")),
    ("replay", "replay", 2, (*AT, "--for", "6")),
    ("cold", "cold", 20, ("--days", "6")),
    ("still", "step", 3, (*AT, "--for", "24", "--rate", "0.02", "--ratio", "300", "--bursts", "4")),
    ("busy", "poisson", 8, ("--days", "1", "--rate", "120", "--spread", "0.2")),
    ("mixed, evidence", "mixed", 8, ("--days", "60")),
    ("newsletter, evidence", "newsletter", 4, (*AT, "--real", "1", "--size", "800", "--for", "0.3")),
    ("dictionary, evidence", "dictionary", 8, AT),
)
# units, sizes and indices, a guard against numbers that no log has
NOT_TRIED = {"HOUR", "DAY", "YEAR", "WEEK", "DETECT_VERSION", "DETECT_SCALES", "DETECT_PERIOD_MOST", "BURST_SCALE",
             "SEASON_HOURS", "EVIDENCE_COUNT_MOST"}
DEFINE = re.compile(r"^#define (\w+)[ \t]+(?:\\\n\s*)?([^\n]*?)[ \t]*(?=/\*|\n)", re.M)
SCALE = re.compile(r"\{ ([0-9.]+), (\d) \}")


def constants(sources):
    """(name, file, text, text for a factor) of what is tried."""
    for name in FILES:
        for found in DEFINE.finditer(sources[name]):
            if found[1] not in NOT_TRIED and found[2]:
                kind = "(int)" if found[2].isdigit() else ""  # how many, of an array
                yield found[1], name, found[0], lambda by, f=found, k=kind: f"#define {f[1]} ({k}(({f[2]}) * {by})) "
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


def score(program, streams):
    """Of each class of streams."""
    scores = {}
    for kind, of_kind in streams.items():
        scores[kind] = Score()
        for stream in of_kind:
            scores[kind].add(stream, Bench.run([program], stream))
    return scores


def row(name, value, scores):
    def shares(kind):
        shares = sorted(scores[kind].shares) or [math.nan]
        return (f"{scores[kind].found}, {shares[len(shares) // 2]:.2%}, "
                f"{shares[min(len(shares) - 1, int(0.9 * len(shares)))]:.2%}")

    def false(*kinds):
        return " + ".join(str(scores[kind].false) for kind in kinds)

    ends = sorted(scores["mixed"].ends) or [math.nan]
    print(f"| {name} | {value} | {shares('mixed')} | {shares('cold')} | {shares('still')} | "
          f"{false('mixed', 'quiet', 'replay', 'busy')} | {sum(s.flaps for s in scores.values())}, "
          f"{ends[len(ends) // 2] / 3600:.1f} h | {shares('mixed, evidence')} | "
          f"{false('mixed, evidence', 'newsletter, evidence', 'dictionary, evidence')} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    bench = Bench(args.bin)
    streams = {name: [bench.stream(kind, TUNING_SEED + i, options, "evidence" in name) for i in range(number)]
               for name, kind, number, options in CLASSES}
    print("| constant | times | `mixed` of 12: found, median, 90th percentile | `cold` of 20 | still of 3 | "
          "false alarms: mixed + quiet + replay + busy | flaps, off | `mixed` of 8, evidence | false alarms, evidence: "
          "mixed + newsletter + dictionary |\n|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        variants = Variants(folder)
        wanted = args.only.split(",") if args.only else None
        if not wanted or "all" in wanted:
            row("all as they are", "1", score(variants.build(), streams))
        for name, file, old, changed in constants(variants.sources):
            for by in (0.5, 2) if not wanted or name in wanted else ():
                row(f"{file} {name}", by, score(variants.build(file, old, changed(by)), streams))


if __name__ == "__main__":
    main()
