"""How good the detector is, on seeded streams that nobody tuned it on, beside what others do.

detect.py --bin BUILD [--years N] [--only KIND,...] [--no-evidence]; prints tables in Markdown.
"""
import argparse
import bisect
import functools
import itertools
import math
import resource
import statistics
import subprocess

FIRST_SEED, TUNING_SEED, TUNING_YEARS, LATE = 9000, 1000, 6, 3 * 3600
YEAR = 365.25 * 86400
OTHERS = ("fixed", "ewma", "holt-winters")
# kind, streams, options of the generator
CLASSES = (
    ("mixed", 40, ("--days", "60")),
    ("step", 10, ("--days", "40", "--at", "30.4", "--real", "1", "--ratio", "30", "--for", "24")),
    ("ramp", 10, ("--days", "40", "--at", "30.4", "--real", "1", "--size", "30000")),
    ("pulses", 10, ("--days", "40", "--at", "30.4", "--size", "60000", "--for", "24")),
    ("cold", 10, ("--days", "6",)),
    ("newsletter", 20, ("--days", "40", "--at", "30.4", "--real", "1", "--size", "800", "--for", "0.3")),
    ("dictionary", 20, ("--days", "40", "--at", "30.4")),
    ("replay", 10, ("--days", "40", "--at", "30.4", "--for", "6")),
    ("dst", 10, ("--days", "90", "--at", "60")),
    ("growth", 10, ("--days", "180",)),
)


class Bench:
    def __init__(self, build):
        self.build, self.lines, self.cpu = build, 0, 0.0

    def stream(self, kind, seed, options, evidence=False):
        more = ("--evidence", "1") if evidence else ()
        csv = subprocess.run([self.build + "/tools/scenario", kind, "--seed", str(seed), *options, *more],
                             capture_output=True, check=True).stdout
        return Stream(kind, csv)

    def backtest(self, stream, *options):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        said = self.run([self.build + "/mxsplitctl", "backtest", *options, "-"], stream)
        self.cpu += resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        self.lines += stream.ticks
        return said

    def others(self, stream, thresholds):
        """Transitions of each other method."""
        said = subprocess.run([self.build + "/tools/others", *(str(thresholds[name]) for name in OTHERS)],
                              input=stream.csv, capture_output=True, check=True).stdout.decode()
        changes = {name: [] for name in OTHERS}
        for line in said.splitlines():
            name, time, state = line.split()
            changes[name].append((int(time), int(state)))
        return changes

    def tuned(self, years):
        """For each other method the least threshold from which on there is at most one false alarm a year: a lower one
        may alarm less often because it is never calm again."""
        alarms = {name: {} for name in OTHERS}
        for seed in range(TUNING_SEED, TUNING_SEED + years):
            stream = self.stream("quiet", seed, ("--days", "365"))
            said = subprocess.run([self.build + "/tools/others", "grid"], input=stream.csv,
                                  capture_output=True, check=True).stdout.decode()
            for line in said.splitlines():
                name, threshold, count = line.split()
                alarms[name][float(threshold)] = alarms[name].get(float(threshold), 0) + int(count)
        return {name: min(itertools.takewhile(lambda t: found[t] <= years, sorted(found, reverse=True)))
                for name, found in alarms.items()}

    @staticmethod
    def run(command, stream):
        said = subprocess.run(command, input=stream.csv, capture_output=True, check=True).stdout
        return [tuple(map(int, line.split()[:2])) for line in said.decode().splitlines()]


class Stream:
    def __init__(self, kind, csv):
        self.kind, self.csv, self.surge = kind, csv, None
        header = csv.index(b"epoch_seconds")
        for line in csv[:header].splitlines():
            _, what, begin, end, bounces = line.split()
            if what in (b"surge", b"train"):
                self.surge = (float(begin), float(end), float(bounces))
        self.data = csv.index(b"\n", header) + 1
        self.ticks = csv.count(b"\n", self.data)
        self.seconds = self.ticks * 10.0

    @functools.cached_property
    def lines(self):
        return self.csv[self.data:].splitlines()

    def between(self, begin, end):
        """Bounces that came after `begin`, up to `end`."""
        first = bisect.bisect_right(self.lines, begin, key=lambda line: float(line.split(b",", 1)[0]))
        last = bisect.bisect_right(self.lines, end, key=lambda line: float(line.split(b",", 1)[0]))
        return sum(int(line.split(b",")[1]) for line in self.lines[first:last])

    def excess(self, after):
        """Bounces a second that the surge brings, so many seconds after it began; of an unknown shape, evenly."""
        begin, end, bounces = self.surge
        even = bounces / (end - begin)
        if self.kind == "ramp":
            return even * 4 * min(after / (end - begin), 0.5)
        return even * 3 * (after % 1800 < 600) if self.kind == "pulses" else even

    def bound(self):
        """Lorden's bound on the delay, in seconds, for Poisson streams of the day before's rate and the surge's: when
        the expected log-likelihood ratio reaches log(ARL0 l0)."""
        begin, end, _ = self.surge
        before = max(self.between(begin - 86400, begin) / 86400, 1 / 3600)
        wanted, after, step = math.log(YEAR * before), 0.0, 1.0
        while wanted > 0 and after < end - begin:
            during = before + self.excess(after + step / 2)
            nats = (during * math.log(during / before) - (during - before)) * step
            if nats >= wanted:
                return after + step * wanted / nats
            wanted -= nats
            after += step
        return max(after, step)


class Score:
    """What one method did on the streams of one class."""

    def __init__(self):
        self.surges = self.found = self.false = self.flaps = 0
        self.shares, self.ends, self.ratios, self.seconds = [], [], [], 0.0

    def add(self, stream, changes):
        self.seconds += stream.seconds
        if not stream.surge:
            self.false += sum(state for _, state in changes)
            return
        begin, end, _ = stream.surge
        on = [time for time, state in changes if state and begin < time <= end + LATE]
        self.surges += 1
        self.false += sum(state for time, state in changes if not begin < time <= end + LATE)
        if not on or on[0] > end:
            return
        self.found += 1
        self.flaps += len(on) - 1
        self.shares.append(stream.between(begin, on[0]) / max(stream.between(begin, end), 1))
        self.ratios.append((on[0] - begin) / stream.bound())
        self.ends += [time - end for time, state in changes if not state and time > end][:1]

    def row(self, name):
        def at(values, share, form):
            return form(sorted(values)[min(len(values) - 1, int(share * len(values)))]) if values else "-"

        def percent(value):
            return f"{value:.2%}"

        return (f"| {name} | {self.found} of {self.surges} | {at(self.shares, 0.5, percent)} | "
                f"{at(self.shares, 0.9, percent)} | {at(self.ratios, 0.5, lambda v: f'{v:.0f}')} | "
                f"{self.false} in {self.seconds / YEAR:.1f} | {self.flaps} | "
                f"{at(self.ends, 0.5, lambda v: f'{v / 3600:.1f} h')} | "
                f"{at(self.ends, 1, lambda v: f'{v / 3600:.1f} h')} |")


HEAD = ("| stream | found | share before the alarm, median | 90th percentile | delay / bound | false alarms in years |"
        " flaps | off, median | most |\n|---|---|---|---|---|---|---|---|---|")


def classes(bench, kinds, years, evidence, thresholds):
    """The table: each class by the counts alone, with evidence, and by the other methods."""
    print(HEAD)
    for kind, streams, options in (*CLASSES, ("quiet", years, ("--days", "365"))):
        if kinds and kind not in kinds:
            continue
        counts, with_evidence, others = Score(), Score(), {name: Score() for name in OTHERS}
        for seed in range(FIRST_SEED, FIRST_SEED + streams):
            stream = bench.stream(kind, seed, options)
            counts.add(stream, bench.backtest(stream))
            for name, changes in bench.others(stream, thresholds).items():
                others[name].add(stream, changes)
            if evidence:
                stream = bench.stream(kind, seed, options, evidence=True)
                with_evidence.add(stream, Bench.run([bench.build + "/mxsplitctl", "backtest", "-"], stream))
        print(counts.row(kind))
        if evidence:
            print(with_evidence.row(kind + ", evidence"))
        for name, score in others.items():
            print(score.row(f"{kind}, {name} at {thresholds[name]:.3g}"), flush=True)


def pure(bench):
    """Poisson steps, evidence alone, beside an exact CUSUM at one false alarm a year."""
    print("\n| normal | times | seen | exact CUSUM |\n|---|---|---|---|")
    for rate, ratio, exact in ((3, 3, 204), (3, 10, 22), (30, 3, 24), (30, 10, 2.5), (300, 2, 8.7), (300, 3, 2.7)):
        begin, delays = 1767571200 + 8.2 * 86400, []
        for seed in range(FIRST_SEED, FIRST_SEED + 20):
            stream = bench.stream("step", seed, ("--days", "8.3", "--at", "8.2", "--for", "2", "--period", "1",
                                                 "--rate", str(rate), "--ratio", str(ratio)))
            changes = bench.backtest(stream, "--pure", "--period", "1")
            delays += [time - begin for time, state in changes if state and time > begin][:1]
        print(f"| {rate}/min | {ratio} | {statistics.median(delays):.0f} s | {exact} s |")
    for rate in (3, 30, 300):
        stream = bench.stream("poisson", FIRST_SEED, ("--days", "200", "--period", "1", "--rate", str(rate)))
        alarms = sum(state for _, state in bench.backtest(stream, "--pure", "--period", "1"))
        print(f"{rate}/min, ticks of 1 s, 200 days: {alarms} false alarms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--only", default="", help="kinds of streams, with commas between; pure")
    parser.add_argument("--at", default="", help="thresholds of the other methods, else they are tuned")
    parser.add_argument("--no-evidence", action="store_true")
    args = parser.parse_args()
    bench, kinds = Bench(args.bin), args.only.split(",") if args.only else []
    if kinds != ["pure"]:
        thresholds = dict(zip(OTHERS, map(float, args.at.split(",")))) if args.at else bench.tuned(TUNING_YEARS)
        print("thresholds of the others: " + ",".join(f"{thresholds[name]:.4g}" for name in OTHERS))
        classes(bench, kinds, args.years, not args.no_evidence, thresholds)
    if not kinds or "pure" in kinds:
        pure(bench)
    print(f"\nbacktest: {bench.lines / bench.cpu / 1e6:.1f} million lines a second of CPU time")
    print(subprocess.run([args.bin + "/tools/ticks"], capture_output=True, check=True).stdout.decode(), end="")


if __name__ == "__main__":
    main()
