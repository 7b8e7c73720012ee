#!/bin/bash
# detect.sh BUILD [YEARS]: how good the detector is on seeded streams that nobody tuned it on, and
# how fast. Needs `make all tools`. Takes about a minute for 10 years.
set -euo pipefail

build=$(realpath "${1:?usage: detect.sh BUILD [YEARS]}")
years=${2:-10}

BUILD=$build YEARS=$years /usr/bin/python3 - <<'PYTHON'
import os
import resource
import statistics
import subprocess

build, years = os.environ["BUILD"], int(os.environ["YEARS"])
FIRST_SEED, MIXED_DAYS, LATE = 5000, 60, 3 * 3600
lines = 0
cpu = 0.0


def play(kind, seed, *options, backtest=()):
    """The surges of a stream, its ticks, and the transitions that backtest sees in it."""
    global lines, cpu
    csv = subprocess.run([build + "/tools/scenario", kind, "--seed", str(seed), *options],
                         capture_output=True, check=True).stdout
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    said = subprocess.run([build + "/mxsplitctl", "backtest", *backtest, "-"], input=csv,
                          capture_output=True, check=True).stdout
    cpu += resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    text = csv.decode().split("\n")
    lines += len(text)
    surges = [[float(word) for word in line.split()[2:]] for line in text[:3000]
              if line.startswith("# surge")]
    ticks = [tuple(map(int, line.split(","))) for line in text if line[:1].isdigit()]
    return surges, ticks, [tuple(map(int, line.split())) for line in said.decode().splitlines()]


def high(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


alarms = 0
for seed in range(FIRST_SEED, FIRST_SEED + years):
    alarms += sum(state for _, state in play("quiet", seed, "--days", "365")[2])
print(f"quiet: {years} years, {alarms} false alarms")

shares, ends, missed, false, flaps, runs = [], [], 0, 0, 0, 6 * years
for seed in range(FIRST_SEED, FIRST_SEED + runs):
    surges, ticks, changes = play("mixed", seed, "--days", str(MIXED_DAYS))
    (begin, end, _), = surges
    on = [time for time, state in changes if state and begin < time <= end]
    false += sum(state and not begin < time <= end + LATE for time, state in changes)
    if not on:
        missed += 1
        continue
    flaps += len(on) - 1
    brought = [(time, count) for time, count in ticks if begin < time <= end]
    shares.append(sum(count for time, count in brought if time <= on[0]) /
                  sum(count for _, count in brought))
    ends += [time - end for time, state in changes if not state and time > end][:1]
print(f"mixed: {runs} surges in {runs * MIXED_DAYS / 365:.1f} years, {missed} missed, "
      f"{false} false alarms, {flaps} flaps")
print(f"  share before the alarm: median {statistics.median(shares):.1%}, "
      f"90th percentile {high(shares, 0.9):.1%}")
if ends:
    print(f"  over after its end: median {statistics.median(ends) / 3600:.1f} h, "
          f"most {max(ends) / 3600:.1f} h")

for rate, ratio, exact in ((3, 3, 204), (3, 10, 22), (30, 3, 24), (30, 10, 2.5), (300, 2, 8.7),
                           (300, 3, 2.7)):
    begin, delays = 1767571200 + 1.2 * 86400, []
    for seed in range(FIRST_SEED, FIRST_SEED + 20):
        changes = play("step", seed, "--days", "1.3", "--at", "1.2", "--for", "2", "--period", "1",
                       "--rate", str(rate), "--ratio", str(ratio),
                       backtest=("--pure", "--period", "1"))[2]
        delays += [time - begin for time, state in changes if state and time > begin][:1]
    print(f"pure: {rate}/min times {ratio}: median {statistics.median(delays):.0f} s, "
          f"exact CUSUM {exact} s")
print(f"backtest: {lines / cpu / 1e6:.1f} million lines a second of CPU time")
PYTHON
