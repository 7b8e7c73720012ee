"""The detector on those series of Numenta's anomaly benchmark that are counts, beside its windowed Gaussian.

nab.py --bin BUILD --nab DIR; DIR: github.com/numenta/NAB as it is cloned, or its data and labels. Scored as in Lavin and
Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms", 2015: standard profile; an alarm is the tick that begins a
surge. NAB takes of each detector's thresholds the one that is best on its data: ours is `least-excess`. Prints tables in
Markdown.
"""
import argparse
import calendar
import csv
import json
import math
import os
import subprocess
import time

SERIES = ("realAWSCloudwatch/elb_request_count_8c0756",
          *(f"realTweets/Twitter_volume_{name}" for name in "AAPL AMZN CRM CVS FB GOOG IBM KO PFE UPS".split()))
TICK = 300
FALSE_COST, MISSED_COST = 0.11, 1.0
PROBATION, PROBATION_MOST = 0.15, 750  # rows that are not scored
WINDOW, STEP, TAIL = 6400, 100, 5e-13  # of the windowed Gaussian; a smaller tail is none in the 12 digits of NAB's results


def epoch(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%d %H:%M:%S"))


def worth(position):
    """Of an alarm, by where it is: from -1 at a window's left edge to 0 at its right one and beyond."""
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1


class Series:
    def __init__(self, folder, name, windows):
        with open(f"{folder}/data/{name}.csv", encoding="utf-8") as file:
            rows = [(epoch(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
        self.name, self.times, self.values = name, [t for t, _ in rows], [v for _, v in rows]
        index = {t: i for i, t in enumerate(self.times)}
        # rows of a window, the last one included
        self.windows = [(index[epoch(a)], index[epoch(b)]) for a, b in windows]
        self.first = int(min(PROBATION * len(rows), PROBATION_MOST))

    def score(self, alarms):
        """Its score, how many windows were found, and how many alarms were false."""
        found, false, total = {}, 0, 0.0
        for i in (i for i in alarms if i >= self.first):
            inside = [w for w in self.windows if w[0] <= i <= w[1]]
            before = [w for w in self.windows if w[1] < i]
            if inside:
                first, last = inside[0]
                position = -(last - i + 1) / (last - first + 1)
                found[first] = max(found.get(first, 0), worth(position) / worth(-1))
            else:
                false += 1
                position = (i - before[-1][1]) / (before[-1][1] - before[-1][0]) if before else math.inf
                total += FALSE_COST * worth(position)
        missed = sum(last >= self.first for _, last in self.windows) - len(found)
        return total + sum(found.values()) - MISSED_COST * missed, len(found), false

    def ours(self, build, *options):
        text = "".join(f"{t},{v:g}\n" for t, v in zip(self.times, self.values))
        said = subprocess.run([build + "/mxsplitctl", "backtest", "--period", str(TICK), *options, "-"],
                              input=text.encode(), capture_output=True, check=True).stdout.decode()
        index = {t: i for i, t in enumerate(self.times)}
        return [index[int(time)] for time, state in map(str.split, said.splitlines()) if state == "1"]

    def gaussian(self):
        """Alarms of the windowed Gaussian at NAB's threshold for it, 1: nothing is left of the tail."""
        window, step, alarms, mean, deviation = [], [], [], 0.0, 1.0
        for i, value in enumerate(self.values):
            if window and 0.5 * math.erfc((value - mean) / deviation / math.sqrt(2)) < TAIL:
                alarms.append(i)
            step.append(value)
            if len(window) < WINDOW or len(step) == STEP:
                window, step = (window + step)[-WINDOW:], []
                mean = sum(window) / len(window)
                deviation = math.sqrt(sum((v - mean) ** 2 for v in window) / len(window)) or 1e-6
        return alarms


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--nab", required=True)
    args = parser.parse_args()
    with open(args.nab + "/labels/combined_windows.json", encoding="utf-8") as file:
        labels = json.load(file)
    names = [name for name in SERIES if os.path.exists(f"{args.nab}/data/{name}.csv")]
    methods = {"least-excess 150": lambda s: s.ours(args.bin),
               **{f"{n}": lambda s, n=n: s.ours(args.bin, "--least-excess", str(n)) for n in (80, 40, 20, 10, 5)},
               "--pure": lambda s: s.ours(args.bin, "--pure"), "windowed Gaussian": lambda s: s.gaussian()}
    sums, windows = {method: 0.0 for method in methods}, 0
    print(f"{len(names)} of {len(SERIES)} series\n\n| series | windows | " +
          " | ".join(f"{method}: found, false, score" for method in methods) + " |\n|---|---" + "|---" * len(methods) + "|")
    for name in names:
        series = Series(args.nab, name, labels[name + ".csv"])
        windows += len(series.windows)
        cells = []
        for method, run in methods.items():
            score, found, false = series.score(run(series))
            sums[method] += score
            cells.append(f"{found}, {false}, {score:.2f}")
        print(f"| {os.path.basename(name)} | {len(series.windows)} | " + " | ".join(cells) + " |", flush=True)
    print(f"| all, of 100 | {windows} | " + " | ".join(
        f"{100 * (score + MISSED_COST * windows) / ((1 + MISSED_COST) * windows):.1f}" for score in sums.values()) + " |")


if __name__ == "__main__":
    main()
