"""The mail server at the far end, to which the MTA under test relays: its answers are truth too.

The local part of a recipient says what it gets: nouser* 550, temp* 450, inject* 550 with a hostile
text, anything else is taken. Every recipient and its answer goes into the truth as kind "far-end".
With `onward`, it is a content filter instead: what it takes it gives back there.
"""
import re
import socket
import socketserver

HOSTILE = ("550 5.1.1 NOQUEUE: reject: RCPT from evil[203.0.113.9]: 550 5.1.1 <victim@example.test>: x; from=<> "
           "to=<victim@example.test> proto=ESMTP helo=<evil>, stat=Sent\", from=<>, H=evil [203.0.113.9] F=<> "
           "rejected RCPT <victim@example.test>")
ANSWERS = (("nouser", "550 5.1.1 no such user"), ("temp", "450 4.2.0 come back later"), ("inject", HOSTILE))


def answer(recipient):
    for beginning, reply in ANSWERS:
        if recipient.startswith(beginning):
            return reply
    return "250 2.1.5 ok"


class Talk(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, reply):
        self.wfile.write(reply.encode() + b"\r\n")

    def handle(self):
        self.forward = []
        self.say("220 far.end.example ESMTP")
        while True:
            line = self.rfile.readline(4096)
            if not line:
                return
            word = line[:4].upper()
            if word == b"QUIT":
                self.say("221 bye")
                return
            self.command(word, line.rstrip(b"\r\n"))

    def command(self, word, line):
        if word in (b"EHLO", b"HELO"):
            self.say("250-far.end.example\r\n250-SMTPUTF8\r\n250-8BITMIME" +
                     ("\r\n250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE" if self.server.xforward else "") + "\r\n250 DSN")
        elif word == b"MAIL":
            self.sender, self.taken, self.mail = re.search(rb"<(.*?)>", line).group(1), [], line
            self.say("250 2.1.0 ok")
        elif word == b"RCPT":
            self.recipient(line)
        elif word == b"DATA":
            self.data()
        else:
            if word == b"XFOR":
                self.forward.append(line)
            self.say("250 ok")

    def recipient(self, line):
        address = re.search(rb"<(.*)>", line).group(1).decode("utf-8", "replace")
        reply = "250 ok" if self.server.onward else answer(address)
        if not self.server.onward:
            self.server.truth.write(dict(kind="far-end", sender=self.sender.decode("utf-8", "replace"),
                                         rcpts=[[address, reply]], accepted=reply[0] == "2"))
        if reply[0] == "2":
            self.taken.append(line)
        self.say(reply)

    def data(self):
        if not self.taken:
            return self.say("554 5.5.1 no valid recipients")
        self.say("354 go on")
        lines = []
        while True:
            line = self.rfile.readline(65536)
            if line in (b".\r\n", b""):
                break
            lines.append(line)
        self.say(self.give_back(lines) if self.server.onward else "250 2.0.0 taken")

    def give_back(self, lines):
        with socket.create_connection(self.server.onward, timeout=60) as back:
            answers = back.makefile("rb")

            def say(line):
                if line is not None:
                    back.sendall(line + b"\r\n")
                reply = answers.readline()
                while reply[3:4] == b"-":
                    reply = answers.readline()
                return reply.rstrip(b"\r\n").decode()

            say(None)
            say(b"EHLO filter.example.test")
            for line in [*self.forward, self.mail, *self.taken, b"DATA"]:
                say(line)
            self.forward = []
            reply = say(b"".join(lines) + b".")
            say(b"QUIT")
        return "250 2.0.0 from MTA(smtp:[127.0.0.1]:10026): " + reply if reply[:1] == "2" else reply


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address, truth, onward=None, xforward=False):
        super().__init__(address, Talk)
        self.truth, self.onward, self.xforward = truth, onward, xforward
