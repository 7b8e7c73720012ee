#!/bin/bash
# tests/check.sh BUILD: runs the unit tests (Criterion) and the end-to-end tests (unittest) against a
# build, some at a time. Shows the output of what fails; all of it is kept in BUILD/logs.
#
#   ONLY=unit|e2e   one part            PATTERN=TEXT   only what has this in its name
#   LONG=1          the long versions   JOBS=N         instead of 8: most tests wait more than they work
#
# The last line is "N passed, N failed", with ", N skipped" when something was skipped. Exit code 1
# when anything failed or nothing passed. A file that tested nothing has failed, and so has one that
# left a report of the sanitizers (Criterion lets leaks pass).
set -u
cd "$(dirname "$0")/.." || exit 1
[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: tests/check.sh BUILD (a directory)" >&2; exit 1; }

BUILD=$(realpath "$1")
LOGS=$BUILD/logs
LIMIT=$([ -n "${LONG:-}" ] && echo 7200 || echo 600) # seconds a file may take
export MXSPLIT_BUILD=$BUILD PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8 TZ=UTC
mkdir -p "$LOGS"
rm -rf "$LOGS"/check-*

# one NAME COMMAND...: runs the command, its output into the log; its exit code.
one() {
	local log=$LOGS/check-$1.log
	shift
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=${log%.log}.asan \
	UBSAN_OPTIONS=${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}print_stacktrace=1 \
		timeout -k 10 "$LIMIT" "$@" </dev/null >"$log" 2>&1
}

# number TEXT LOG: the number that follows TEXT in the log's summary, or 0.
number() {
	local found
	found=$(grep -aoP "$1\K[0-9]+" "$2" | tail -n 1)
	echo "${found:-0}"
}

# finish NAME CODE RAN FAILED SKIPPED SECONDS: adds what else is wrong, tells, leaves the counts.
finish() {
	local name=$1 code=$2 ran=$3 failed=$4 skipped=$5 log=$LOGS/check-$1.log passed reports
	reports=$(find "$LOGS" -name "check-$name.asan.*" | wc -l)
	[ "$code" -eq 124 ] || [ "$code" -eq 137 ] && echo "stopped after $LIMIT s" >>"$log"
	[ "$ran" -eq 0 ] && echo "no test was run" >>"$log"
	[ "$reports" -gt 0 ] && echo "$reports report(s) of the sanitizers" >>"$log"
	if [ "$failed" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$ran" -eq 0 ] || [ "$reports" -gt 0 ]; }; then
		failed=1
	fi
	passed=$((ran - failed - skipped))
	[ "$passed" -lt 0 ] && passed=0
	echo "$passed $failed $skipped" >"${log%.log}.counts"
	{
		printf '%-5s %-32s %4d passed %4d failed %4d s\n' \
			"$([ "$failed" -eq 0 ] && echo ok || echo FAIL)" "$name" "$passed" "$failed" "$6"
		if [ "$failed" -ne 0 ]; then
			sed 's/^/      | /' "$log" | tail -n 200
			find "$LOGS" -name "check-$name.asan.*" -exec head -n 60 {} +
		fi
		grep -aP "\.\.\. skipped " "$log" | sed 's/^/      skipped: /'
	} >"${log%.log}.told"
	cat "${log%.log}.told"
}

# A Criterion binary: "[====] Synthesis: Tested: 8 | Passing: 8 | Failing: 0 | Crashing: 0".
unit() {
	local name log start=$SECONDS code=127
	name=$(basename "$1") log=$LOGS/check-$(basename "$1").log
	if [ -x "$1" ]; then
		one "$name" "$1"
		code=$?
	else
		echo "it was not built" >"$log"
	fi
	finish "$name" "$code" "$(number 'Synthesis: Tested: ' "$log")" "$(number 'Failing: ' "$log")" 0 \
		$((SECONDS - start))
}

# A file of unittest: "Ran 5 tests in 1.2s", "FAILED (failures=1, errors=1, skipped=1)".
e2e() {
	local name log start=$SECONDS code failed
	name=$(basename "$1" .py) log=$LOGS/check-$(basename "$1" .py).log
	cd tests/e2e || exit 1
	one "$name" /usr/bin/python3 -W error::SyntaxWarning -m unittest -v "$name"
	code=$?
	failed=$(($(number '^FAILED \(.*failures=' "$log") + $(number '^FAILED \(.*errors=' "$log")))
	finish "$name" "$code" "$(number '^Ran ' "$log")" "$failed" \
		"$(number '^(OK|FAILED) \(.*skipped=' "$log")" $((SECONDS - start))
}

# both FUNCTION ITEM...: some at a time.
both() {
	local what=$1 item
	shift
	for item; do
		[ -z "${PATTERN:-}" ] || [[ $item == *$PATTERN* ]] || continue
		while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-8}" ]; do
			wait -n
		done
		"$what" "$item" &
	done
	wait
}

shopt -s nullglob
units=()
for source in tests/unit/*/*_test.c; do
	folder=$(basename "$(dirname "$source")")
	units+=("$BUILD/tests/${folder}_$(basename "$source" .c)")
done
[ "${ONLY:-unit}" = unit ] && both unit "${units[@]}"
# The longest first, so that none is waited for alone at the end.
slow=(rules disk incident counters effect settled clock kill)
slow=("${slow[@]/#/tests/e2e/test_}")
slow=("${slow[@]/%/.py}")
others=()
for file in tests/e2e/test_*.py; do
	[[ " ${slow[*]} " == *" $file "* ]] || others+=("$file")
done
[ "${ONLY:-e2e}" = e2e ] && both e2e "${slow[@]}" "${others[@]}"

passed=0 failed=0 skipped=0
for counts in "$LOGS"/check-*.counts; do
	read -r p f s <"$counts"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
[ $((passed + failed)) -eq 0 ] && echo "nothing was tested"
if [ "$skipped" -gt 0 ]; then
	echo "skipped, each for a reason that this machine gives:"
	grep -ahP "^      skipped: " "$LOGS"/check-*.told
fi
echo "$passed passed, $failed failed$([ "$skipped" -gt 0 ] && echo ", $skipped skipped")"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
