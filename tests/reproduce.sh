#!/bin/bash
# Builds what git has in two directories of different names and compares the programs, byte for byte.
set -eu
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
for name in one another/and/longer; do
	mkdir -p "$place/$name"
	git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$place/$name"
done # before either is built: an edit meanwhile would be a difference
for name in one another/and/longer; do
	make -s -j2 -C "$place/$name" all man
done
for file in mxsplitd mxsplitctl man/mxsplitd.yaml.5; do
	cmp "$place/one/build/$file" "$place/another/and/longer/build/$file"
	if grep -q "$place" "$place/one/build/$file"; then
		echo "$file names the directory that it was built in" >&2
		exit 1
	fi
done
echo "the same bytes twice:"
(cd "$place/one/build" && sha256sum mxsplitd mxsplitctl)
