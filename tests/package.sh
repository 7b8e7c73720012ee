#!/bin/bash
# tests/package.sh BUILD [afternoon]: the package of `make deb` in a fresh Debian 12 (debootstrap, root): install, start
# as its user beside BIND, upgrade, remove, purge; or docs/getting-started.md word by word, beside BIND and Postfix.
# ROOTFS=DIR uses a tree that debootstrap made before.
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "${1:?usage: tests/package.sh BUILD [afternoon]}")
what=${2:-inside}
place=$(mktemp -d)
trap 'rm -rf --one-file-system "$place"' EXIT
root=$place/root

if [ -n "${ROOTFS:-}" ]; then
	cp -a "$ROOTFS" "$root"
else
	mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
	debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} >"$place/debootstrap.log" ||
		{ tail "$place/debootstrap.log" >&2; exit 1; }
fi

# the same again under a higher version, for the upgrade
dpkg-deb -R "$build"/deb/mxsplit_*.deb "$place/next"
sed -i 's/^Version: .*/&+next/' "$place/next/DEBIAN/control"
dpkg-deb --root-owner-group -b "$place/next" "$root/tmp/next.deb" >/dev/null
cp "$build"/deb/mxsplit_*.deb "$root/tmp/this.deb"
cp "tests/package_$what.sh" "$root/tmp/inside.sh"
inside() { # mounts and processes end with the namespaces; the network is this machine's, for apt
	unshare --mount --pid --fork --kill-child bash -c '
		mount --make-rprivate /
		mount -t proc proc "$1/proc"
		mount --rbind /dev "$1/dev"
		exec chroot "$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive bash /tmp/inside.sh' - "$root"
}
inside
[ "$what" = afternoon ] || exit 0

# The same tree, booted with its own systemd and a network of its own.
timeout 1200 systemd-nspawn --quiet --directory="$root" --register=no --keep-unit --private-network --boot \
	</dev/null >"$place/boot.log" 2>&1 || { tail "$place/boot.log" >&2; exit 1; }
cat "$root/afternoon.log"
grep -q '^ok the end' "$root/afternoon.log"
