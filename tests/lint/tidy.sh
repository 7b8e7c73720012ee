#!/bin/bash
# tidy.sh STAMPS FILE: clang-tidy for one file, unless this very text was found clean before. The
# stamp's name is a hash of the file with everything that it includes, of the settings and of this.
set -u

stamps=$1 file=$2
flags=(-std=gnu11 -D_GNU_SOURCE '-DMXSPLIT_VERSION="0"' -I.)
pkg-config --exists libsystemd && flags+=(-DHAVE_JOURNAL)
[ "$file" = daemon/base/err.c ] || flags+=(-include tests/lint/tidy.h)
text=$(clang -E -CC "${flags[@]}" "$file" 2>/dev/null | cat - .clang-tidy "$0" | sha256sum)
stamp=$stamps/${text:0:32}

[ -e "$stamp" ] && exit 0
output=$(clang-tidy --quiet "$file" -- "${flags[@]}" 2>&1)
if [ $? -ne 0 ] || grep -qE '(warning|error):' <<<"$output"; then
	grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter' <<<"$output"
	exit 1
fi
: >"$stamp"
