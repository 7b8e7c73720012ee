"""Mail that comes at its own pace, whatever becomes of it: each stream hands messages to one sending host."""
import socket
import threading
import time

from hosts import DOMAIN


class Stream(threading.Thread):
    """Messages `prefix`.0, .1, ... every 1/rate seconds from `begin` to `end`, seconds of the run's clock. `sent` has the
    second at which each was due: a queue before the sender is part of its delay."""

    def __init__(self, at, mail_from, prefix, rate, begin, end, clock):
        super().__init__(daemon=True)
        self.at, self.mail_from, self.prefix, self.rate, self.begin, self.until = at, mail_from, prefix, rate, begin, end
        self.clock, self.due, self.troubles, self.file, self.ended = clock, [], 0, None, False

    def run(self):
        number = 0
        while not self.ended and self.begin + number / self.rate < self.until:
            due = self.begin + number / self.rate
            while not self.ended and self.clock() < due:
                time.sleep(min(0.5, max(0, due - self.clock())))
            if self.ended:
                break
            try:
                self.hand_over(number)
            except OSError:
                self.troubles += 1
                self.file = None
                time.sleep(0.2)
                continue
            self.due.append(due)
            number += 1
        if self.file:
            self.file.close()

    def hand_over(self, number):
        if not self.file:
            connection = socket.create_connection((self.at, 25), 30)
            self.file = connection.makefile("rwb")
            connection.close()
            self.say(None)
            self.say("EHLO lab.senders.test")
        for words in (f"MAIL FROM:<{self.mail_from}>", f"RCPT TO:<{self.prefix}.{number}@{DOMAIN}>", "DATA",
                      "Subject: a message of the lab\r\n\r\nAs short as most.\r\n."):
            self.say(words)

    def say(self, words):
        if words is not None:
            self.file.write(words.encode() + b"\r\n")
            self.file.flush()
        while True:
            line = self.file.readline()
            if line[:1] not in (b"2", b"3"):
                raise OSError(f"{words!r}: {line!r}")
            if line[3:4] != b"-":
                return
