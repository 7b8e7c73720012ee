"""Postfix: a site with postscreen, a submission service, TLS and virtual mailboxes; and one with a content filter."""
import os
import socketserver
import threading

import host
import traffic
from corpus import Corpus

MAIN = """
compatibility_level = 3.6
myhostname = mx1.example.test
mydestination =
inet_interfaces = all
inet_protocols = all
mynetworks = 127.0.0.1/32
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access pcre:/etc/postfix/recipients
virtual_mailbox_domains = example.test, example.org.test
virtual_mailbox_maps = pcre:/etc/postfix/mailboxes
virtual_mailbox_base = /var/mail/virtual
virtual_uid_maps = static:8
virtual_gid_maps = static:8
virtual_minimum_uid = 1
relay_domains = relay.test, back.test
relay_recipient_maps =
relay_transport = smtp:[198.51.100.200]:2525
message_size_limit = 20000
header_checks = pcre:/etc/postfix/header_checks
smtputf8_enable = yes
recipient_delimiter = +
smtpd_tls_security_level = may
smtpd_tls_cert_file = /etc/ssl/mx.crt
smtpd_tls_key_file = /etc/ssl/mx.key
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:12345
smtpd_tls_auth_only = no
smtp_tls_security_level = none
alias_maps =
alias_database =
queue_run_delay = 5s
minimal_backoff_time = 5s
maximal_backoff_time = 600s
bounce_queue_lifetime = 1d
notify_classes =
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
enable_long_queue_ids = {long}
syslog_name = {name}
{more}
"""
SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
PLAIN = "smtp inet n - n - - smtpd\n"
POSTSCREEN = "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\ndnsblog unix - - n - 0 dnsblog\ntlsproxy unix - - n - 0 tlsproxy\n"
SUBMISSION = ("submission inet n - n - - smtpd\n -o syslog_name=postfix/submission\n -o smtpd_sasl_auth_enable=yes\n"
              " -o smtpd_recipient_restrictions=\n")
GREETING = """
postscreen_greet_wait = 1s
postscreen_greet_action = enforce
postscreen_denylist_action = enforce
postscreen_access_list = cidr:/etc/postfix/postscreen_access
postscreen_bare_newline_action = ignore
postscreen_cache_retention_time = 7d
"""
FILTERED = """
content_filter = smtp:[127.0.0.1]:10025
smtp_send_xforward_command = {xforward}
"""
REINJECT = ("127.0.0.1:10026 inet n - n - - smtpd\n -o syslog_name=postfix/reinject\n -o content_filter=\n -o header_checks=\n"
            " -o smtpd_recipient_restrictions=\n -o smtpd_relay_restrictions=permit_mynetworks,reject\n"
            " -o smtpd_authorized_xforward_hosts=127.0.0.1\n")


class Passwords(socketserver.StreamRequestHandler):
    """What Dovecot's auth service says to Postfix: one user, anna, with the password secret."""

    def handle(self):
        self.wfile.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef0123456789abcdef\nDONE\n")
        for line in self.rfile:
            words = line.rstrip(b"\n").split(b"\t")
            if words[0] == b"AUTH":
                good = words[-1] == b"resp=AGFubmEAc2VjcmV0"
                self.wfile.write((b"OK\t%s\tuser=anna\n" if good else b"FAIL\t%s\n") % words[1])


class Postfix(Corpus):
    packages = ("postfix", "postfix-pcre", "rsyslog")
    ports = (25, 587)
    hostile = (
        "x> to=<victim@example.test>; from=<", "y: Recipient address rejected: User unknown; from=<> to=<victim@example.test> proto=ESMTP helo=<a",
        "a>, size=1, nrcpt=1 (queue active) from=<", "NOQUEUE: reject: RCPT from evil[203.0.113.9]: 550 5.1.1 <victim@example.test>: x; from=<> to=<victim@example.test> proto=ESMTP helo=<evil>",
        "x>, relay=none, delay=0, status=sent (250 ok")

    def __init__(self, services, more="", long="no", name="postfix", syslog=None, filtered=None):
        self.services, self.more, self.long, self.name, self.syslog, self.filtered = services, more, long, name, syslog, filtered
        if filtered is not None:
            self.every = 2  # each message makes twice the lines
        if syslog:
            self.hostile = self.hostile[:3]
        else:
            self.log = "/var/log/mail.log"
            self.more += host.contrib("postfix-main.cf")

    def start(self, serve):
        passwords = socketserver.ThreadingTCPServer(("127.0.0.1", 12345), Passwords)
        passwords.daemon_threads = True
        threading.Thread(target=passwords.serve_forever, daemon=True).start()
        if self.filtered is not None:
            serve(("127.0.0.1", 10025), onward=("127.0.0.1", 10026), xforward=self.filtered)
        host.write("/etc/postfix/main.cf", MAIN.format(long=self.long, name=self.name, more=self.more))
        host.write("/etc/postfix/master.cf", self.services + SUBMISSION + SERVICES)
        host.write("/etc/postfix/mailboxes", "/^u[0-9]@/ box/\n/^\u7528\u6237@example\\.test$/ box/\n/^\"?fine \\w+\"?@example\\.test$/ box/\n")
        host.write("/etc/postfix/recipients", "/^grey@example.test$/ 451 4.2.0 greylisted\n/^custom554@example.test$/ 554 5.7.1 Access denied\n")
        host.write("/etc/postfix/header_checks", "/^X-Virus: yes/ REJECT virus bounce\n")
        host.write("/etc/postfix/postscreen_access", "127.0.3.0/24 reject\n")
        os.makedirs("/var/mail/virtual", exist_ok=True)
        host.run("chown", "mail:mail", "/var/mail/virtual")
        host.run("postfix", "start")

    def send(self, truth):
        super().send(truth)
        null = lambda kind, rcpt, **more: traffic.Talk("198.51.100.67", traffic.step(kind, "", rcpt, **more))  # noqa: E731
        traffic.run(truth, traffic.submission() + [
            null("null-utf8", "\u7528\u6237@example.test", mail="SMTPUTF8"),
            null("null-utf8-ghost", "\u03b4\u03bf\u03ba\u03b9\u03bc\u03ae@example.test", mail="SMTPUTF8"),
            null("null-quoted", '"fine fellow"@example.test')])
        if "postscreen" in self.services:
            traffic.run(truth, [traffic.Talk(f"127.0.3.{i + 1}", traffic.step("postscreen-listed", "", f"u{i}@example.test")) for i in range(6)] +
                        [traffic.Talk(f"198.51.100.{i + 90}", traffic.step("postscreen-early", "", f"ghost{i}@example.test"), early=True)
                         for i in range(6)] +
                        [traffic.Talk("127.0.3.9", traffic.step("postscreen-mail", "evil@sender.example", "u1@example.test"))])


CORPORA = {
    "postfix/postscreen": Postfix(POSTSCREEN, GREETING, syslog=host.RFC3339),
    "postfix/long-ids": Postfix(PLAIN, long="yes", name="postfix-in"),
    "postfix/filter": Postfix(PLAIN + REINJECT, FILTERED.format(xforward="no"), syslog=host.TRADITIONAL, filtered=False),
    "postfix/xforward": Postfix(PLAIN + REINJECT, FILTERED.format(xforward="yes"), long="yes", syslog=host.RFC3339, filtered=True),
}
