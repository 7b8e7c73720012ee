#!/bin/bash
# build.sh BUILD VERSION: the package, out of what git has (or, in an unpacked release, all that is
# here), in BUILD/deb. debian/ lives in contrib and is copied to where dpkg wants it.
set -eu
build=$(realpath "$1") version=$2
cd "$(dirname "$0")/../.."
tree=$build/deb/mxsplit-$version
rm -rf "$build/deb"
mkdir -p "$tree"
if git rev-parse --git-dir >/dev/null 2>&1; then
	git ls-files -z --cached --others --exclude-standard
else
	find . -path "./build*" -prune -o -type f -print0
fi | xargs -0 cp --parents -t "$tree"
cp -r contrib/debian "$tree/debian"
rm "$tree/debian/build.sh"
cd "$tree"
if ! dpkg-buildpackage -us -uc -b >../build.log 2>&1; then
	tail -n 30 ../build.log >&2
	exit 1
fi
if command -v lintian >/dev/null; then
	[ "$(id -u)" != 0 ] || root=--allow-root
	lintian ${root:-} --fail-on error --suppress-tags bad-distribution-in-changes-file "$build"/deb/*.changes
fi
ls "$build"/deb/*.deb
