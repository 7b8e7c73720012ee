#!/bin/bash
# bench.sh BUILD: how fast and how large the readers of a Postfix log are, beside wc and grep.
#
#   BENCH_MB=1024   size of the log      BENCH_10G=1   10 GB through a pipe as well
#   BENCH_TOP=FILE  where callgrind's list of functions goes (default: BUILD/bench-top.txt)
#
# Figures are CPU time (user and system) as ratios of the same round, median of five, the log in the
# page cache; machines differ, so only ratios may be compared. No figure fails the run; a wrong
# count does.
set -euo pipefail

build=$(realpath "${1:?usage: bench.sh BUILD}")
megabytes=${BENCH_MB:-1024}
dir=$(mktemp -d "${TMPDIR:-/tmp}/mxsplit-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1

# From 24 November 2026 on; in the surge half of the sessions bring bounces.
log() {
	local name=$1 size=$2
	shift 2
	"$build/tools/genlog" --size "$size" --seed 7 --surge 30m:600:2h "$@" --out "$dir/$name.log" \
		--truth "$dir/$name.json" --cells "$dir/$name.tsv"
}

# The counts of NAME are the truth's, cell by cell.
counts() {
	echo -n "$1: "
	"$build/tools/cells" --year 2026 --domain example.jp "$dir/$1.log" "$dir/$1.tsv"
}

log ordinary "${megabytes}M"
counts ordinary
/usr/bin/python3 "$(dirname "$0")/bench.py" ordinary "$build" "$dir/ordinary.log" "$dir/ordinary.json"
log hostile "$((megabytes / 4 + 1))M" --with hostile --with utf8=50 --with repeated=20 --with strangers
counts hostile
head -c "$((megabytes / 4 + 1))M" "$dir/ordinary.log" | sed '$d' >"$dir/same.log"
/usr/bin/python3 "$(dirname "$0")/bench.py" hostile "$build" "$dir/hostile.log" "$dir/same.log"

if [ -n "${BENCH_10G:-}" ]; then
	/usr/bin/python3 "$(dirname "$0")/bench.py" pipe "$build" "$dir/pipe.json"
else
	echo "10 GB through a pipe: left out; BENCH_10G=1 does it"
fi

if command -v valgrind >/dev/null; then
	log small 5M
	lines=$(wc -l <"$dir/small.log")
	head -n $((lines / 2)) "$dir/small.log" >"$dir/half.log"
	instructions() {
		valgrind --tool=callgrind --callgrind-out-file="$dir/$1.out" "$build/mxsplitctl" \
			classify --summary --year 2026 "$dir/$1.log" 2>&1 >/dev/null |
			awk '/Collected/ { print $NF }'
	}
	# The difference of two sizes leaves out what starting costs.
	whole=$(instructions small) half=$(instructions half)
	echo "instructions a line (callgrind): $(((whole - half) / (lines - lines / 2)))"
	top=${BENCH_TOP:-$build/bench-top.txt}
	callgrind_annotate "$dir/small.out" >"$top" 2>/dev/null && echo "the dearest functions: $top"
else
	echo "instructions a line: left out, no valgrind here"
fi
