#!/bin/bash
# bench.sh BUILD [SIZE]: how fast `mxsplitctl classify --summary` reads a Postfix log, as CPU time
# beside grep and wc on the same file: five rounds, one after the other in each, medians.
# The figures are ratios because machines differ; only figures of one run may be compared.
set -euo pipefail

build=$(realpath "${1:?usage: bench.sh BUILD [SIZE]}")
size=${2:-200M}
dir=$(mktemp -d "${TMPDIR:-/tmp}/mxsplit-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT

# From 24 November 2026 on; in the surge half of the sessions bring bounces.
"$build/tools/genlog" --size "$size" --seed 7 --start 1795538184 --mail 600 --bounces 20 \
	--surge 30m:600:2h --truth "$dir/truth.json" --out "$dir/mail.log"

BUILD=$build LOG=$dir/mail.log TRUTH=$dir/truth.json LC_ALL=C /usr/bin/python3 - <<'PYTHON'
import json
import os
import statistics
import sys

log = os.environ["LOG"]
ctl = os.environ["BUILD"] + "/mxsplitctl"
commands = {
    "classify": [ctl, "classify", "--summary", "--year", "2026", log],
    "grep": ["grep", "-c", "from=<>", log],
    "wc": ["wc", "-l", log],
}
ROUNDS = 5


def run(argv):
    """CPU seconds, peak RSS in KiB and the output of one command."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writer, 1)
        os.close(reader)
        os.execvp(argv[0], argv)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    _, status, used = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(argv)}: status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss, said


with open(log, "rb") as file:  # into the page cache
    while file.read(1 << 20):
        pass
times = {name: [] for name in commands}
peak = 0
said = b""
for _ in range(ROUNDS):
    for name, argv in commands.items():
        seconds, rss, text = run(argv)
        times[name].append(seconds)
        if name == "classify":
            peak, said = max(peak, rss), text

summary, truth = json.loads(said), json.load(open(os.environ["TRUTH"]))
lines, size = truth["lines"], os.path.getsize(log)
median = {name: statistics.median(values) for name, values in times.items()}
ratio = {name: statistics.median(a / max(b, 0.001) for a, b in zip(times["classify"], times[name]))
         for name in ("grep", "wc")}
print(f"log: {lines} lines, {size / 1e6:.0f} MB, Postfix")
for name in commands:
    low, high = min(times[name]), max(times[name])
    print(f"{name:9} {median[name]:.3f} s CPU (median of {ROUNDS}; {low:.3f} to {high:.3f})")
per_second = 1 / median["classify"]
print(f"classify: {lines * per_second:,.0f} lines/s, {size / 1e6 * per_second:.0f} MB/s")
print(f"ratio to grep -c: {ratio['grep']:.2f}")
print(f"ratio to wc -l: {ratio['wc']:.2f}")
print(f"peak RSS of classify: {peak / 1024:.1f} MiB")
wrong = {kind for kind in truth["kinds"].keys() | summary["kinds"].keys()
         if truth["kinds"].get(kind, 0) != summary["kinds"].get(kind, 0)}
for kind in sorted(wrong):
    print(f"WRONG: {kind}: {summary['kinds'].get(kind, 0)}, truth {truth['kinds'].get(kind, 0)}")
print("counts: as the truth" if not wrong else "counts: WRONG")
sys.exit(bool(wrong))
PYTHON
