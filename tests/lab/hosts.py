"""The hosts of the experiment, each as its own program wants it: name servers, resolvers, mail exchangers, senders.

    10.53.0.1  a root of our own     .2 primary of example.test    .5 its secondary    .9 mxsplitd and the run itself
    10.53.0.10 mta1                  .20 mta2
    10.53.0.30 and on: regulars, behind Unbound or BIND             10.53.101.1, 10.53.102.1 and on: strangers
"""
import os
import subprocess

from net import RUN

DOMAIN = "example.test"
ROOT_NS, PRIMARY, SECONDARY, OWN, MTA1, MTA2 = (f"10.53.0.{n}" for n in (1, 2, 5, 9, 10, 20))
TTL = 604800
FILTER_PORT = 10025


def regulars(caps):
    """name: (address, how long its resolver keeps anything). The longest cap is BIND's own and means BIND, others Unbound."""
    return {f"{'bind' if cap == TTL else 'unbound'}{n}": (f"10.53.0.{30 + n}", cap) for n, cap in enumerate(caps)}


def stranger(number):
    return f"10.53.{101 + number}.1"  # each in a /24 of its own, as strangers are


def versions():
    """Of what the hosts are made of."""
    postfix = subprocess.run(["postconf", "-h", "-d", "mail_version"], check=True, capture_output=True, text=True).stdout
    named_v = subprocess.run(["named", "-v"], check=True, capture_output=True, text=True).stdout
    unbound_v = subprocess.run(["unbound", "-V"], check=True, capture_output=True, text=True).stdout
    return {"postfix": postfix.strip(), "bind": named_v.split()[1], "unbound": unbound_v.split()[1], "kernel": os.uname().release.split("-")[0]}


def write(name, text, mode=0o644):
    path = os.path.join(RUN, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


NAMED = """options { directory "%(dir)s"; pid-file none; session-keyfile none; listen-on { %(at)s; }; listen-on-v6 { none; };
	query-source address %(at)s; dnssec-validation no; empty-zones-enable no; %(more)s };
controls { };
"""
SOA = "@ 86400 SOA ns1.example.test. hostmaster.example.test. 1 3600 600 1209600 60\n"


def named(net, host, name, at, more, zones=""):
    directory = os.path.join(RUN, name)
    os.makedirs(directory, exist_ok=True)
    path = write(f"{name}/named.conf", NAMED % {"dir": directory, "at": at, "more": more} + zones)
    net.start(host, ["named", "-g", "-n", "1", "-c", path], log=f"{directory}/log")


def name_servers(net):
    """The root, the primary (grants us the MX set and nothing else) and the secondary. Returns the path of our key."""
    keys = {}
    for key in ("mxsplit", "transfer"):
        text = subprocess.run(["tsig-keygen", "-a", "hmac-sha256", key], check=True, capture_output=True, text=True).stdout
        keys[key] = (write(f"{key}.key", text, 0o600), text)
    net.host("root", ROOT_NS)
    net.host("primary", PRIMARY)
    net.host("secondary", SECONDARY)
    write("root/root.db", f"$TTL 86400\n{SOA}@ NS a.root.\na.root. A {ROOT_NS}\n{DOMAIN}. NS ns1.{DOMAIN}.\n"
          f"{DOMAIN}. NS ns2.{DOMAIN}.\nns1.{DOMAIN}. A {PRIMARY}\nns2.{DOMAIN}. A {SECONDARY}\n")
    write("root/reverse.db", "$TTL 86400\n" + SOA + f"@ NS a.root.\n10.0 PTR mta1.{DOMAIN}.\n20.0 PTR mta2.{DOMAIN}.\n")
    named(net, "root", "root", ROOT_NS, "recursion no; notify no;",
          'zone "." { type primary; file "root.db"; };\nzone "53.10.in-addr.arpa" { type primary; file "reverse.db"; };\n')
    write("primary/zone.db", f"$TTL {TTL}\n" + SOA + f"@ NS ns1\n@ NS ns2\n@ MX 10 mta1\n@ MX 20 mta2\nns1 A {PRIMARY}\n"
          f"ns2 A {SECONDARY}\nmta1 A {MTA1}\nmta2 A {MTA2}\n")
    named(net, "primary", "primary", PRIMARY, "recursion no; notify explicit; notify-delay 0; max-ixfr-ratio unlimited; "
          f'notify-source {PRIMARY}; also-notify {{ {SECONDARY} key "transfer"; }}; allow-transfer {{ key "transfer"; }};',
          keys["mxsplit"][1] + keys["transfer"][1] +
          f'zone "{DOMAIN}" {{ type primary; file "zone.db"; update-policy {{ grant mxsplit name {DOMAIN}. MX; }}; }};\n')
    named(net, "secondary", "secondary", SECONDARY, "recursion no; notify no; allow-transfer { none; }; "
          "max-refresh-time 10; min-refresh-time 5; max-retry-time 10; min-retry-time 5;",
          keys["transfer"][1] + f'zone "{DOMAIN}" {{ type secondary; file "zone.db"; masterfile-format text; '
          f'primaries {{ {PRIMARY} key "transfer"; }}; allow-notify {{ {PRIMARY}; }}; }};\n')
    return keys["mxsplit"][0]


def unbound(net, host, at, cap):
    """A resolver that keeps nothing longer than `cap` seconds. It has empty zones for test. and 10.in-addr.arpa. built in."""
    name = f"unbound.{at}"
    hints = write("hints", f". 3600000 NS a.root.\na.root. 3600000 A {ROOT_NS}\n")
    path = write(f"{name}/unbound.conf", f"""server:
	directory: "{RUN}/{name}"
	pidfile: ""
	use-syslog: no
	chroot: ""
	username: ""
	interface: {at}
	outgoing-interface: {at}
	access-control: 10.0.0.0/8 allow
	do-ip6: no
	num-threads: 1
	module-config: "iterator"
	root-hints: "{hints}"
	local-zone: "test." nodefault
	local-zone: "10.in-addr.arpa." nodefault
	cache-max-ttl: {cap}
remote-control:
	control-enable: no
""")
    net.start(host, ["unbound", "-d", "-c", path], log=f"{RUN}/{name}/log")


def bind_resolver(net, host, at):
    write("resolver/hints.db", f". 3600000 NS a.root.\na.root. 3600000 A {ROOT_NS}\n")
    named(net, host, "resolver", at, "recursion yes; allow-recursion { any; };", 'zone "." { type hint; file "hints.db"; };\n')


MAIN_CF = """compatibility_level = 3.6
queue_directory = %(dir)s/spool
data_directory = %(dir)s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
multi_instance_name = postfix-%(name)s
syslog_name = postfix
maillog_file = %(dir)s/maillog
maillog_file_prefixes = %(run)s
myhostname = %(name)s.%(domain)s
inet_protocols = ipv4
inet_interfaces = %(at)s, 127.0.0.1
smtp_bind_address = %(at)s
alias_maps =
alias_database =
local_recipient_maps =
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
minimal_backoff_time = 10s
maximal_backoff_time = 30s
queue_run_delay = 5s
"""
MASTER_CF = """%(listen)s inet n - n - %(processes)s smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
filter unix - - n - %(capacity)s smtp
	-o smtp_bind_address=127.0.0.1
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def postfix(net, host, name, at, resolver, more, processes="-", capacity="-"):
    """An instance of its own; its log is RUN/name/maillog. Returns how to command it."""
    directory = os.path.join(RUN, name)
    for part in ("spool", "data"):
        os.makedirs(os.path.join(directory, part))
    subprocess.run(["chown", "postfix", f"{directory}/data"], check=True)
    values = {"dir": directory, "run": RUN, "name": name, "at": at, "domain": "senders.test" if "mta" not in name else DOMAIN}
    write(f"{name}/etc/main.cf", MAIN_CF % values + more)
    write(f"{name}/etc/master.cf", MASTER_CF % {"listen": f"{at}:25", "processes": processes, "capacity": capacity})
    net.start(host, ["postfix", "-c", f"{directory}/etc", "start-fg"], resolver=resolver, log=f"{directory}/out")
    return ["ip", "netns", "exec", host, "postfix", "-c", f"{directory}/etc"]


def exchanger(net, name, at, bound, capacity):
    """bound "queue": a filter behind the queue takes one second a message, `capacity` at a time; "smtpd": each of
    `capacity` smtpd processes is held one second by a message."""
    net.host(name, at)
    more = f"mydestination = {DOMAIN}\nlocal_transport = discard:\nsmtpd_sender_restrictions =\n"
    if bound == "smtpd":
        more += "smtpd_data_restrictions = sleep 1\n"
        return postfix(net, name, name, at, ROOT_NS, more, processes=capacity)
    more += (f"content_filter = filter:[127.0.0.1]:{FILTER_PORT}\nfilter_destination_concurrency_limit = {capacity}\n"
             f"filter_initial_destination_concurrency = {capacity}\nfilter_destination_concurrency_failed_cohort_limit = 0\n")
    net.start(name, ["smtp-sink", "-u", "postfix", "-w", "1", f"127.0.0.1:{FILTER_PORT}", "256"], log=f"{RUN}/{name}.sink")
    return postfix(net, name, name, at, ROOT_NS, more, capacity=capacity)


def sender(net, host, name, at, keep_sessions):
    more = ("mydestination =\nmynetworks = 10.0.0.0/8, 127.0.0.0/8\n"
            f"smtp_connection_cache_on_demand = {'yes' if keep_sessions else 'no'}\n")
    return postfix(net, host, name, at, at, more)
