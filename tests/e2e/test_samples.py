"""Recordings of real MTAs: `classify --summary` says what their sender wrote down that it sent.

What is expected is computed from NAME.truth.jsonl (one record a transaction with every reply) and
from RULES, which says what an MTA's log cannot show. Nothing is taken from what the program prints.
"""
import collections
import glob
import json
import os
import re
import subprocess
import unittest

from daemon import ROOT, program

SAMPLES = os.path.join(ROOT, "tests", "samples")
COMPARED = ("bounce-accepted", "bounce-refused", "bounce-deferred", "bounce-refused-late", "probe", "local-dsn",
            "mail-accepted", "mail-refused", "mail-deferred", "refused-sender-unknown")
OWN = ("example.test", "example.org.test")
DELIVERIES = ("delivered", "delivery-failed")  # compared where the far end wrote down its answers too
# Kinds whose line may have no recipient: some of these have no domain, and none has a wrong one.
DOMAIN_MAY_LACK = ("bounce-refused-late", "mail-refused", "mail-deferred", "probe", "refused-sender-unknown")


class Rules:
    """What a log shows of the truth. The base is a log that shows all of it."""

    to_postmaster = None  # the domain of the postmaster who gets a bounce of a bounce
    also_local_dsn = True  # whether that is one more of the bounces that the MTA makes

    def refused(self, record, reply):
        """The kind of a RCPT that got `reply`; None: the log is silent."""
        kind = "deferred" if reply[0] == "4" else "refused"
        return ("mail-" if record["sender"] else "bounce-") + kind

    def late(self, record, reply):
        """The kind of a transaction refused at MAIL, DATA or its end."""
        if not record["sender"]:
            return "bounce-refused-late"
        return "mail-deferred" if reply[0] == "4" else "mail-refused"

    def probe(self, record, session):
        """Whether a RCPT that was taken and not followed by DATA is seen; session: its transactions."""
        return not record["sender"]

    def accepted(self, record):
        return True

    def domains(self, record, good):
        """The domains of a message that was taken, one of which it counts for."""
        return good

    def twice(self, record):
        """Whether a message that was taken may count twice."""
        return False

    def local(self, rcpt):
        """What comes of a recipient of ours that was taken, and its domain."""
        return "delivery-failed" if rcpt.startswith("ghost") else "delivered", domain_of(rcpt)


class Discards(Rules):
    """A recipient that an ACL or a ruleset discards is in no line that has the message's id and from."""

    def domains(self, record, good):
        return [None] if record["kind"] == "null-discard" else good


class Postfix(Rules):
    """
    RCPT 500, 501: a syntax error, and MAIL 503: not logged.
    552 at the end: the warning of cleanup does not say the sender.
    A probe is a client= line without more, whatever the sender (it is not in the log), and its
    disconnect line counts commands of the whole session: with a DATA in it, nobody can tell.
    DISCARD at RCPT: there never is a queue id.
    """

    def refused(self, record, reply):
        return None if reply[:3] in ("500", "501", "503") else super().refused(record, reply)

    def late(self, record, reply):
        if reply.startswith("552") and "eom_reply" in record:
            return "refused-sender-unknown"
        return None if reply[:3] in ("500", "501", "503") else super().late(record, reply)

    def probe(self, record, session):
        return not any("data_reply" in other for other in session)

    def accepted(self, record):
        return record["kind"] != "null-discard"


class PostfixFiltered(Postfix):
    """
    What a filter gives back is known by its Message-Id or by the answer that the filter gave. What
    has no Message-Id, or came from loopback itself, has only the latter, which the log may bring
    after the second delivery: too late.
    """

    def twice(self, record):
        return record["client"] in ("127.0.0.1", "::1") or record["kind"] == "null-no-message-id"


class Exim(Discards):
    """
    RCPT 501 (no domain, a literal): not logged. MAIL 503: logged without the sender.
    Refused at DATA: "rejected DATA" has no F=, so the sender is not known.
    A probe leaves nothing, unless log_selector has smtp_incomplete_transaction.
    """

    def refused(self, record, reply):
        return None if reply.startswith("501") else super().refused(record, reply)

    def late(self, record, reply):
        if "data_reply" in record and "eom_reply" not in record:
            return "refused-sender-unknown"
        return None if reply.startswith("503") else super().late(record, reply)

    def probe(self, record, session):
        return False


class EximAll(Exim):
    def probe(self, record, session):
        return not record["sender"]


class Sendmail(Discards):
    """
    A probe is a from= line without msgid=, with the sender, at the end of the transaction.
    MAIL 552: its from= line is like that of a transaction in which no recipient was named.
    A bounce that bounces becomes a message to postmaster, made here like a bounce.
    Discarded by access_db: there is no to= line, so no domain.
    """

    to_postmaster = "(none)"

    def late(self, record, reply):
        return super().late(record, reply) if "data_reply" in record else None


class OpenSMTPD(Rules):
    """
    failed-command lines of RCPT and DATA never have the sender.
    A probe is a session with neither an envelope nor a failed command: the log has no RCPT of it.
    """

    def refused(self, record, reply):
        return "refused-sender-unknown"

    def late(self, record, reply):
        if "eom_reply" in record or "data_reply" in record:
            return "refused-sender-unknown"
        return None if reply.startswith("503") else super().late(record, reply)

    def probe(self, record, session):
        return False


class Qmail(Rules):
    """
    qmail-send's log knows no refusal and no probe; unknown users are accepted, unless qmail-verify is
    asked, and fail in qmail-send. What has no domain gets this host's. A message of an unknown user
    is a bounce made here, of a bounce one that its postmaster gets, from another sender.
    """

    to_postmaster = "mx1.example.test"
    also_local_dsn = False

    def refused(self, record, reply):
        return None

    def late(self, record, reply):
        return None

    def probe(self, record, session):
        return False

    def domains(self, record, good):
        return [self.to_postmaster if domain == "(none)" else domain for domain in good]

    def local(self, rcpt):
        user, domain = rcpt.rpartition("@")[0] or rcpt, domain_of(rcpt)
        kind = ("delivered" if re.fullmatch(r"u\d", user.lower()) else
                "delivery-deferred" if user == "grey" else "delivery-failed")
        return kind, self.domains(None, [domain])[0]


# What the recordings of 2026-11-24 did beside transactions: kind of record -> (event, domain, count).
BESIDE = {
    "pipelined-null-reject": ("bounce-refused", "example.test", 1),
    "pre-greeting-sync-error": ("bounce-refused", "example.test", 1),  # sent on, and refused at RCPT
    "connect-reject-null": ("bounce-refused", "example.test", 1),
    "postscreen-null-pregreet-reject": ("bounce-refused", "example.test", 8),  # 4 with 2 recipients
}


def domain_of(address):
    """What is after the last @ that is not quoted, in lower case."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", address)
    return bare.rpartition("@")[2].lower() if "@" in bare else "(none)"


def truth_of(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


class Expected:
    """
    `sure`: (kind, domain) -> count; `either`: [(kind, domains)], one of which it is; `more`: what
    may be counted beyond.
    """

    def __init__(self, records, rules):
        self.rules, self.sure, self.either, self.more = rules, collections.Counter(), [], collections.Counter()
        sessions = collections.defaultdict(list)
        for n, record in enumerate(records):
            record["session"] = record.get("session", f"record {n}")
            sessions[record["session"]].append(record)
        self.compared = COMPARED
        if any(record["kind"] == "far-end" for record in records):
            self.compared += DELIVERIES
        for record in records:
            self.add(record, sessions[record["session"]])
            self.deliveries(record)

    def count(self, kind, domains):
        if kind and len(set(domains)) == 1:
            self.sure[kind, domains[0]] += 1
        elif kind:
            self.either.append((kind, sorted(set(domains))))

    def add(self, record, session):
        if record["kind"] == "far-end":
            self.sure["local-dsn", None] += not record["sender"] and self.made_here(*record["rcpts"][0])
        elif record["kind"] in BESIDE:
            kind, domain, count = BESIDE[record["kind"]]
            self.sure[kind, domain] += count
        elif "sender" in record and not record.get("auth_reply", "").startswith("235"):
            self.transaction(record, session)

    def deliveries(self, record):
        """By the MTA itself what it took for its own domains; by the far end what that answered."""
        ends = set()
        for rcpt, reply in record.get("rcpts", []):
            own = domain_of(rcpt) in (*OWN, "(none)")  # Sendmail hands those over by LMTP or SMTP, too
            if own if record["kind"] == "far-end" else not (own and record.get("accepted")):
                continue
            if reply[0] == "2":
                what = self.rules.local(rcpt) if own else ("delivered", domain_of(rcpt))
                self.sure[what] += 1
                ends.add(what[0])
            elif reply[0] == "5" and record["kind"] == "far-end":
                self.sure["delivery-failed", domain_of(rcpt)] += 1
        if "delivery-failed" in ends and "delivery-deferred" not in ends:  # one for all of them, at the end
            self.sure["local-dsn", None] += record["sender"] != "" or self.bounced_bounce()

    def made_here(self, rcpt, reply):
        """Whether a null sender's recipient at the far end, and its answer, tell of a local bounce."""
        if rcpt.endswith("@back.test"):
            return reply[0] == "2"
        return reply[0] == "5" and self.bounced_bounce()

    def bounced_bounce(self):
        """Whether what tells the postmaster is one more local bounce."""
        if not self.rules.to_postmaster:
            return False
        self.sure["delivered", self.rules.to_postmaster] += 1  # to the local user that postmaster is an alias of
        return self.rules.also_local_dsn

    def transaction(self, record, session):
        good = [domain_of(rcpt) for rcpt, reply in record["rcpts"] if reply[0] == "2"]
        for rcpt, reply in record["rcpts"]:
            if reply[0] in "45":
                self.count(self.rules.refused(record, reply), [domain_of(rcpt)])
        end = record.get("eom_reply") or (record.get("data_reply") if good else None) or ""
        if record.get("accepted"):
            if self.rules.accepted(record):
                self.count("mail-accepted" if record["sender"] else "bounce-accepted",
                           self.rules.domains(record, good))
                if self.rules.twice(record):
                    self.more["mail-accepted" if record["sender"] else "bounce-accepted", good[0]] += 1
        elif record.get("mail_reply", "")[:1] in ("4", "5"):
            self.count(self.rules.late(record, record["mail_reply"]), [None])
        elif end[:1] in ("4", "5"):
            self.count(self.rules.late(record, end), good)
        elif good and not end and record["end"] != "dropped in DATA" and self.rules.probe(record, session):
            self.count("probe", good)

    def totals(self):
        totals = collections.Counter(kind for kind, _ in self.either)
        for (kind, _), count in self.sure.items():
            totals[kind] += count
        return totals


def choose(left, either):
    """Whether each of `either` finds one of its domains among what is left."""
    if not either:
        return True
    (kind, domains), rest = either[0], either[1:]
    for domain in domains:
        if left.get((kind, domain), 0) > 0:
            left[kind, domain] -= 1
            if choose(left, rest):
                return True
            left[kind, domain] += 1
    return False


def differences(expected, summary):
    """Sentences, one for each difference."""
    told = []
    totals = expected.totals()
    for kind in expected.compared:
        more = sum(count for (of, _), count in expected.more.items() if of == kind)
        if not 0 <= summary["kinds"].get(kind, 0) - totals[kind] <= more:
            told.append(f"{kind}: sent {totals[kind]}, counted {summary['kinds'].get(kind, 0)}")
    got = {(kind, domain): count for domain, kinds in summary["domains"].items() for kind, count in kinds.items()
           if kind in expected.compared}
    may = collections.Counter(expected.more)
    for kind, domains in expected.either:
        for domain in domains:
            may[kind, domain] += 1
    sure_of = {key for key in expected.sure if key[0] in expected.compared}
    for kind, domain in sorted({*got, *sure_of, *may}, key=str):
        count, sure = got.get((kind, domain), 0), expected.sure[kind, domain]
        least = 0 if kind in DOMAIN_MAY_LACK else sure
        if domain and not least <= count <= sure + may[kind, domain]:
            told.append(f"{kind} {domain}: sent {sure}{f' to {sure + may[kind, domain]}' if may[kind, domain] else ''}, "
                        f"counted {count}")
    left = {key: count - expected.sure[key] for key, count in got.items()}
    if not told and not choose(left, [e for e in expected.either if e[0] not in DOMAIN_MAY_LACK]):
        told.append(f"messages for several domains are not where they were sent: {expected.either}")
    return told


def summary_of(log):
    done = subprocess.run([program("mxsplitctl"), "classify", "--summary", "--year", "2026", log],
                          capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def explained(log):
    with open(log, "rb") as f:
        done = subprocess.run([program("mxsplitctl"), "explain", "--json", "--year", "2026", "-"], stdin=f, capture_output=True, text=True,
                              errors="replace", timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Explain(unittest.TestCase):
    """What explain says of each line of each recording, against what classify counts of it."""

    SAYS = {"bounce-refused": True, "bounce-deferred": True, "mail-refused": False, "mail-deferred": False,
            "refused-sender-unknown": None}

    def check(self, log):
        lines, kinds = explained(log), collections.Counter()
        for line in lines:
            kinds.update({event["kind"]: 0 for event in line["events"]})
            for event in line["events"]:
                kinds[event["kind"]] += event["count"]
                if event["kind"] in self.SAYS and "joined" not in line and "null_sender" in line:
                    self.assertIs(line["null_sender"], self.SAYS[event["kind"]], line)
            if line.get("read") == "used":
                self.assertTrue(line["why"] and line["format"], line)
                self.assertTrue(line["message"], line)
        counted = summary_of(log)["kinds"]
        self.assertEqual({kind: count for kind, count in counted.items() if count}, dict(+kinds))

    def test_it_says_of_each_line_what_counts_and_why(self):
        logs = [os.path.join(SAMPLES, what[1] if len(what) > 1 and what[1] else name + ".log") for name, what in RECORDINGS.items()]
        for log in logs:
            with self.subTest(log=os.path.relpath(log, SAMPLES)):
                self.check(log)


class Samples(unittest.TestCase):
    def check(self, name, rules, log=None, local_dsn=None):
        records = truth_of(os.path.join(SAMPLES, name + ".truth.jsonl"))
        expected = Expected(records, rules)
        if local_dsn is not None:
            expected.sure["local-dsn", None] = local_dsn
        summary = summary_of(os.path.join(SAMPLES, log or name + ".log"))
        self.assertGreater(sum(expected.totals().values()), 100)
        told = differences(expected, summary)
        if summary["broken"]:
            told.append(f"broken: {summary['broken']} lines")
        if told:
            self.fail("\n".join([name, *told]))

    def test_nothing_is_read_of_what_qmail_smtpd_says(self):
        """Debian's logs senders and recipients, in lines that others tear: docs/sources.md says so."""
        log = os.path.join(SAMPLES, "qmail", "verify.smtpd.log")
        with open(log) as f:
            lines = [line.split(" ", 1)[1] for line in f]
        self.assertGreater(sum("Unverified mailbox at RCPT time" in line for line in lines), 20)
        self.assertGreater(sum(not line.startswith(("qmail-smtpd: ", "tcpserver: ")) for line in lines), 10)
        summary = summary_of(log)
        self.assertEqual([kind for kind, count in summary["kinds"].items() if count], [])

    def test_every_recording_has_a_test(self):
        names = {os.path.relpath(path, SAMPLES)[:-len(".truth.jsonl")]
                 for path in glob.glob(os.path.join(SAMPLES, "*", "*.truth.jsonl"))}
        self.assertEqual(names, set(RECORDINGS))


# Each recording: its rules, and for those of 2026-11-24, whose truth has no far end, the log's name
# and the bounces that the MTA made itself (NAME.expected.json, counted when they were recorded).
RECORDINGS = {
    "postfix/classic": (Postfix(), None, 10),
    "postfix/long-ids": (Postfix(),),
    "postfix/filter": (PostfixFiltered(),),
    "postfix/xforward": (PostfixFiltered(),),
    "postfix/postscreen": (Postfix(),),
    "exim/default": (Exim(), "exim/default.mainlog", 19),
    "exim/mainlog": (Exim(),),
    "exim/all": (EximAll(),),
    "exim/contrib": (EximAll(),),
    "exim/syslog": (Exim(),),
    "sendmail/default": (Sendmail(), None, 24),
    "sendmail/mta": (Sendmail(),),
    "sendmail/rfc3339": (Sendmail(),),
    "sendmail/users": (Sendmail(),),
    "opensmtpd/default": (OpenSMTPD(), None, 18),
    "opensmtpd/mta": (OpenSMTPD(),),
    "opensmtpd/rfc3339": (OpenSMTPD(),),
    "opensmtpd/tls": (OpenSMTPD(),),
    "qmail/default": (Qmail(), "qmail/send.tai64n", 14),
    "qmail/multilog": (Qmail(),),
    "qmail/splogger": (Qmail(),),
    "qmail/verify": (Qmail(),),
}


def add_test(name, arguments):
    setattr(Samples, "test_" + re.sub(r"\W", "_", name), lambda self: self.check(name, *arguments))


for recording, what in RECORDINGS.items():
    add_test(recording, what)

if __name__ == "__main__":
    unittest.main()
