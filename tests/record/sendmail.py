import host
from corpus import Corpus
import traffic

MC = r"""divert(-1)
divert(0)dnl
OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
define(`confDOMAIN_NAME', `mx1.example.test')dnl
%(level)s
define(`confMAX_MESSAGE_SIZE', `20000')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0s')dnl
define(`confTO_QUEUERETURN', `1h')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
define(`confCACERT', `/etc/ssl/mx.crt')dnl
define(`confSERVER_CERT', `/etc/ssl/mx.crt')dnl
define(`confSERVER_KEY', `/etc/ssl/mx.key')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupReadableKeyFile')dnl
define(`confBAD_RCPT_THROTTLE', `8')dnl
define(`confREJECT_LOG_INTERVAL', `1m')dnl
define(`confPRIVACY_FLAGS', `authwarnings')dnl
define(`confBIND_OPTS', `-DNSRCH -DEFNAMES')dnl
define(`confSERVICE_SWITCH_FILE', `/etc/mail/service.switch')dnl
define(`LOCAL_MAILER_PATH', `[IPC]')dnl
define(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `SMTP')dnl
define(`LOCAL_MAILER_ARGS', `TCP [198.51.100.200] 2525')dnl
define(`LOCAL_MAILER_FLAGS', `mn9X')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h 2525')dnl
define(`confDELIVERY_MODE', `background')dnl
FEATURE(`nouucp', `reject')dnl
FEATURE(`preserve_local_plus_detail')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`nocanonify')dnl
FEATURE(`mailertable', `hash /etc/mail/mailertable')dnl
FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access')dnl
FEATURE(`blocklist_recipients')dnl
FEATURE(`delay_checks')dnl
%(more)s
DAEMON_OPTIONS(`Name=MTA-v4, Family=inet, Addr=0.0.0.0')dnl
DAEMON_OPTIONS(`Name=MTA-v6, Family=inet6, Modifiers=O, Addr=::')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_CONFIG
Cwexample.test example.org.test mx1.example.test
CR relay.test back.test
LOCAL_RULESETS
HX-Virus: $>CheckVirus
SCheckVirus
R yes	$#error $@ 5.7.1 $: "554 virus bounce"
Ryes	$#error $@ 5.7.1 $: "554 virus bounce"
"""
# A user of ours on the submission port, and a greeting that waits.
USERS = r"""FEATURE(`no_default_msa')dnl
define(`confAUTH_OPTIONS', `A')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
FEATURE(`greet_pause', `300')dnl
DAEMON_OPTIONS(`Name=MSA, Family=inet, Port=587, Modifiers=Ea')dnl
DAEMON_OPTIONS(`Name=MSA-v6, Family=inet6, Port=587, Modifiers=OEa')dnl"""
ACCESS = """To:grey@example.test	ERROR:4.7.1:"451 Greylisted, try later"
To:custom554@example.test	ERROR:5.7.1:"554 Access denied"
Connect:192.0.2.99	REJECT
From:spammer@sender.example	REJECT
"""


class Sendmail(Corpus):
    packages = ("sendmail-bin", "sendmail-cf", "rsyslog", "make", "sasl2-bin", "libsasl2-modules")
    hostile = (
        "a>, size=1, class=0, nrcpts=1, from=<", "x... User unknown, from=<>, relay=y",
        "h, from=<>, size=9, class=0, nrcpts=1, msgid=<z>, relay=[203.0.113.9]",
        "x>, from=<>, relay=evil", "6AOGp7DQ000528: from=<>, size=1, class=0, nrcpts=1, msgid=<a>, relay=[203.0.113.9]")

    def __init__(self, level="define(`confLOG_LEVEL', `9')dnl", template=host.TRADITIONAL, more=""):
        self.level, self.syslog, self.more = level, template, more
        if more:
            self.ports = (25, 587)

    def start(self, serve):
        host.write("/etc/mail/record.mc", MC % {"level": self.level, "more": self.more})
        host.write("/etc/mail/access", ACCESS)
        host.write("/etc/mail/mailertable", "relay.test\tesmtp:[198.51.100.200]\nback.test\tesmtp:[198.51.100.200]\n")
        host.write("/etc/mail/service.switch", "hosts\tfiles\naliases\tfiles\npasswd\tfiles\n")
        host.write("/etc/mail/aliases", "postmaster: root\nmailer-daemon: postmaster\nroot: u9\n")
        host.write("/etc/mail/local-host-names", "")
        host.write("/etc/mail/relay-domains", "")
        host.write("/etc/mail/trusted-users", "root\n")
        host.run("sh", "-c", "m4 -D_CF_DIR_=/usr/share/sendmail/cf/ /usr/share/sendmail/cf/m4/cf.m4 /etc/mail/record.mc"
                 " >/etc/mail/sendmail.cf")
        host.run("sh", "-c", "mkdir -p /var/spool/mqueue /run/sendmail/mta; chmod 700 /var/spool/mqueue; "
                 "chown -R root:root /etc/mail /var/spool/mqueue /run/sendmail; chmod 755 /etc/mail /run/sendmail /run/sendmail/mta")
        for table in ("access", "mailertable"):
            host.run("sh", "-c", f"makemap hash /etc/mail/{table} </etc/mail/{table}")
        host.run("newaliases")
        if self.more:
            host.write("/etc/sasl2/Sendmail.conf", "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n")
            host.run("saslpasswd2", "-p", "-c", "-u", "mx1.example.test", "anna", input="secret")
        host.write("/proc/sys/net/ipv6/bindv6only", "1")  # two daemons, one port
        host.background("/usr/sbin/sendmail-mta", "-L", "sm-mta", "-bD", "-q3s")

    def send(self, truth):
        super().send(truth)
        traffic.run(truth, [traffic.Talk("192.0.2.99", traffic.step("connect-refused", "", f"u{i}@example.test")) for i in range(3)] +
                    [traffic.Talk("192.0.2.98", traffic.step("sender-refused", "spammer@sender.example", "u1@example.test"))])
        if self.more:
            traffic.run(truth, traffic.submission() + traffic.submission(tls=True) +
                        [traffic.Talk(f"198.51.100.{i + 90}", traffic.step("pause-early", "", f"ghost{i}@example.test"), early=True)
                         for i in range(6)] +
                        [traffic.Talk(f"192.0.2.{i + 60}", traffic.step("password-wrong", "", f"ghost{i}@example.test"), port=587,
                                      auth=("anna", "wrong")) for i in range(3)])


CORPORA = {"sendmail/mta": Sendmail(), "sendmail/rfc3339": Sendmail("define(`confLOG_LEVEL', `14')dnl", host.RFC3339),
           "sendmail/users": Sendmail(host.contrib("sendmail.mc"), more=USERS)}
