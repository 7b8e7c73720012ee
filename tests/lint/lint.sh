#!/bin/bash
# lint.sh BUILD: everything a machine can say about the code. One line "ok NAME" a step, or its
# findings; any finding ends with 1 after all steps have run. `lint.sh BUILD STEP...` runs some.
set -u

build=${1:?usage: lint.sh BUILD [STEP...]}
shift
export build
here=tests/lint
failed=0

sources() {
	git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
		[ -e "$file" ] && echo "$file"
	done
}

# step NAME FUNCTION: runs it, shows its output only when it fails.
step() {
	local name=$1 function=$2 output
	[ -n "$wanted" ] && [[ " $wanted " != *" $name "* ]] && return
	if output=$($function 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name"
		[ -n "$output" ] && echo "$output" | head -n 200 | sed 's/^/  /'
		failed=1
	fi
}

build_all() { make --no-print-directory -s -j2 B="$build" all; }
layers() { python3 -B $here/layers.py; }
symbols() { python3 -B $here/symbols.py "$build"; }

format() {
	local bad
	bad=$(sources '*.c' '*.h' | xargs -r clang-format --dry-run -Werror 2>&1 | grep -oE '^[^ :]+:[0-9]+') || true
	[ -z "$bad" ] && return
	echo "$bad" | sort -u -t: -k1,1 | sed 's/$/: not formatted from here on (make format)/'
	return 1
}

tidy() {
	mkdir -p "$build/lint"
	sources 'daemon/*.c' 'dnsupdate/*.c' 'web/*.c' 'tests/fuzz/*.c' 'tests/tools/*.c' |
		xargs -r -P2 -n1 $here/tidy.sh "$build/lint"
}

# uninitvar is off: it does not see arrays filled through a struct text or a pointer; compilers,
# clang's analyzer, valgrind and the sanitizers watch that.
cpp_check() {
	sources 'daemon/*.c' 'dnsupdate/*.c' 'web/*.c' | xargs -r cppcheck --quiet --std=c11 -j2 \
		--enable=warning,performance,portability --inline-suppr --error-exitcode=1 -I. \
		-D_GNU_SOURCE -DMXSPLIT_VERSION='"0"' -U__cplusplus \
		--suppress=uninitvar --suppress=missingIncludeSystem --suppress=unmatchedSuppression
}

clang_build() { make --no-print-directory -s -j2 CC=clang B="$build-clang" all tools; }
sample() { "$build/mxsplitd" --print-config | diff - contrib/mxsplitd.yaml; }

scripts() {
	local bad=0
	while read -r file; do
		bash -n "$file" || bad=1
	done < <(sources '*.sh')
	sources '*.py' | xargs -r python3 -B -c '
import ast, sys
for path in sys.argv[1:]:
    try:
        ast.parse(open(path, encoding="utf-8").read(), path)
    except SyntaxError as error:
        print(f"{path}:{error.lineno}: {error.msg}")
        sys.exitcode = 1
sys.exit(getattr(sys, "exitcode", 0))' || bad=1
	return $bad
}

wanted=$*
step build build_all
step layers layers
step symbols symbols
step format format
step scripts scripts
step sample sample
step clang clang_build
step cppcheck cpp_check
step clang-tidy tidy
exit $failed
