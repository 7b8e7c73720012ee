import host
import traffic
from corpus import Corpus

CONFIG = """
pki site cert "/etc/ssl/mx.crt"
pki site key "/etc/ssl/mx.key"
table aliases file:/etc/aliases
table domains { "example.test", "example.org.test" }
table relays { "relay.test", "back.test" }
table credentials file:/etc/smtpd-credentials
table greyed { "grey@example.test" }
table special { "custom554@example.test" }
smtp max-message-size 20000
queue ttl 1h
filter grey phase rcpt-to match rcpt-to <greyed> reject "451 4.2.0 greylisted"
filter custom phase rcpt-to match rcpt-to <special> reject "554 5.7.1 Access denied"
filter checks chain { grey, custom }
listen on 0.0.0.0 tls pki site filter checks
listen on :: tls pki site filter checks
listen on 0.0.0.0 port 587 tls-require pki site auth <credentials> filter checks
listen on :: port 587 tls-require pki site auth <credentials> filter checks
action "local" mda "/usr/local/bin/deliver" alias <aliases>
action "relay" relay host smtp://198.51.100.200:2525
match from any for domain <domains> action "local"
match from any for domain <relays> action "relay"
match auth from any for any action "relay"
match from local for any action "relay"
"""


class OpenSMTPD(Corpus):
    packages = ("opensmtpd", "rsyslog")
    hostile = (
        'h from=<> result="250', "smtp envelope evpid=8819421f7678ac1f from=<> to=<victim@example.test>",
        'x>" result="550 Invalid recipient: <victim@example.test>', "0123456789abcdef smtp connected address=local host=mx1",
        "x> to=<victim@example.test> from=<")

    def __init__(self, template=host.TRADITIONAL):
        self.syslog = template

    def start(self, serve):
        secret = host.run("smtpctl", "encrypt", "secret").strip()
        host.write("/etc/smtpd-credentials", f"anna {secret}\n", 0o640)
        host.run("chown", "root:opensmtpd", "/etc/smtpd-credentials")
        host.write("/etc/aliases", "postmaster: u9\n")
        host.write("/etc/record-smtpd.conf", CONFIG)
        host.run("smtpd", "-n", "-f", "/etc/record-smtpd.conf")
        host.background("smtpd", "-F", "-f", "/etc/record-smtpd.conf")


class OverTLS(OpenSMTPD):
    """Debian 13's, whose TLS works: STARTTLS, and a user of ours on the submission port."""

    suite = "trixie"
    ports = (25, 587)

    def send(self, truth):
        super().send(truth)
        traffic.run(truth, traffic.submission(tls=True))


CORPORA = {"opensmtpd/tls": OverTLS(host.RFC3339), "opensmtpd/mta": OpenSMTPD(), "opensmtpd/rfc3339": OpenSMTPD(host.RFC3339)}
