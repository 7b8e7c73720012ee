"""An SMTP client that says exactly what it is told to say and writes down every reply: the truth.

One record a transaction: what was sent (client, helo, sender, rcpts), the reply to each step, whether
the message was accepted at last, and how it ended: "data", "rset", "none" (QUIT after RCPT),
"dropped", "dropped in DATA". `session` numbers the connections of a corpus.
"""
import base64
import datetime
import itertools
import json
import socket
import ssl
import threading


def text(data):
    return data.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()


class Truth:
    def __init__(self, path):
        self.file = open(path, "w")
        self.lock = threading.Lock()
        self.numbers, self.messages = itertools.count(1), itertools.count(1)

    def write(self, record):
        record["t"] = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        with self.lock:
            self.file.write(json.dumps(record) + "\n")

    def close(self):
        self.file.close()


class Lost(Exception):
    pass


class Connection:
    """`early`: talks before it is greeted. `tls`: STARTTLS. `auth`: (user, password)."""

    def __init__(self, truth, client, server, helo="mta.sender.example", tls=False, auth=None, early=False):
        self.truth, self.client, self.helo = truth, client, helo
        self.facts = dict(client=client, helo=helo)
        if server[1] != 25:
            self.facts["port"] = server[1]
        self.facts["session"] = next(truth.numbers)
        self.socket = socket.create_connection(server, timeout=60, source_address=(client, 0))
        self.lines = self.socket.makefile("rb")
        self.facts["connected"] = ""
        self.greet(early, tls, auth)

    def greet(self, early, tls, auth):
        try:
            if early:
                self.put(b"EHLO " + self.helo.encode("utf-8", "surrogateescape"))
            self.facts["connected"] = self.reply()
            self.facts["helo_reply"] = self.reply() if early else self.say("EHLO " + self.helo)
            if tls:
                self.start_tls()
            if auth:
                word = base64.b64encode("\0{}\0{}".format(*auth).encode()).decode()
                self.facts["auth"], self.facts["auth_reply"] = auth[0], self.say("AUTH PLAIN " + word)
        except Lost as lost:
            self.facts["lost"] = str(lost)

    def start_tls(self):
        if not self.say("STARTTLS").startswith("220"):
            raise Lost("no STARTTLS")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            self.socket = context.wrap_socket(self.socket)
        except OSError as error:
            raise Lost(str(error)) from error
        self.lines = self.socket.makefile("rb")
        self.facts["tls"] = self.socket.version()
        self.say("EHLO " + self.helo)

    def put(self, data):
        try:
            self.socket.sendall(data + b"\r\n")
        except OSError as error:
            raise Lost(str(error)) from error

    def reply(self):
        """The last line of a reply, with its code."""
        lines = []
        while True:
            try:
                line = self.lines.readline(8192)
            except OSError as error:
                raise Lost(str(error)) from error
            if not line:
                raise Lost("closed by the server")
            lines.append(text(line.rstrip(b"\r\n")))
            if line[3:4] != b"-":
                return lines[-1]

    def say(self, command):
        self.put(command.encode("utf-8", "surrogateescape") if isinstance(command, str) else command)
        return self.reply()

    def transaction(self, kind, sender, rcpts, end="data", body=None, mail="", note=None):
        """`mail`: parameters of MAIL. `body`: bytes after DATA, without the last dot."""
        record = dict(kind=kind, **self.facts, sender=sender, rcpts=[], accepted=False, end=end)
        if note:
            record["note"] = note
        try:
            if "lost" not in self.facts:
                self.steps(record, sender, rcpts, end, body, mail)
        except Lost as lost:
            record["lost"] = self.facts["lost"] = str(lost)
        self.truth.write({k: v for k, v in record.items() if v is not None})
        return record

    def steps(self, record, sender, rcpts, end, body, mail):
        record["mail_reply"] = self.say(f"MAIL FROM:<{sender}>{' ' if mail else ''}{mail}")
        if not record["mail_reply"].startswith("2"):
            return
        for rcpt in rcpts:
            answer = [rcpt, "000 no reply"]
            record["rcpts"].append(answer)
            answer[1] = self.say(f"RCPT TO:<{rcpt}>")
        taken = any(reply.startswith("2") for _, reply in record["rcpts"])
        if end == "data" and (taken or self.facts["session"] % 4 == 0):  # some pipeline, and say it anyway
            self.data(record, body)
        elif end == "rset":
            self.say("RSET")
        elif end == "dropped in DATA":
            record["data_reply"] = self.say("DATA")
            self.put(b"Subject: half")
        if end.startswith("dropped"):
            self.facts["lost"] = "by the client"
            self.shut()
        if end == "data" and not record["accepted"] and "eom_reply" not in record:
            self.say("RSET")

    def data(self, record, body):
        record["data_reply"] = self.say("DATA")
        if not record["data_reply"].startswith("354"):
            return
        body = body or f"Message-Id: <{next(self.truth.messages)}@far.example>\r\nSubject: test\r\n\r\ntext".encode()
        self.put(body + b"\r\n.")
        record["eom_reply"] = self.reply()
        record["accepted"] = record["eom_reply"].startswith("2")

    def shut(self):
        """Both must go, or the connection stays."""
        self.lines.close()
        self.socket.close()

    def close(self):
        try:
            if "lost" not in self.facts:
                self.say("QUIT")
        except Lost:
            pass
        self.shut()
