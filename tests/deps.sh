#!/bin/bash
# Installs the Debian packages that are missing; quiet when all are there. `deps.sh lint` looks for
# what `make lint` needs besides, `deps.sh page` for `make page`, `deps.sh deb` for what `make deb` needs alone,
# `deps.sh bench` for `make bench-api`, `deps.sh lab` for `make lab`.
set -u

build="gcc make pkg-config libuv1-dev libmicrohttpd-dev libjansson-dev libsqlite3-dev libldns-dev
	libssl-dev libfyaml-dev libcurl4-openssl-dev zlib1g-dev libzstd-dev libsystemd-dev libsnmp-dev"
packages="$build libcriterion-dev bind9 bind9-dnsutils bind9-utils
	python3 python3-dnspython python3-yaml python3-jsonschema openssl procps strace valgrind rsyslog zstd jq curl
	systemd-journal-remote logrotate daemontools snmpd snmptrapd faketime apparmor
	knot knot-dnsutils pdns-server pdns-backend-sqlite3"
lint="clang clang-format clang-tidy cppcheck libclang-rt-14-dev universal-ctags mandoc"
page="chromium chromium-driver python3-selenium fonts-dejavu-core fonts-noto-cjk"
lab="postfix unbound iproute2"
[ "${1:-}" = deb ] && packages="$build build-essential debhelper"
[ "${1:-}" = lab ] && packages="$packages $lab"
[ "${1:-}" = lint ] && packages="$packages $lint"
[ "${1:-}" = bench ] && packages="$packages wrk"
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
# no name server that is installed for the tests may start by that
policy=/usr/sbin/policy-rc.d
if [ -e $policy ]; then
	trap 'rm -f "$log"' EXIT
else
	trap 'rm -f "$log"; $root rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' | $root install -m 755 /dev/stdin $policy
	services="knot pdns postfix unbound"
fi
case " $missing " in
*" postfix "*) echo "postfix postfix/main_mailer_type select No configuration" | $root debconf-set-selections ;;
esac
if ! { $root apt-get update && $root env DEBIAN_FRONTEND=noninteractive \
	apt-get -y install --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 15 "$log" >&2
	echo "deps: apt-get could not install$missing" >&2
	exit 1
fi
# nor at the next boot
for service in ${services:-}; do
	case " $missing " in
	*" $service "* | *" $service-server "*)
		command -v systemctl >/dev/null && $root systemctl disable "$service" >/dev/null 2>&1
		;;
	esac
done
exit 0
