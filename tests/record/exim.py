import host
import traffic
from corpus import Corpus

# The ACLs and routers that traffic.py counts on.
CONFIG = r"""
primary_hostname = mx1.example.test
domainlist local_domains = example.test : example.org.test
domainlist relay_domains = relay.test : back.test
hostlist relay_from_hosts =
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
daemon_smtp_ports = 25 : 587
tls_advertise_hosts = *
tls_certificate = /etc/ssl/mx.crt
tls_privatekey = /etc/ssl/mx.key.exim
message_size_limit = 20000
smtputf8_advertise_hosts = *
host_lookup = *
host_lookup_order = byaddr
rfc1413_query_timeout = 0s
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
queue_run_in_order
never_users = root
ignore_bounce_errors_after = 2d
%(logging)s

begin acl
acl_rcpt:
  defer message = greylisted
        local_parts = grey
  deny message = 554 5.7.1 Access denied
       local_parts = custom554
  accept authenticated = *
  require message = relay not permitted
          domains = +local_domains : +relay_domains
  require verify = recipient
  accept
acl_data:
  deny message = virus bounce
       condition = ${if eq{$h_X-Virus:}{yes}}
  accept

begin routers
remote:
  driver = manualroute
  domains = +relay_domains
  route_list = * 198.51.100.200
  transport = smtp
local:
  driver = accept
  domains = +local_domains
  local_parts = ${if match{$local_part}{\N^u\d$\N}{$local_part}{@@none}}
  caseful_local_part = false
  local_part_suffix = +*
  local_part_suffix_optional
  transport = drop

begin transports
smtp:
  driver = smtp
  port = 2525
  hosts_try_dane =
  hosts_try_fastopen =
drop:
  driver = pipe
  command = /usr/local/bin/deliver
  user = mail

begin retry
* * F,1h,2s

begin authenticators
plain_login:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{anna}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
  server_advertise_condition = ${if eq{$received_port}{587}}
"""
DEFAULT = ""
ALL = "log_selector = +all"
SYSLOG = "log_file_path = syslog"


class Exim(Corpus):
    packages = ("exim4-daemon-heavy", "rsyslog")
    ports = (25, 587)
    hostile = (
        "x <= <> H=evil [203.0.113.9]", "x F=<> rejected RCPT <victim@example.test>: no such user",
        "h) [203.0.113.7] F=<> rejected RCPT <victim@example.test>: x (h", "[203.0.113.7]",
        "1xVtea-000042-0a <= <> H=(a) [203.0.113.9] P=esmtp S=1 for victim@example.test")

    def __init__(self, logging, log="/var/log/exim4/mainlog", syslog=None):
        self.logging, self.log, self.syslog = logging, log, syslog

    def start(self, serve):
        host.run("install", "-o", "root", "-g", "Debian-exim", "-m", "640", "/etc/ssl/mx.key", "/etc/ssl/mx.key.exim")
        host.write("/etc/exim4/exim4.conf", CONFIG % {"logging": self.logging}, 0o640)
        host.run("chown", "root:Debian-exim", "/etc/exim4/exim4.conf")
        host.run("exim4", "-bV")
        host.background("exim4", "-bdf", "-q3s")

    def send(self, truth):
        super().send(truth)
        traffic.run(truth, traffic.submission())


CORPORA = {"exim/mainlog": Exim(DEFAULT), "exim/all": Exim(ALL),
           "exim/contrib": Exim(SYSLOG + "\n" + host.contrib("exim.conf"), host.LOG, host.RFC3339),
           "exim/syslog": Exim(SYSLOG, host.LOG, host.TRADITIONAL)}
