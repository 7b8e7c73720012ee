#!/bin/bash
# Inside the chroot of tests/package.sh: the page docs/getting-started.md as the package brings it, block by block and
# word by word, on a machine with BIND, Postfix (both exchangers) and rsyslog; then a flood that Postfix refuses.
# systemctl is a stand-in: no systemd runs in a chroot.
set -eu
export PATH=/usr/local/bin:$PATH
page=/usr/share/doc/mxsplit/getting-started.md
say() { echo "ok $*"; }
fail() { echo "not ok $*" >&2; tail -n 20 /tmp/*.log /var/log/mxsplitd.log >&2; exit 1; }
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "not in time: $*"
		sleep 0.3
	done
}
# block NAME: as it stands between the fences after its mark
block() { awk -v mark="<!-- runs: $1 -->" '$0 == mark { at = 1; next } at == 2 && /^```/ { exit } at == 2
	at == 1 && /^```/ { at = 2 }' "$page"; }
walk() {
	block "$1" >/tmp/block
	[ -s /tmp/block ] || fail "the page has no block $1"
	sed "s/^/    $1: /" /tmp/block
	bash -eu /tmp/block >/tmp/said 2>&1 || [ $? = "${2:-0}" ] || { cat /tmp/said >&2; fail "$1"; }
	sed 's/^/    | /' /tmp/said
}
shown() { [ "$(dig +short +norecurse @192.0.2.53 example.jp MX | sort | tr '\n' ' ')" = "$1" ]; }
split='20 mta2.example.jp. '
normal="10 mta1.example.jp. $split"

if [ "${1:-}" != walk ]; then
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d # no services start by themselves here
	chmod 755 /usr/sbin/policy-rc.d
	apt-get -qq update
	apt-get -qq -y --no-install-recommends install bind9 bind9-utils bind9-dnsutils postfix rsyslog procps iproute2 \
		>/tmp/apt.log 2>&1 || fail "apt"
	apt-get -qq -y install /tmp/this.deb >/tmp/apt.log 2>&1 || fail "the package"
	# from here on a network of our own, with the page's addresses
	exec unshare --net bash "$0" walk
fi

ip link set lo up
for address in 192.0.2.53 192.0.2.1 192.0.2.2; do ip address add $address/32 dev lo; done
echo 'nameserver 192.0.2.53' >/etc/resolv.conf

# the machine that the page presumes: a zone in BIND, Postfix for both exchangers, mail.log
cat >/var/lib/bind/example.jp.db <<-ZONE
	\$TTL 3600
	@ IN SOA ns1 hostmaster ( 1 3600 600 604800 60 )
	@ IN NS ns1
	@ 86400 IN MX 10 mta1
	@ 86400 IN MX 20 mta2
	ns1 IN A 192.0.2.53
	mta1 IN A 192.0.2.1
	mta2 IN A 192.0.2.2
ZONE
postconf -e myhostname=mta1.example.jp mydestination=example.jp inet_interfaces=all 'mynetworks=127.0.0.0/8' \
	'local_recipient_maps=inline:{ info=x }' smtpd_client_connection_rate_limit=0 smtpd_error_sleep_time=0 \
	smtpd_hard_error_limit=1000 smtpd_soft_error_limit=1000
rsyslogd
postfix start >/tmp/postfix.log 2>&1 || fail "postfix"

cat >/usr/local/bin/systemctl <<-'STAND'
	#!/bin/bash
	# stands in: starts and reloads the daemon as its user
	set -eu
	case $1 in
	enable)
		install -d -o mxsplit -g mxsplit /run/mxsplit
		runuser -u mxsplit -- mxsplitd -f -c /etc/mxsplit/mxsplitd.yaml >>/var/log/mxsplitd.log 2>&1 &
		for _ in $(seq 100); do mxsplitctl status >/dev/null 2>&1 && exit; sleep 0.3; done
		exit 1 ;;
	reload) pkill -HUP -x mxsplitd; sleep 3 ;;
	*) exit 2 ;;
	esac
STAND
chmod 755 /usr/local/bin/systemctl

walk key
named -u bind
block named >>/etc/bind/named.conf.local
rndc reconfig
within 30 shown "$normal"
# one message for a known and one for an unknown recipient, so that there is a log
smtp-source -f someone@example.net -t info@example.jp 192.0.2.1:25
smtp-source -f someone@example.net -t nobody@example.jp 192.0.2.1:25 >/dev/null 2>&1 || true
within 30 grep -q NOQUEUE /var/log/mail.log
cp -p /var/log/mail.log /var/log/mail.log.1

block yaml >/etc/mxsplit/mxsplitd.yaml
walk check
grep -q refused /tmp/said || { cat /tmp/said; fail "classify saw no refusal"; }
walk import
walk start
walk observe
walk preflight
walk hand
within 60 shown "$normal"
mxsplitctl events --limit 50 >/tmp/events
for what in split restore; do grep -qw "$what" /tmp/events || { cat /tmp/events; fail "no $what in the journal"; }; done
say "the page's split and restore by hand"

# what a week would have taught it, said in minutes
sed -i 's/^    drop:.*/&\n    warm-up: 0s\n    prior-rate: 20\n    least-excess: 100\n    min-split: 1s\n    calm: 5s/' \
	/etc/mxsplit/mxsplitd.yaml
walk auto
flood() { # 100 bounces in one session
	exec 3<>/dev/tcp/192.0.2.1/25
	printf 'EHLO mx.example.net\r\n' >&3
	until IFS= read -r line <&3 && [ "${line:0:4}" = "250 " ]; do :; done
	for _ in $(seq 100); do printf 'MAIL FROM:<>\r\nRCPT TO:<nobody@example.jp>\r\nRSET\r\n'; done >&3
	printf 'QUIT\r\n' >&3
	cat <&3 >/dev/null
	exec 3>&-
	shown "$split"
}
within 120 flood
say "a flood of bounces that Postfix refuses splits the zone"
within 120 shown "$normal"
mxsplitctl events --limit 50 | sed 's/^/    /'
say "restored when it was over"
