import host
import traffic
from corpus import Corpus

CONTROL = {
    "me": "mx1.example.test", "locals": "example.test\nexample.org.test\nmx1.example.test",
    "rcpthosts": "example.test\nexample.org.test\nmx1.example.test\nrelay.test\nback.test",
    "smtproutes": "relay.test:198.51.100.200:2525\nback.test:198.51.100.200:2525",
    "databytes": "20000", "badmailfrom": "spammer@sender.example"}
ALIASES = {"postmaster": "|/usr/local/bin/deliver", "grey": "|exit 111", "custom554": "|echo Access denied; exit 100"}
LOGS = "/var/log/qmail"
SEND = "qmail-start '|/usr/local/bin/deliver'"
SMTPD = ("tcpserver -v -H -R -l mx1.example.test -x /etc/qmail/tcp.smtp.cdb -c 40 -u $(id -u qmaild) -g $(id -g qmaild) "
         "{address} 25 qmail-smtpd 2>&1")


class Qmail(Corpus):
    """netqmail 1.06 of Ubuntu 20.04, the last that has a package of it, started as its qmail-run does."""

    suite = "focal"
    packages = ("qmail", "qmail-uids-gids", "daemontools", "ucspi-tcp-ipv6", "rsyslog")
    log = LOGS + "/current"
    syslog = None
    hostile = (
        "a>_qp_1_uid_2_from_<", "a> qp 1 uid 2 from <", "info msg 332: bytes 309 from <> qp 143 uid 6012",
        "starting delivery 1: msg 1 to local victim@example.test", "bounce msg 1 qp 1", "x/ delivery 1: success: did_0+0+0/")

    def __init__(self, verify="", syslog=None):
        self.verify = verify
        if verify:
            self.every, self.beside = 2, {"smtpd": LOGS + "/smtpd/current"}
        if syslog:
            self.every, self.syslog, self.log = 2, syslog, host.LOG

    def before_install(self):
        host.write("/etc/qmail/me", CONTROL["me"] + "\n")  # or its postinst wants a name of this machine

    def logger(self, name, directory):
        if self.syslog:
            return f"splogger {name}"
        host.run("install", "-d", "-o", "qmaill", directory)
        return f"setuidgid qmaill multilog t s16777215 {directory}"

    def start(self, serve):
        for name, lines in CONTROL.items():
            host.write(f"/etc/qmail/{name}", lines + "\n")
        for name, line in ALIASES.items():
            host.write(f"/var/lib/qmail/alias/.qmail-{name}", line + "\n")
        host.run("tcprules", "/etc/qmail/tcp.smtp.cdb", "/etc/qmail/tcp.smtp.tmp",
                 input="192.0.2.99:deny\n:allow" + (f',VERIFY="{self.verify}"' if self.verify else "") + "\n")
        path = "PATH=/var/lib/qmail/bin:$PATH; "
        if self.verify:
            host.background("sh", "-c", "exec /usr/sbin/qmail-verify 2>/dev/null")  # it tells of each
        host.background("sh", "-c", f"{path}{SEND} | {self.logger('qmail', LOGS)}")
        smtpd = self.logger("smtpd", LOGS + "/smtpd")
        host.background("sh", "-c", f"{path}{SMTPD.format(address='0')} | {smtpd}")

    def send(self, truth):
        super().send(truth)
        traffic.run(truth, [traffic.Talk("192.0.2.98", traffic.step("sender-refused", "spammer@sender.example", "u1@example.test"))])


CORPORA = {"qmail/multilog": Qmail(), "qmail/verify": Qmail(verify=":"), "qmail/splogger": Qmail(syslog=host.TRADITIONAL)}
