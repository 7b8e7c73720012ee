#!/bin/bash
# Installs the Debian packages that are missing; quiet when all are there. `deps.sh lint` looks for
# what `make lint` needs besides, `deps.sh page` for `make page`.
set -u

packages="gcc make pkg-config libuv1-dev libmicrohttpd-dev libjansson-dev libsqlite3-dev libldns-dev
	libssl-dev libfyaml-dev libcurl4-openssl-dev zlib1g-dev libzstd-dev libsystemd-dev libcriterion-dev bind9 bind9-dnsutils bind9-utils
	python3 python3-dnspython procps strace valgrind rsyslog zstd
	systemd-journal-remote logrotate libsnmp-dev snmpd faketime"
lint="clang clang-format clang-tidy cppcheck libclang-rt-14-dev universal-ctags"
page="chromium chromium-driver python3-selenium fonts-dejavu-core fonts-noto-cjk"
[ "${1:-}" = lint ] && packages="$packages $lint"
[ "${1:-}" = page ] && packages="$packages $page"

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "deps: no apt here; wanted what these Debian packages hold:" $packages >&2
	exit 0
fi

missing=
for package in $packages; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
		missing="$missing $package"
done
[ -z "$missing" ] && exit 0

root=
if [ "$(id -u)" != 0 ]; then
	root=sudo
	if ! command -v sudo >/dev/null; then
		echo "deps: these packages are missing, and installing them needs root:$missing" >&2
		exit 1
	fi
fi
echo "deps: installing$missing"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
if ! { $root apt-get update && $root env DEBIAN_FRONTEND=noninteractive \
	apt-get -y install --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 15 "$log" >&2
	echo "deps: apt-get could not install$missing" >&2
	exit 1
fi
