#!/bin/bash
# Inside the tree of tests/package.sh: the page docs/getting-started.md as the package brings it, block by block and
# word by word, on a machine with systemd, BIND, Postfix (both exchangers) and rsyslog; then a flood that Postfix refuses.
# Without an argument it installs what such a machine has; `walk` is run by the systemd that was booted then.
set -eu
page=/usr/share/doc/mxsplit/getting-started.md
say() { echo "ok $*"; }
fail() {
	echo "not ok $*"
	tail -n 20 /tmp/apt.log 2>/dev/null || true
	journalctl --no-pager -n 40 -u 'mxsplit*' -u named 2>/dev/null
	exit 1
}
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "not in time: $*"
		sleep 0.3
	done
}

if [ "${1:-}" != walk ]; then
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d # no services start by themselves here
	chmod 755 /usr/sbin/policy-rc.d
	apt-get -qq update
	apt-get -qq -y --no-install-recommends install systemd-sysv dbus bind9 bind9-utils bind9-dnsutils postfix rsyslog \
		procps iproute2 >/tmp/apt.log 2>&1 || fail "apt"
	apt-get -qq -y install /tmp/this.deb >/tmp/apt.log 2>&1 || fail "the package"
	apt-get -qq -y --no-install-recommends install ansible-core python3-apt man-db >/tmp/apt.log 2>&1 || fail "ansible"
	rm /usr/sbin/policy-rc.d
	cp /tmp/this.deb /var/cache/this.deb # a booted /tmp is another
	cp "$0" /usr/local/sbin/afternoon
	cat >/etc/systemd/system/afternoon.service <<-'UNIT'
		[Unit]
		After=named.service postfix.service rsyslog.service
		[Service]
		Type=oneshot
		ExecStart=/bin/bash /usr/local/sbin/afternoon walk
		StandardOutput=file:/afternoon.log
		StandardError=file:/afternoon.log
		TimeoutStartSec=20min
		ExecStopPost=systemctl poweroff --no-block
		[Install]
		WantedBy=multi-user.target
	UNIT
	exec systemctl --quiet enable afternoon
fi

# block NAME: as it stands between the fences after its mark
block() { awk -v mark="<!-- runs: $1 -->" '$0 == mark { at = 1; next } at == 2 && /^```/ { exit } at == 2
	at == 1 && /^```/ { at = 2 }' "$page"; }
walk() {
	block "$1" >/tmp/block
	[ -s /tmp/block ] || fail "the page has no block $1"
	sed "s/^/    $1: /" /tmp/block
	bash -eu /tmp/block >/tmp/said 2>&1 || { cat /tmp/said; fail "$1"; }
	sed 's/^/    | /' /tmp/said
}
shown() { [ "$(dig +short +norecurse @192.0.2.53 example.jp MX | sort | tr '\n' ' ')" = "$1" ]; }
split='20 mta2.example.jp. '
normal="10 mta1.example.jp. $split"
mail() { smtp-source -f someone@example.net -t "$1@example.jp" 192.0.2.1:25 >/dev/null 2>&1 || true; }

# the machine that the page presumes: a zone, Postfix for both exchangers, mail.log
ip link set lo up
for address in 192.0.2.53 192.0.2.1 192.0.2.2; do ip address add $address/32 dev lo; done
rm -f /etc/resolv.conf
echo 'nameserver 192.0.2.53' >/etc/resolv.conf
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
postconf -e myhostname=mta1.example.jp mydestination=example.jp inet_interfaces=all mynetworks=127.0.0.0/8 \
	'local_recipient_maps=inline:{ info=x }' smtpd_client_connection_rate_limit=0 smtpd_error_sleep_time=0 \
	smtpd_hard_error_limit=1000 smtpd_soft_error_limit=1000
useradd -m info
systemctl restart named postfix rsyslog
mail info
mail nobody
within 60 grep -q NOQUEUE /var/log/mail.log
mv /var/log/mail.log /var/log/mail.log.1
systemctl kill --kill-whom=main -s HUP rsyslog
mail info
mail nobody
within 60 grep -q NOQUEUE /var/log/mail.log

walk key
block named >>/etc/bind/named.conf.local
rndc reconfig
within 60 shown "$normal"
block yaml >/etc/mxsplit/mxsplitd.yaml
walk check
walk import
walk start
walk observe
walk preflight
walk hand
within 60 shown "$normal"
mxsplitctl events --limit 50 >/tmp/events
for what in split restore; do grep -qw "$what" /tmp/events || fail "no $what in the journal: $(cat /tmp/events)"; done
say "the page's split and restore by hand"

# the manual by its real reader, and the same text as the page
mxsplitctl help mxsplitd.yaml >/tmp/shown
man mxsplitd.yaml 2>/dev/null | cmp - /tmp/shown || fail "help shows another page than man"
grep -q least-excess /tmp/shown || fail "help: $(head -n 3 /tmp/shown)"
say "mxsplitctl help shows the page"

# an afternoon's restarts do not use up the unit's starts; a file that is wrong is said once, and a start mends it
for _ in 1 2 3 4 5 6 7 8; do systemctl restart mxsplitd; done
cp -p /etc/mxsplit/mxsplitd.yaml /tmp/good.yaml
echo 'nonsense: yes' >>/etc/mxsplit/mxsplitd.yaml
systemctl restart mxsplitd 2>/dev/null && fail "started with a wrong file"
given_up() { systemctl -q is-failed mxsplitd && ! systemctl -q is-active mxsplit-restore; }
within 60 given_up
[ "$(systemctl show -P NRestarts mxsplitd)" = 0 ] || fail "a wrong file was tried again"
[ "$(journalctl -u mxsplitd --no-pager | grep -c 'unknown setting "nonsense"')" = 1 ] || fail "what is wrong was not said once"
cp -p /tmp/good.yaml /etc/mxsplit/mxsplitd.yaml
systemctl start mxsplitd
shown "$normal" || fail "the zone after restarts: $(dig +short @192.0.2.53 example.jp MX)"
say "nine starts by hand and a wrong file"

# what a week would have taught it, said in minutes
sed -i 's/^    drop:.*/&\n    warm-up: 0s\n    prior-rate: 20\n    least-excess: 100\n    min-split: 1s\n    quiet: 5s\n    calm: 5s/' \
	/etc/mxsplit/mxsplitd.yaml
walk auto
flood() { # 60 bounces in one session
	exec 3<>/dev/tcp/192.0.2.1/25
	IFS= read -r line <&3 || return 1 # who speaks before the greeting is refused by newer Postfix
	printf 'EHLO mx.example.net\r\n' >&3
	until [ "${line:0:4}" = "250 " ]; do IFS= read -r line <&3 || return 1; done
	for _ in $(seq 60); do printf 'MAIL FROM:<>\r\nRCPT TO:<nobody@example.jp>\r\nRSET\r\n'; done >&3
	printf 'QUIT\r\n' >&3
	cat <&3 >/dev/null
	exec 3>&-
	sleep 1
	shown "$split"
}
within 120 flood
say "a flood of bounces that Postfix refuses splits the zone"
quiet() { # mail goes on
	mail info
	shown "$normal"
}
within 900 quiet
say "restored when it was over"

# a key that systemd hands in: root's alone
for unit in mxsplitd mxsplit-restore mxsplit-rope; do
	mkdir -p /etc/systemd/system/$unit.service.d
	cp /usr/share/doc/mxsplit/examples/systemd/credentials.conf /etc/systemd/system/$unit.service.d/
done
mxsplitctl token add somebody --role read --file /etc/mxsplit/tokens >/dev/null
chown root:root /etc/mxsplit/ns1.key /etc/mxsplit/tokens
chmod 600 /etc/mxsplit/ns1.key /etc/mxsplit/tokens
sed -i 's,key-file:.*,key-file: "${CREDENTIALS_DIRECTORY}/ns1.key",; 1i tokens: "${CREDENTIALS_DIRECTORY}/tokens"' \
	/etc/mxsplit/mxsplitd.yaml
systemctl daemon-reload
systemctl restart mxsplitd
mxsplitctl split example.jp --for 1h --reason 'a key of systemd' >/dev/null
within 60 shown "$split"
say "a key by LoadCredential"

# a loop that does not turn: the watchdog
printf '[Service]\nWatchdogSec=5s\nTimeoutAbortSec=2s\nRestartSec=1s\n' >/etc/systemd/system/mxsplitd.service.d/haste.conf
systemctl daemon-reload
systemctl restart mxsplitd
main() { systemctl show -P MainPID mxsplitd; }
hung=$(main)
systemctl kill --kill-whom=main -s STOP mxsplitd
another() { [ "$(main)" -gt 0 ] && [ "$(main)" != "$hung" ] && systemctl -q is-active mxsplitd; }
within 60 another
[ "$(systemctl show -P NRestarts mxsplitd)" -ge 1 ] || fail "not started anew by systemd"
within 60 mxsplitctl status
shown "$split" || fail "the zone after the watchdog's restart"
say "a daemon that hangs: killed by the watchdog, started again, its split stays"

# sockets that systemd holds
cp /usr/share/doc/mxsplit/examples/systemd/mxsplitd.socket /etc/systemd/system/
printf '[Service]\nRuntimeDirectoryPreserve=yes\n' >/etc/systemd/system/mxsplitd.service.d/socket.conf # as it says
systemctl stop mxsplitd
systemctl daemon-reload
systemctl --quiet enable --now mxsplitd.socket
systemctl -q is-active mxsplitd && fail "started before anybody asked"
within 60 mxsplitctl status
systemctl -q is-active mxsplitd || fail "not started by who asked"
before=$(main)
systemctl kill --kill-whom=main -s KILL mxsplitd
killed() { [ "$(main)" != "$before" ]; }
within 60 killed
within 60 mxsplitctl status
mxsplitctl status >/dev/null || fail "the socket after a restart"
say "socket activation: started by the first who asked, and by the next after a kill"
systemctl stop mxsplitd mxsplitd.socket
rm /etc/systemd/system/mxsplitd.socket /etc/systemd/system/mxsplitd.service.d/{haste,socket}.conf
systemctl daemon-reload
systemctl start mxsplitd
within 60 mxsplitctl status

# the daemon cannot be kept alive: OnFailure restores
printf '[Unit]\nStartLimitBurst=2\n[Service]\nRestartSec=1s\nExecStart=\nExecStart=/bin/false\n' \
	>/etc/systemd/system/mxsplitd.service.d/dies.conf
systemctl daemon-reload
systemctl kill --kill-whom=main -s KILL mxsplitd
within 120 shown "$normal"
systemctl show -p Result,ExecMainStatus mxsplit-restore | sed 's/^/    /'
say "a daemon that cannot be kept alive: its zone is restored"

# the dead man's rope: the daemon dies in a split, nobody starts it, the timer comes round
systemctl stop mxsplitd mxsplit-rope.timer
systemctl -q mask --runtime mxsplit-restore # and OnFailure's unit is not there
printf '[Service]\nRestart=no\n' >/etc/systemd/system/mxsplitd.service.d/dies.conf
mkdir -p /etc/systemd/system/mxsplit-rope.timer.d
printf '[Timer]\nAccuracySec=1s\nOnUnitActiveSec=\nOnBootSec=1s\nOnUnitActiveSec=5s\n' \
	>/etc/systemd/system/mxsplit-rope.timer.d/haste.conf
sed -i 's/^    drop:.*/&\n    max-split: 30s/' /etc/mxsplit/mxsplitd.yaml
systemctl daemon-reload
systemctl reset-failed
systemctl start mxsplitd mxsplit-rope.timer
within 60 mxsplitctl status
mxsplitctl split example.jp --for 1h --reason 'the rope' >/dev/null
within 60 shown "$split"
systemctl kill --kill-whom=main -s KILL mxsplitd
dead() { systemctl -q is-failed mxsplitd; }
within 60 dead
turns() { journalctl -u mxsplit-rope --no-pager | grep -c 'Finished' || true; }
before=$(turns)
twice() { [ "$(turns)" -ge $((before + 2)) ]; }
within 60 twice
shown "$split" || fail "the rope before max-split was over"
within 120 shown "$normal"
journalctl -u mxsplit-rope --no-pager -n 3 | sed 's/^/    /'
say "the dead man's rope: the timer comes round and restores a dead daemon's split"
systemctl -q unmask --runtime mxsplit-restore
rm -r /etc/systemd/system/mxsplit*.d

# the Ansible role, over all that: it makes its own configuration of it, and the second time nothing
key=$(cat /etc/mxsplit/ns1.key)
cp -r /usr/share/doc/mxsplit/examples/ansible /tmp/
systemctl daemon-reload
systemctl reset-failed
mv /etc/mxsplit/* /tmp/
systemctl -q disable --now mxsplit-rope.timer mxsplitd
role() {
	ansible-playbook -i localhost, --connection local -e '{"mxsplit_deb": "/var/cache/this.deb"}' \
		-e "$(python3 -c 'import json, sys; print(json.dumps({"vault_mxsplit_key": sys.argv[1]}))' "$key")" \
		/tmp/ansible/site.yml >/tmp/said 2>&1 || { cat /tmp/said; fail "the role"; } >&2
	grep '^localhost' /tmp/said
}
role >/tmp/first
cat /tmp/first
grep -q 'changed=[1-9]' /tmp/first || fail "the role did nothing"
within 60 mxsplitctl status
mxsplitctl status | grep -q 'example.jp .* observe' || fail "status after the role: $(mxsplitctl status)"
for unit in mxsplitd mxsplit-rope.timer; do
	systemctl -q is-enabled $unit && systemctl -q is-active $unit || fail "$unit after the role"
done
role >/tmp/second
cat /tmp/second
grep -q 'changed=0 ' /tmp/second || { cat /tmp/said; fail "the role changes something each time"; }
say "the Ansible role: the second time it changes nothing"
say "the end"
