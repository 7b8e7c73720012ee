"""A second reader of Postfix's logs, which shares nothing with the program's: regular expressions over
whole lines, and one dictionary. It is slow, and is there to disagree: test_second.py compares.

    python3 second_postfix.py LOG    # {"kinds": {...}, "domains": {...}}, as mxsplitctl classify --summary
"""
import collections
import datetime
import json
import re
import sys

STAMP = (rb"(?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?"
         rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d))")
HEAD = rb"(?:<\d{1,3}>)?(?P<stamp>" + STAMP + rb") (?:<[^>]*> )?(?:([^ <][^ ]*(?<!:)) )?"
LINE = re.compile(HEAD + rb"([^ \[:]+)(?:\[(\d+)\])?: ?(.*)$", re.S)
LAST = re.compile(HEAD + rb"(?:--- )?last message repeated (\d+) times?(?: ---)?$")
REPEATED = re.compile(rb"message repeated (\d+) times: \[ ?(.*)\]$", re.S)

# An address as Postfix prints it: nothing in the quotes of a local part ends them (RFC 5321, 4.1.2).
ADDRESS = rb'((?:"(?:[^"\\]|\\.)*"(?:@[^<>" ]*)?|[^<>" ]*))'
ID = rb"(?!warning|fatal|panic|error)([0-9A-Za-z]{5,24}): "
PEER = rb"[^\[]*\[([^\]]*)\](?::\d+)?"
CODE = rb"(?:([45])\d\d(?: (\2\.\d+\.\d+))?|([45])\.\d+\.\d+)(?: |$)"

CLIENT = re.compile(ID + rb"client=" + PEER + rb"(, .*)?$", re.S)
QUEUED = re.compile(ID + rb"from=<" + ADDRESS + rb">, (size=|status=(?:force-)?expired)", re.S)
DELIVERY = re.compile(ID + rb"to=<" + ADDRESS + rb">(?:, orig_to=<" + ADDRESS
                      + rb">)?(?!, orig_to=)(, .*?)?, status=(\w*)(.*)$", re.S)
ACTION = re.compile(rb"(?:NOQUEUE: |" + ID + rb"|(?=proxy-))(?:milter-|proxy-)?reject: (.*)$", re.S)
STAGE = re.compile(rb"(RCPT|MAIL|DATA|BDAT|END-OF-MESSAGE|CONNECT) from " + PEER + rb": (.*)$", re.S)
FILTER = re.compile(rb"(END-OF-MESSAGE)(): (.*)$", re.S)  # before the queue: no client
END = re.compile(rb"(.*)(?:; from=<" + ADDRESS + rb">)(?: to=<" + ADDRESS + rb">)? proto=[A-Z]+"
                 rb"(?: helo=<[^<>]*>)?((?:,? sasl_\S*)*)$", re.S)
SCREEN = re.compile(rb"(.*)(?:; from=<" + ADDRESS + rb">)(?:, to=<" + ADDRESS
                    + rb">)?, proto=[A-Z]+(?:, helo=<[^<>]*>)?$", re.S)
CONTENT = re.compile(rb"(.*; from=<.* proto=[A-Z]+ helo=<[^<>]*>)(?:: (.*))?$", re.S)
NEXT = re.compile(rb".*queued as ([0-9A-Za-z]{5,24})\)$", re.S)
NOTICE = re.compile(ID + rb"sender (?:non-delivery|delay|delivery status) notification: ([0-9A-Za-z]{5,24})$")
DELIVERERS = (b"smtp", b"lmtp", b"pipe", b"local", b"virtual", b"error", b"retry", b"relay", b"discard")
DONE = {b"sent": "delivered", b"deferred": "delivery-deferred", b"bounced": "delivery-failed",
        b"expired": "delivery-failed"}


def domain_of(address):
    """What is after the last @ outside the quotes, in lower case."""
    bare = re.sub(rb'^"(?:[^"\\]|\\.)*"', b"", address)
    domain = bare.rpartition(b"@")[2].lower()
    return domain if b"@" in bare and 0 < len(domain) < 256 and not re.search(rb"[\0-\40\177]", domain) else b"(none)"


def second_of(stamp, year=2026):
    """Of the stamps of the recordings; None: of no day there is."""
    text = stamp.decode()
    try:
        if text[:1].isdigit():
            return datetime.datetime.fromisoformat(text.replace(",", ".").replace("Z", "+00:00")).timestamp()
        text = f"{year} {text[:15]} +0000"
        return datetime.datetime.strptime(text, "%Y %b %d %H:%M:%S %z").timestamp()
    except ValueError:
        return None


class Message:
    """What is known of a queue id whose client= line was read."""

    def __init__(self, pid, loopback, counts, since):
        self.pid, self.loopback, self.counts, self.since = pid, loopback, counts, since
        self.sender = self.message_id = None
        self.canceled = False


class Second:
    def __init__(self):
        self.kinds, self.domains = collections.Counter(), collections.defaultdict(collections.Counter)
        self.open = {}              # (host, instance, id) -> Message
        self.before = {}            # host -> what its last line was
        self.host = self.group = self.pid = self.times = self.now = None

    def count(self, kind, domain=None, times=None):
        times = self.times if times is None else times
        self.kinds[kind] += times
        if domain:
            self.domains[domain.decode("utf-8", "replace")][kind] += times

    def line(self, line):
        last = LAST.match(line)
        if last:
            self.host = last[2] or b""
            if self.host in self.before:
                self.message(*self.before[self.host], int(last[3]))
            return
        found = LINE.match(line)
        if not found:
            return
        self.host, (tag, pid, text), times = found[2] or b"", found.group(3, 4, 5), 1
        self.now = second_of(found["stamp"]) or self.now
        repeated = REPEATED.match(text)
        if repeated:
            times, text = int(repeated[1]), repeated[2]
        self.before[self.host] = tag, pid, text
        self.message(tag, pid, text, times)

    def message(self, tag, pid, text, times):
        instance, slash, daemon = tag.rpartition(b"/")
        self.group, self.pid, self.times = instance.partition(b"/")[0], pid, times
        if not slash:
            return
        reader = getattr(self, daemon.decode("latin-1"), None) if daemon in (
            b"smtpd", b"cleanup", b"qmgr", b"bounce", b"postscreen") else None
        if reader:
            reader(text, instance)
        elif daemon in DELIVERERS:
            self.delivery(text)

    def key(self, queue_id):
        """A service of master.cf may have a syslog_name of its own: then its id is in another instance."""
        key = self.host, self.group, queue_id
        return key if key in self.open else next((k for k in self.open if k[::2] == key[::2]), key)

    def smtpd(self, text, instance):
        users = instance.rpartition(b"/")[2] in (b"submission", b"submissions", b"smtps")
        client, refused = CLIENT.match(text), ACTION.match(text)
        if re.match(rb"disconnect from .", text):
            self.end_session(text)
        elif text.startswith(b"connect from "):
            for message in self.of_session():
                message.pid = None
        elif client:
            self.client(*client.groups())
        elif self.too_large(text):
            pass
        elif refused:
            self.refused(*refused.groups(), END, users)

    def client(self, queue_id, address, more):
        more, given_back = more or b"", False
        counts = b", sasl_method=" not in more and b", sasl_username=" not in more
        loopback = address in (b"127.0.0.1", b"::1")
        if counts and b", orig_queue_id=" in more:
            given_back = True
        elif re.search(rb", orig_client=" + PEER, more):
            loopback = False
        key = self.host, self.group, queue_id
        if given_back:
            self.let_go(self.key(queue_id))
        else:
            self.let_go(key)
            self.forget()
            self.open[key] = Message(self.pid, loopback, counts, self.now)

    def forget(self):
        """What was opened first is looked at: a day is the most."""
        while self.open:
            key, oldest = next(iter(self.open.items()))
            if not oldest.since or not self.now or self.now - oldest.since <= 86400:
                return
            self.let_go(key)

    def of_session(self):
        return [m for key, m in self.open.items() if key[0] == self.host and m.pid == self.pid and m.pid
                and m.sender is None]

    def end_session(self, text):
        """data=GOOD/TRIED, or data=GOOD when all were; bdat likewise. Nothing is known without the last one."""
        counters = re.match(rb".*\](?::\d+)?( [^\]]*)$", text, re.S)
        text = counters[1] if counters else b""
        data = re.findall(rb" (?:data|bdat)=(.)", text)
        good, tried = any(x != b"0" for x in data), bool(data)
        if not re.search(rb" commands=.", text):
            good = tried = True
        for message in self.of_session():
            if good and not message.canceled:
                message.pid = None
                continue
            if not tried and message.counts:
                self.count("probe", times=1)
            self.open = {k: m for k, m in self.open.items() if m is not message}

    def cleanup(self, text, _):
        named = re.match(ID + rb"message-id=(.*)$", text, re.S)
        canceled = re.match(ID + rb"removed \(", text)
        refused = ACTION.match(text)
        if self.too_large(text):
            return
        if named:
            self.named(self.key(named[1]), named[2])
        elif canceled and self.key(canceled[1]) in self.open:
            self.open[self.key(canceled[1])].canceled = True
        elif refused and refused[1]:
            if refused[2].startswith(b"END-OF-MESSAGE "):
                self.refused(*refused.groups(), END, False)
            elif not refused[2].startswith(b"RCPT from "):  # that is smtpd's
                self.content(*refused.groups())

    def too_large(self, text):
        """smtpd and cleanup both say it, neither with the sender."""
        found = re.match(rb"warning: " + ID + rb"queue file size limit exceeded$", text)
        message = found and self.open.get(self.key(found[1]))
        if message and message.sender is None:
            del self.open[self.key(found[1])]
            if message.counts:
                self.count("refused-sender-unknown", times=1)
        return found

    def named(self, key, message_id):
        """A filter gives back, from loopback, what is open and came from elsewhere."""
        if key not in self.open or len(message_id) <= 2:
            return
        self.open[key].message_id = message_id
        if self.open[key].loopback and any(k != key and k[0] == key[0] and not m.loopback
                                           and m.message_id == message_id for k, m in self.open.items()):
            del self.open[key]

    def refused(self, queue_id, text, end, users):
        stage = STAGE.match(text) or FILTER.match(text)
        code = stage and re.match(CODE.replace(rb"\2", rb"\1"), stage[3])
        found = code and end.match(stage[3])
        if not found or stage[1] == b"CONNECT":
            return
        sender, rcpt = found[2], found[3]
        if stage[1] == b"RCPT" and rcpt is None:
            return
        if end is SCREEN and b"from=<" in found[1]:
            return
        late = stage[1] != b"RCPT"
        if late and queue_id:
            self.drop_waiting(self.key(queue_id))
        if users or end is END and found[4]:
            return
        self.refusal(sender, late, code[1] or code[3], rcpt)

    def refusal(self, sender, late, digit, rcpt):
        how = "refused" if digit == b"5" else "deferred"
        kind = f"mail-{how}" if sender else "bounce-refused-late" if late else f"bounce-{how}"
        self.count(kind, None if rcpt is None else domain_of(rcpt))

    def drop_waiting(self, key):
        if key in self.open and self.open[key].sender is None:
            del self.open[key]

    def content(self, queue_id, text):
        """The text comes last. What has another from= in it was cut."""
        found = CONTENT.match(text)
        end = found and END.match(found[1])
        if not end or b"; from=<" in (found[2] or b""):
            return
        code = re.match(CODE.replace(rb"\2", rb"\1"), found[2] or b"")
        self.drop_waiting(self.key(queue_id))
        if not end[4]:
            self.refusal(end[2], True, (code[1] or code[3]) if code else b"5", end[3])

    def postscreen(self, text, _):
        refused = ACTION.match(text)
        if refused and not refused[1]:
            self.refused(*refused.groups(), SCREEN, False)

    def qmgr(self, text, _):
        gone, queued = re.match(ID + rb"removed$", text), QUEUED.match(text)
        if gone:
            self.let_go(self.key(gone[1]))
        elif queued and queued[3] != b"size=":
            self.count("delivery-failed")
        elif queued and self.key(queued[1]) in self.open:
            message = self.open[self.key(queued[1])]
            message.sender = queued[2] if message.sender is None else message.sender

    def accepted(self, message, domain):
        if message.counts and message.sender is not None:
            self.count("mail-accepted" if message.sender else "bounce-accepted", domain, 1)
        message.counts = False

    def let_go(self, key):
        """It is over. If its recipient was never named, it counts for no domain."""
        message = self.open.pop(key, None)
        if message:
            self.accepted(message, None)

    def delivery(self, text):
        found = DELIVERY.match(text)
        if not found:
            return
        queue_id, to, orig_to, fields, status, rest = found.groups()
        domain, key = domain_of(orig_to if orig_to is not None else to), self.key(queue_id)
        if key in self.open and self.open[key].sender is not None:
            self.accepted(self.open[key], domain)
        fields = dict(re.findall(rb", (\w+)=([^,]*)", fields or b""))
        relay = re.match(rb"(?:127\.0\.0\.1|localhost|::1)\[(?:127\.0\.0\.1|::1)\]:", fields.get(b"relay", b""))
        again = relay and status == b"sent" and rest[:1] == b" " and NEXT.match(rest)
        if again:
            other = self.key(again[1])
            if other in self.open and self.open[other].loopback:
                del self.open[other]
        elif status in DONE and rest.startswith(b" "):
            self.count(DONE[status], domain)

    def bounce(self, text, _):
        if NOTICE.match(text):
            self.count("local-dsn")

    def end(self):
        for key in list(self.open):
            self.let_go(key)
        return {"kinds": dict(self.kinds), "domains": {d: dict(k) for d, k in self.domains.items()}}


# Not compared: what the MTA says of its limits, and syslog of lost lines, is a list of phrases in both.
KINDS = ("bounce-accepted", "bounce-refused", "bounce-deferred", "bounce-refused-late", "probe", "local-dsn",
         "mail-accepted", "mail-refused", "mail-deferred", "refused-sender-unknown", "delivered",
         "delivery-deferred", "delivery-failed")


def summary_of(path):
    second = Second()
    with open(path, "rb") as log:
        for line in log.read().split(b"\n"):
            second.line(line.rstrip(b"\r"))
    return second.end()


if __name__ == "__main__":
    print(json.dumps(summary_of(sys.argv[1]), indent=1, sort_keys=True))
