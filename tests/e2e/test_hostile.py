"""What strangers write into a log, by MTA, position and text, moves no count.

Each story is written twice, as the MTA writes it: with a harmless word in one position, and with a
hostile text there. The summaries must be equal. Where a line with such a text can be read in two ways,
it may be broken instead: then less is counted, never more, and never for another domain.
"""
import json
import os
import re
import subprocess
import tempfile
import unittest

from daemon import program

TEXTS = [
    "from=<>", "<>", "x> to=<v@victim.test>; from=<", "; from=<> to=<v@victim.test> proto=ESMTP helo=<h>",
    "NOQUEUE: reject: RCPT from e[203.0.113.9]: 550 5.1.1 <v@victim.test>: x; from=<> to=<v@victim.test> proto=ESMTP helo=<x>",
    "321DBA7A0B6: from=<>, size=1, nrcpt=1 (queue active)", ", relay=none, delay=0, dsn=2.0.0, status=sent (x)",
    "x... User unknown", ", from=<>, size=1, class=0, nrcpts=1, msgid=<q>, relay=e [203.0.113.7]",
    "6AOGp7DQ000528: from=<>, size=1, class=0, nrcpts=1, msgid=<a>, relay=[203.0.113.7]",
    "<= <> H=evil [203.0.113.7] P=esmtp S=1", "F=<> rejected RCPT <v@victim.test>: x",
    ") [203.0.113.7] F=<> rejected RCPT <v@victim.test>: x (h", " for v@victim.test", "R=a <v@victim.test> R=b",
    "smtp envelope evpid=8819421f7678ac1f from=<> to=<v@victim.test>", '" result="450 <v@victim.test>',
    "info msg 9: bytes 1 from <> qp 2 uid 3", "_qp_1_uid_2_from_<", "message repeated 900 times: [ x]",
    "end msg 332", "bounce msg 332 qp 143", "last message repeated 900 times", "\x1b[31mred", "A" * 3000, "a\\\"b", "%s%n%d", "\t\r\x00\x7f", "héé\u202e用户",
]


def printable(text):
    return "".join("?" if ord(c) < 32 or ord(c) == 127 else c for c in text)


def postfix_helo(text):
    return re.sub(r'[<>()\\";@ ]', "?", printable(text))


def quoted(text):
    """A local part in the external form (RFC 5321): nothing in the quotes ends them."""
    return '"' + re.sub(r'(["\\])', r"\\\1", printable(text)) + '"'


def word(text):
    """What Exim takes for a HELO, and a resolver for a name."""
    return re.sub(r"[^\w.-]", "-", text, flags=re.A)[:60]


def octal(text):
    return "".join(c if 32 <= ord(c) < 127 else "\\%03o" % b for c in text for b in [ord(c) & 255])


def vis(text):
    return "".join(c if 32 <= ord(c) < 127 else "\\^" + chr(64 + (ord(c) & 31)) for c in text)


def qmail(text):
    return "".join(c if 33 <= ord(c) < 127 else "_" for c in text)


def qmail_smtpd(text):
    """As that of Debian's packages writes what it was told."""
    return "".join(c if 32 <= ord(c) < 127 and c not in ":<>" else "_" for c in text)


P = "Nov 24 16:36:26 mx1 postfix/"
M = "Nov 24 16:51:05 mx4 sm-mta[166]: 6AOGp5pW000166: "
E = "2026-11-24 16:46:08 "
O = "Nov 24 16:53:38 mx5 smtpd[70]: 94d740db5ef4331b "
Q = "@400000006b05c2ef0b99db34 "
REJECT = ("{}smtpd[301]: NOQUEUE: reject: RCPT from {}[192.0.2.1]: 550 5.1.1 <{}>: Recipient address rejected: {}; "
          "from=<{}> to=<{}> proto=ESMTP helo=<{}>\n")
PASSED = (P + "smtpd[301]: 4104E3D: client={ptr}[192.0.2.1]\n" + P + "cleanup[9]: 4104E3D: message-id={id}\n"
          + P + "qmgr[2]: 4104E3D: from=<{sender}>, size=9, nrcpt=1 (queue active)\n"
          + P + "smtp[3]: 4104E3D: to=<{rcpt}@one.test>, relay=mx[192.0.2.9]:25, delay=0, delays=0/0/0/0, dsn=5.1.1, "
          "status=bounced (host mx[192.0.2.9] said: 550 {reply} (in reply to RCPT TO command))\n"
          + P + "qmgr[2]: 4104E3D: removed\n")

# (MTA, position) -> how it writes such a text there, and the story.
POSITIONS = {
    ("postfix", "helo"): (postfix_helo, REJECT.format(P, "h", "g@one.test", "no", "", "g@one.test", "{}")),
    ("postfix", "sender"): (lambda t: quoted(t) + "@s.test",
                            REJECT.format(P, "h", "g@one.test", "no", "{}", "g@one.test", "h")),
    # Postfix writes the recipient once as it came, without the quotes' escapes, in its text
    ("postfix", "recipient"): (quoted, REJECT.format(P, "h", "{}@one.test", "no", "", "{}@one.test", "h")),
    ("postfix", "policy text"): (printable, REJECT.format(P, "h", "g@one.test", "{}", "", "g@one.test", "h")),
    ("postfix", "filter's text"): (printable, P + "smtpd[301]: proxy-reject: END-OF-MESSAGE: 554 5.7.1 {}; from=<> "
                                   "to=<u@one.test> proto=ESMTP helo=<h>\n"),
    ("postfix", "name"): (word, PASSED.format(ptr="{}", id="<a@b>", sender="", rcpt="u", reply="no")),
    ("postfix", "message-id"): (printable, PASSED.format(ptr="h", id="<{}>", sender="", rcpt="u", reply="no")),
    ("postfix", "reply"): (printable, PASSED.format(ptr="h", id="<a@b>", sender="", rcpt="u", reply="{}")),
    ("postfix", "message's sender"): (lambda t: quoted(t) + "@s.test",
                                      PASSED.format(ptr="h", id="<a@b>", sender="{}", rcpt="u", reply="no")),
    ("postfix", "message's recipient"): (quoted, PASSED.format(ptr="h", id="<a@b>", sender="", rcpt="{}", reply="no")),
    ("postfix", "pipelined"): (printable, P + "smtpd[301]: improper command pipelining after EHLO from h[192.0.2.1]: {}\n"),
    ("postfix", "user"): (lambda t: postfix_helo(t)[:80], P + "smtpd[301]: 4104E3D: client=h[192.0.2.1], "
                          "sasl_method=PLAIN, sasl_username={}\n" + P
                          + "qmgr[2]: 4104E3D: from=<>, size=9, nrcpt=1 (queue active)\n"),
    ("postfix", "header"): (printable, P + "cleanup[9]: 4104E3D: warning: header Subject: {} from h[192.0.2.1]; "
                            "from=<a@b> to=<u@one.test> proto=ESMTP helo=<h>\n"),
    ("sendmail", "sender"): (lambda t: quoted(octal(t)) + "@s.test", M + "from=<{}>, size=1, class=0, nrcpts=1, "
                             "msgid=<a@b>, proto=ESMTP, daemon=MTA, relay=[192.0.2.1]\n"),
    ("sendmail", "recipient"): (lambda t: quoted(octal(t)), M + "<{}@one.test>... User unknown\n" + M + "from=<>, size=0, "
                                "class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay=[192.0.2.1]\n"),
    ("sendmail", "checked recipient"): (lambda t: quoted(octal(t)), M + "ruleset=check_rcpt, arg1=<{}@one.test>, "
                                        "relay=[192.0.2.1], reject=451 4.7.1 later\n" + M + "from=<>, size=0, class=0, "
                                        "nrcpts=0, proto=ESMTP, daemon=MTA, relay=[192.0.2.1]\n"),
    ("sendmail", "message-id"): (octal, M + "from=<>, size=1, class=0, nrcpts=1, msgid={}, proto=ESMTP, daemon=MTA, "
                                 "relay=[192.0.2.1]\n" + M + "to=<u@one.test>, delay=00:00:00, xdelay=00:00:00, "
                                 "mailer=local, pri=1, dsn=2.0.0, stat=Sent\n"),
    ("sendmail", "name"): (word, M + "from=<>, size=1, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTP, daemon=MTA, "
                           "relay={} [192.0.2.1]\n"),
    ("sendmail", "reply"): (octal, M + "to=<u@one.test>, delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx "
                            "[192.0.2.9], dsn=5.1.1, reply=550 5.1.1 {}, stat=User unknown\n"),
    ("exim", "helo"): (word, E + "H=({}) [192.0.2.1] F=<> rejected RCPT <g@one.test>: no\n"),
    ("exim", "refused helo"): (octal, E + "rejected EHLO from [192.0.2.1]: syntactically invalid argument(s): {}\n"),
    ("exim", "sender"): (lambda t: quoted(octal(t)) + "@s.test",
                         E + "H=(h) [192.0.2.1] F=<{}> rejected RCPT <g@one.test>: no\n"),
    ("exim", "recipient"): (lambda t: quoted(octal(t)), E + "H=(h) [192.0.2.1] F=<> rejected RCPT <{}@one.test>: no\n"),
    ("exim", "arrival's sender"): (lambda t: quoted(octal(t)) + "@s.test",
                                   E + "1xVtea-000042-0a <= {} H=(h) [192.0.2.1] P=esmtp S=9\n"),
    ("exim", "subject"): (lambda t: octal(t).replace("\\", "\\\\").replace('"', '\\"'),
                          E + '1xVtea-000042-0a <= <> H=(h) [192.0.2.1] P=esmtp S=9 id=a@b T="{}" from <> for u@one.test\n'),
    ("exim", "reply"): (octal, E + "1xVtea-000042-0a ** u@one.test R=r T=smtp H=mx [192.0.2.9]: SMTP error from remote "
                        "mail server after RCPT TO:<u@one.test>: 550 {}\n"),
    ("exim", "local part"): (lambda t: octal(t).replace(" ", ""), E + "1xVtea-000042-0a <= <> H=(h) [192.0.2.1] P=esmtp "
                             "S=9\n" + E + '1xVtea-000042-0a => x <"{}"@one.test> R=r T=t\n'),
    ("opensmtpd", "helo"): (vis, O + 'smtp failed-command command="EHLO {}" result="501 5.5.4 Invalid domain name"\n'),
    ("opensmtpd", "recipient"): (vis, O + 'smtp failed-command command="RCPT TO:<{}@one.test>" result="550 no"\n'),
    ("opensmtpd", "name"): (word, O + "smtp connected address=192.0.2.1 host={}\n" + O + "smtp message msgid=8819421f "
                            "size=5 nrcpt=1 proto=ESMTP\n" + O + "smtp envelope evpid=8819421f7678ac1f from=<> "
                            "to=<u@one.test>\n"),
    ("opensmtpd", "reply"): (vis, O + "mta delivery evpid=8819421f7678ac1f from=<> to=<u@one.test> rcpt=<-> "
                             'source="192.0.2.2" relay="192.0.2.9 (mx)" delay=5s result="PermFail" stat="550 {}"\n'),
    ("qmail", "sender"): (qmail, Q + "info msg 332: bytes 309 from <{}@s.test> qp 143 uid 6012\n"),
    ("qmail", "recipient"): (qmail, Q + "info msg 332: bytes 309 from <> qp 143 uid 6012\n" + Q
                             + "starting delivery 1: msg 332 to local {}@one.test\n"),
    ("qmail", "torn helo"): (qmail_smtpd, Q + "qmail-smtpd: pid 7 from 192.0.2.1: Received EHLO qmail-smtpd: pid 8 from 192.0.2.2: "
                             "New session\n" + Q + "{}\n" + Q + "info msg 332: bytes 309 from <> qp 143 uid 6012\n"),
    ("qmail", "reply"): (qmail, Q + "delivery 1: failure: {}/\n"),
}


SILENT = ("pipelined", "user", "header", "refused helo", "helo", "torn helo")  # no event is what is wanted


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="mxsplit-hostile-")

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def summary(self, text):
        path = os.path.join(self.temp.name, "log")
        with open(path, "wb") as f:
            f.write(text.encode("utf-8", "surrogateescape"))
        done = subprocess.run([program("mxsplitctl"), "classify", "--summary", "--year", "2026", path],
                              capture_output=True, check=True, timeout=60)
        said = json.loads(done.stdout)
        return {k: n for k, n in said["kinds"].items() if n}, said["domains"], said["broken"]

    def test_no_text_moves_a_count(self):
        tried = closed = 0
        for (mta, position), (write, story) in POSITIONS.items():
            kinds, domains, broken = self.summary(story.replace("{}", write("harmless")))
            self.assertEqual(broken, position == "torn helo", (mta, position))
            self.assertTrue(kinds or position in SILENT, (mta, position))
            for text in TEXTS:
                with self.subTest(mta=mta, position=position, text=text[:60]):
                    got, where, broken = self.summary(story.replace("{}", write(text)))
                    tried += 1
                    if broken:
                        closed += 1
                        self.assertTrue(all(n <= kinds.get(k, 0) for k, n in got.items()), (got, kinds))
                        self.assertTrue(set(where) <= {*domains, "(none)"}, where)
                    elif mta == "opensmtpd" and position == "recipient":  # an address that is none: no domain
                        self.assertEqual(got, kinds)
                        self.assertTrue(set(where) <= {*domains, "(none)"}, where)
                    else:
                        self.assertEqual((got, where), (kinds, domains))
        self.assertGreater(tried, 300)
        print(f"{tried} texts, {closed} of them make a line broken, none moves a count")


if __name__ == "__main__":
    unittest.main()
