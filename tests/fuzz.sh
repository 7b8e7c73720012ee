#!/bin/bash
# tests/fuzz.sh BUILD SECONDS: each fuzz target of a build for so long, two at a time. Seeds come from
# tests/fuzz/seeds/TARGET, what was learned stays in BUILD/corpus/TARGET, what was found in
# BUILD/findings. Exit code 1 on a finding, or when there is no target. PATTERN=TEXT chooses targets.
set -u
cd "$(dirname "$0")/.." || exit 1
[ $# -eq 2 ] && [ -d "$1" ] || { echo "usage: tests/fuzz.sh BUILD SECONDS" >&2; exit 1; }

BUILD=$(realpath "$1") TIME=$2
mkdir -p "$BUILD/logs" "$BUILD/findings"
rm -f "$BUILD"/logs/fuzz-*

target() {
	local name log corpus seeds count cover
	name=$(basename "$1") log=$BUILD/logs/fuzz-$(basename "$1").log
	corpus=$BUILD/corpus/$name seeds=tests/fuzz/seeds/$name
	mkdir -p "$corpus"
	[ -d "$seeds" ] || seeds=
	"$1" "$corpus" ${seeds:+"$seeds"} -max_total_time="$TIME" -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$BUILD/findings/$name-" </dev/null >"$log" 2>&1
	local code=$?
	count=$(grep -aoP 'number_of_executed_units: \K[0-9]+' "$log" | tail -n 1)
	cover=$(grep -aoP ' cov: \K[0-9]+' "$log" | tail -n 1)
	printf '%-5s %-28s %10s executions, %6s edges\n' "$([ $code -eq 0 ] && echo ok || echo FOUND)" \
		"$name" "${count:-0}" "${cover:-0}"
	if [ $code -ne 0 ] || [ "${count:-0}" -eq 0 ]; then
		tail -n 60 "$log" | sed 's/^/      | /'
		touch "$BUILD/logs/fuzz-$name.found"
	fi
}

shopt -s nullglob
count=0
for binary in "$BUILD"/fuzz/*; do
	[ -f "$binary" ] && [ -x "$binary" ] || continue
	[ -z "${PATTERN:-}" ] || [[ $(basename "$binary") == *$PATTERN* ]] || continue
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n
	done
	target "$binary" &
	count=$((count + 1))
done
wait
found=("$BUILD"/logs/fuzz-*.found)
echo "$count targets, ${#found[@]} with findings (kept in $BUILD/findings)"
[ "$count" -gt 0 ] && [ ${#found[@]} -eq 0 ]
