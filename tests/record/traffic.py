"""What is sent to every MTA: a list of conversations, each one connection with its transactions.

The MTAs are set up so that u0 .. u9 exist in example.test and example.org.test, ghost* nowhere,
grey@ gets a 451, custom554@ a 554, relay.test and back.test go to the far end, everything else is
relaying denied; messages above 20000 bytes and those with "X-Virus: yes" are refused at their end.
"""
from concurrent.futures import ThreadPoolExecutor

from client import Connection

V4, V4_NET, V6, V6_LO = "127.0.0.1", "192.0.2.1", "2001:db8::1", "::1"
MX, ORG = "example.test", "example.org.test"
LARGE = b"Message-Id: <large@far.example>\r\nSubject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 400
VIRUS = b"Message-Id: <virus@far.example>\r\nSubject: virus\r\nX-Virus: yes\r\n\r\nx"


def server_of(client):
    if ":" in client:
        return V6_LO if client == V6_LO else V6
    return V4 if client.startswith("127.") else V4_NET


def strangers(n):
    """The n-th client: all families, with and without a name."""
    return (f"127.0.2.{n % 40 + 1}", f"198.51.100.{n % 50 + 1}", f"2001:db8:1::{n % 16 + 1:x}",
            f"192.0.2.{n % 90 + 10}")[n % 4]


class Talk:
    """One connection; `steps`: arguments of Connection.transaction."""

    def __init__(self, client, *steps, port=25, **connection):
        self.client, self.steps, self.port, self.connection = client, steps, port, connection

    def run(self, truth):
        connection = Connection(truth, self.client, (server_of(self.client), self.port), **self.connection)
        try:
            for step in self.steps:
                step = dict(step)
                connection.transaction(step.pop("kind"), step.pop("sender"), step.pop("rcpts"), **step)
        finally:
            connection.close()


def step(kind, sender, *rcpts, **more):
    return dict(kind=kind, sender=sender, rcpts=list(rcpts), **more)


def run(truth, talks, at_once=6):
    with ThreadPoolExecutor(at_once) as pool:
        for done in [pool.submit(talk.run, truth) for talk in talks]:
            done.result()


def ordinary(size=1):
    talks = []

    def add(kind, n, first, make, **connection):
        for i in range(n):
            talks.append(Talk(strangers(first + i), *make(kind, i), **connection))

    add("normal-accepted", 20 * size, 0, lambda k, i: [step(k, f"user{i}@sender.example", f"u{i % 10}@{MX if i % 3 else ORG}")])
    add("normal-several", 4, 3, lambda k, i: [step(k, f"user{i}@sender.example", f"u{i}@{MX}", f"u{i + 1}@{MX}", f"u{i + 2}@{MX}")])
    add("normal-reject", 10, 5, lambda k, i: [step(k, f"user{i}@sender.example", f"ghost{i}@{MX if i % 2 else ORG}")])
    add("normal-greylist", 4, 7, lambda k, i: [step(k, f"user{i}@sender.example", f"grey@{MX}")])
    add("null-accepted", 40 * size, 1, lambda k, i: [step(k, "", f"u{i % 10}@{MX if i % 4 else ORG}")])
    add("null-reject", 50 * size, 2, lambda k, i: [step(k, "", f"ghost{i}@{MX if i % 5 else ORG}")])
    add("null-relay-denied", 7, 3, lambda k, i: [step(k, "", f"who{i}@elsewhere.test")])
    add("null-greylist", 8, 1, lambda k, i: [step(k, "", f"grey@{MX}")])
    add("null-custom554", 3, 9, lambda k, i: [step(k, "", f"custom554@{MX}")])
    add("null-mixed", 6, 4, lambda k, i: [step(k, "", f"ghostA{i}@{MX}", f"u3@{MX}", f"grey@{MX}", f"ghostB{i}@{ORG}")])
    add("null-two-domains", 3, 6, lambda k, i: [step(k, "", f"u1@{MX}", f"u2@{ORG}")])
    add("null-dictionary", 1, 0, lambda k, i: [step(k, "", *(f"dict{n}@{MX}" for n in range(12)))])
    add("probe-quit", 5, 1, lambda k, i: [step(k, "", f"u{i}@{MX}", end="none")])
    add("probe-rset", 5, 2, lambda k, i: [step(k, "", f"u{i}@{MX}", end="rset")])
    add("probe-two", 2, 2, lambda k, i: [step(k, "", f"u{i}@{MX}", end="rset"), step(k, "", f"u{i}@{ORG}", end="rset")])
    add("probe-dropped", 3, 3, lambda k, i: [step(k, "", f"u{i}@{MX}", end="dropped")])
    add("probe-ghost", 5, 0, lambda k, i: [step(k, "", f"probeghost{i}@{MX}", end="none")])
    add("probe-normal", 2, 0, lambda k, i: [step(k, f"ask{i}@sender.example", f"u{i}@{MX}", end="none")])
    add("null-vanish-data", 3, 2, lambda k, i: [step(k, "", f"u{i}@{MX}", end="dropped in DATA")])
    add("null-toolarge-mail", 2, 1, lambda k, i: [step(k, "", f"u{i}@{MX}", mail="SIZE=900000")])
    add("null-toolarge", 3, 4, lambda k, i: [step(k, "", f"u{i}@{MX}", body=LARGE)])
    add("normal-toolarge", 2, 4, lambda k, i: [step(k, f"big{i}@sender.example", f"u{i}@{MX}", body=LARGE)])
    add("null-virus", 3, 5, lambda k, i: [step(k, "", f"u{i}@{MX}", body=VIRUS)])
    add("normal-virus", 2, 5, lambda k, i: [step(k, f"virus{i}@sender.example", f"u{i}@{MX}", body=VIRUS)])
    add("null-accepted-tls", 8, 0, lambda k, i: [step(k, "", f"u{i}@{MX}")], tls=True)
    add("null-reject-tls", 8, 1, lambda k, i: [step(k, "", f"ghosttls{i}@{MX}")], tls=True)
    for i in range(4):
        talks.append(Talk("::1" if i % 2 else "127.0.0.1", step("null-accepted-lo", "", f"u{i}@{MX}")))
        talks.append(Talk("::1" if i % 2 else "127.0.0.1", step("null-reject-lo", "", f"ghostlo{i}@{MX}")))
    for i in range(4):
        talks.append(Talk(strangers(i),
                          step("same-null-accepted", "", f"u{i}@{MX}"), step("same-null-reject", "", f"ghostsame{i}@{MX}"),
                          step("same-probe", "", f"u{i}@{ORG}", end="rset"), step("same-normal", f"s{i}@sender.example", f"u{i}@{ORG}"),
                          step("same-normal-reject", f"s{i}@sender.example", f"ghostsame{i}@{ORG}"),
                          step("same-null-again", "", f"u{i}@{ORG}"), step("same-null-ghost", "", f"ghostend{i}@{MX}")))
    return talks


def odd():
    """Odd addresses, none of them hostile."""
    null = lambda kind, *rcpts, **more: Talk("198.51.100.65", step(kind, "", *rcpts, **more))  # noqa: E731
    return [null("null-upper", "U1@EXAMPLE.TEST"), null("null-upper-ghost", "GHOST-UP@Example.Test"),
            null("null-plus", f"u1+tag@{MX}"), null("null-batv-ghost", f"prvs=1234abcdef=zz@{MX}"), null("null-no-domain", "bob"),
            null("null-quoted-ghost", f'"john doe"@{MX}'), null("null-quoted-angle", f'"a>b"@{MX}'),
            null("null-percent", f"u1%{MX}@elsewhere.test"), null("null-literal", "u1@[203.0.113.77]"),
            null("null-long", "g" * 60 + f"@{MX}"),
            Talk("198.51.100.65", step("null-helo", "", f"u2@{MX}"), helo="h\u00e9lo\u00ff.test"),
            Talk("198.51.100.65", step("null-helo-long", "", f"u2@{MX}"), helo="a" * 400 + ".test"),
            null("null-no-message-id", f"u1@{MX}", body=b"\r\nonly a body"),
            null("null-message-id", f"u1@{MX}", body=b"Message-Id: <ordinary.1@far.example>\r\n\r\nx")]


def hostile(fields):
    """What a stranger can write, in every place: `fields` are texts in the manner of this MTA's log."""
    talks = []
    client = "198.51.100.66"
    for i, word in enumerate(fields):
        inside = word.replace("\\", "").replace('"', "'")
        talks += [
            Talk(client, step("inject-helo", "evil@sender.example", f"u5@{MX}"), helo=word),
            Talk(client, step("inject-sender", f'"{inside}"@sender.example', f"u5@{MX}")),
            Talk(client, step("inject-sender-ghost", f'"{inside}"@sender.example', f"ghostinj{i}@{MX}")),
            Talk(client, step("inject-rcpt-ghost", "evil@sender.example", f'"{inside}"@{MX}')),
            Talk(client, step("inject-rcpt-null", "", f'"{inside}"@{MX}')),
            Talk(client, step("inject-rcpt-relay", "evil@sender.example", f'"{inside}"@elsewhere.test')),
            Talk(client, step("inject-message-id", "evil@sender.example", f"u5@{MX}",
                              body=f"Message-Id: <{word}>\r\nSubject: {word}\r\n\r\nx".encode())),
            Talk(client, step("inject-message-id-null", "", f"u5@{MX}",
                              body=f"Message-Id: {word}\r\nSubject: {word}\r\n\r\nx".encode()))]
    return talks


def relayed():
    """Mail that goes to the far end, with bounces of the MTA's own going back to back.test."""
    talks = []
    for i in range(6):
        talks += [Talk(strangers(i), step("normal-relay", f"s{i}@back.test", f"ok{i}@relay.test")),
                  Talk(strangers(i), step("normal-relay-bounced", f"s{i}@back.test", f"nouser{i}@relay.test", note="one local DSN"))]
    for i in range(3):
        talks += [Talk(strangers(i), step("null-relay", "", f"ok{i}@relay.test")),
                  Talk(strangers(i), step("normal-relay-deferred", f"s{i}@back.test", f"temp{i}@relay.test")),
                  Talk(strangers(i), step("normal-relay-inject", f"s{i}@back.test", f"inject{i}@relay.test", note="one local DSN")),
                  Talk(strangers(i), step("null-relay-bounced", "", f"nouser-null{i}@relay.test")),
                  Talk(strangers(i), step("null-relay-deferred", "", f"temp-null{i}@relay.test"))]
    return talks


def submission(port=587, **connection):
    """A user of ours, whose null-sender messages (receipts) are not bounces that arrive."""
    auth = dict(auth=("anna", "secret"), port=port, **connection)
    return [talk for i in range(4) for talk in (
        Talk(strangers(i), step("submission-receipt", "", f"ok-receipt{i}@relay.test"), **auth),
        Talk(strangers(i), step("submission-receipt-local", "", f"u{i}@{MX}"), **auth),
        Talk(strangers(i), step("submission-ghost", "", f"ghost-sub{i}@{MX}"), **auth),
        Talk(strangers(i), step("submission-mail", f"u{i}@{MX}", f"ok-mail{i}@relay.test"), **auth))]
