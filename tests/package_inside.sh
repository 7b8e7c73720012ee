#!/bin/bash
# Inside the chroot of tests/package.sh.
set -eu
port=$((20000 + RANDOM % 9000))
say() { echo "ok $*"; }
fail() { echo "not ok $*" >&2; tail -n 20 /tmp/*.log >&2; exit 1; }
# within SECONDS COMMAND...: until it succeeds
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "not in time: $*"
		sleep 0.3
	done
}
ctl() { runuser -u mxsplit -- mxsplitctl "$@"; }
mx() { dig +short -p "$port" @127.0.0.1 example.jp MX | sort | tr '\n' ' '; }
start() {
	install -d -o mxsplit -g mxsplit /run/mxsplit
	runuser -u mxsplit -- mxsplitd -f -c /etc/mxsplit/mxsplitd.yaml >>/tmp/mxsplitd.log 2>&1 &
	daemon=$!
	within 60 ctl status
}
stop() {
	pkill -TERM -u mxsplit -x mxsplitd
	wait "$daemon" || fail "mxsplitd ended with $?"
}

printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d # no services start by themselves here
chmod 755 /usr/sbin/policy-rc.d
apt-get -qq update
apt-get -qq -y --no-install-recommends install bind9 bind9-utils bind9-dnsutils procps >/tmp/apt.log 2>&1 ||
	{ tail /tmp/apt.log; exit 1; }
apt-get -qq -y --no-install-recommends install /tmp/this.deb >/tmp/apt.log 2>&1 || { tail /tmp/apt.log; exit 1; }
id mxsplit | grep -q 'adm' || fail "user mxsplit is not in group adm"
[ "$(stat -c %U:%a /var/lib/mxsplit)" = mxsplit:750 ] || fail "the state directory is $(stat -c %U:%a /var/lib/mxsplit)"
[ "$(stat -c %G:%a /etc/mxsplit)" = mxsplit:750 ] || fail "/etc/mxsplit is $(stat -c %G:%a /etc/mxsplit)"
mxsplitd --version | head -n 1
say "installed; user, directories"

install -d -o bind -g bind /tmp/zone
lock= # BIND 9.20 does not know it any more
! named -v | grep -q 'BIND 9\.18' || lock='lock-file none;'
(umask 077; tsig-keygen -a hmac-sha256 mxsplit >/etc/mxsplit/ns1.key)
cat >/tmp/zone/example.jp.db <<-ZONE
	\$TTL 3600
	@ IN SOA ns1 hostmaster ( 1 3600 600 604800 60 )
	@ IN NS ns1
	@ 86400 IN MX 10 mta1
	@ 86400 IN MX 20 mta2
	ns1 IN A 127.0.0.1
	mta1 IN A 127.0.0.1
	mta2 IN A 127.0.0.1
ZONE
{ cat /etc/mxsplit/ns1.key; cat <<-CONF; } >/tmp/zone/named.conf
	options { directory "/tmp/zone"; pid-file none; $lock session-keyfile none; recursion no;
		listen-on port $port { 127.0.0.1; }; listen-on-v6 { none; }; };
	controls { };
	zone "example.jp" { type primary; file "example.jp.db"; update-policy { grant mxsplit name example.jp. MX; }; };
CONF
chown -R bind /tmp/zone
named -g -u bind -c /tmp/zone/named.conf >/tmp/named.log 2>&1 &
within 30 dig +short +time=1 +tries=1 -p "$port" @127.0.0.1 example.jp SOA
normal=$(mx)
touch /var/log/mail.log
chgrp adm /var/log/mail.log
chmod 640 /var/log/mail.log
chown mxsplit /etc/mxsplit/ns1.key
cat >/etc/mxsplit/mxsplitd.yaml <<-YAML
	listen: ["unix:/run/mxsplit/api.sock"]
	probe: 0s
	servers:
	  - name: ns1
	    address: 127.0.0.1:$port
	    zone: example.jp
	    key-file: /etc/mxsplit/ns1.key
	domains:
	  - name: example.jp
	    server: ns1
	    mode: manual
	    warm-up: 0s
	    drop: [mta1.example.jp]
	sources:
	  - name: mta1-log
	    mta: mta1.example.jp
	    follow: /var/log/mail.log
YAML
ctl check-config /etc/mxsplit/mxsplitd.yaml
start
ctl split example.jp --for 1h --reason 'a test' >/dev/null
for _ in $(seq 100); do [ "$(mx)" = "20 mta2.example.jp. " ] && break; sleep 0.3; done
[ "$(mx)" = "20 mta2.example.jp. " ] || fail "shown after the split: $(mx)"
say "split as user mxsplit without systemd"

before=$(md5sum </etc/mxsplit/mxsplitd.yaml)
stop
apt-get -qq -y install /tmp/next.deb >/tmp/apt.log 2>&1 || { tail /tmp/apt.log; exit 1; }
[ "$(md5sum </etc/mxsplit/mxsplitd.yaml)" = "$before" ] || fail "the upgrade changed the configuration"
start
ctl status example.jp | grep -q split || fail "the split was forgotten: $(ctl status)"
ctl normal example.jp --for 1h --reason 'done' >/dev/null
for _ in $(seq 100); do [ "$(mx)" = "$normal" ] && break; sleep 0.3; done
[ "$(mx)" = "$normal" ] || fail "shown after the restore: $(mx)"
stop
say "upgraded in a split, restored"

apt-get -qq -y remove mxsplit >/tmp/apt.log 2>&1
command -v mxsplitd >/dev/null && fail "the program is still there"
[ -s /var/lib/mxsplit/mxsplit.db ] && [ -s /etc/mxsplit/ns1.key ] || fail "a removal took state or configuration"
apt-get -qq -y install /tmp/this.deb >/tmp/apt.log 2>&1 || { tail /tmp/apt.log; exit 1; }
start
stop
say "removed, installed again, state kept"
cp -a /etc/mxsplit /tmp/kept
apt-get -qq -y purge mxsplit >/tmp/apt.log 2>&1
left=$(find /etc /var/lib /run /usr /lib -iname '*mxsplit*' ! -path '/var/lib/dpkg/*' ! -path '/usr/share/lintian/*')
[ -z "$left" ] || fail "left behind by the purge: $left"
say "purged: nothing left"

# the README's lines for a machine without the package
userdel mxsplit
dpkg-deb -x /tmp/this.deb /tmp/bare
cp /tmp/bare/usr/sbin/mxsplitd /usr/local/sbin/
cp /tmp/bare/usr/bin/mxsplitctl /usr/local/bin/
hash -r
sed -n 's/^    sudo \(adduser\|install\) /\1 /p' /tmp/bare/usr/share/doc/mxsplit/README.md >/tmp/lines
[ "$(wc -l </tmp/lines)" = 3 ] || fail "README has not three lines: $(cat /tmp/lines)"
sh -eu /tmp/lines >/tmp/adduser.log 2>&1 || fail "the README's lines"
cp /tmp/kept/* /etc/mxsplit/
chown mxsplit /etc/mxsplit/ns1.key
adduser --quiet mxsplit adm
start
ctl status example.jp | grep -q normal || fail "status without the package: $(ctl status)"
stop
say "without the package, by the README's lines"
