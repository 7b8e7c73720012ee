"""Mail that comes at its own pace, whatever becomes of it: each stream hands messages to one sending host."""
import random
import socket
import threading
import time

from hosts import DOMAIN


class Stream(threading.Thread):
    """Messages `prefix`.0, .1, ... at a mean of `rate` a second, each at its own time (a Poisson process of `seed`), from
    `begin` to `end`, seconds of the run's clock. `due` has the second of each that was handed over."""

    def __init__(self, at, mail_from, prefix, rate, span, clock, seed):
        super().__init__(daemon=True)
        self.at, self.mail_from, self.prefix, self.clock = at, mail_from, prefix, clock
        self.planned = self.plan(rate, *span, random.Random(f"{seed} {prefix}"))
        self.due, self.troubles, self.file = [], 0, None

    @staticmethod
    def plan(rate, begin, end, chance):
        times, at = [], begin + chance.expovariate(rate)
        while at < end:
            times.append(at)
            at += chance.expovariate(rate)
        return times

    def run(self):
        for number, due in enumerate(self.planned):
            time.sleep(max(0, due - self.clock()))
            while not self.handed_over(number):
                self.troubles += 1
                self.file = None
                time.sleep(0.2)
            self.due.append(due)
        if self.file:
            self.file.close()

    def handed_over(self, number):
        try:
            self.hand_over(number)
            return True
        except OSError:
            return False

    def hand_over(self, number):
        if not self.file:
            connection = socket.create_connection((self.at, 25), 30)
            self.file = connection.makefile("rwb")
            connection.close()
            greet(self.file)
        message(self.file, self.mail_from, f"{self.prefix}.{number}@{DOMAIN}")


def greet(file):
    say(file, None)
    say(file, "EHLO lab.senders.test")


def one_message(file, mail_from, to):
    """A session of one message; what was answered to it."""
    greet(file)
    answer = message(file, mail_from, to)
    say(file, "QUIT")
    return answer


def message(file, mail_from, to):
    for words in (f"MAIL FROM:<{mail_from}>", f"RCPT TO:<{to}>", "DATA",
                  "Subject: a message of the lab\r\n\r\nAs short as most.\r\n."):
        answer = say(file, words)
    return answer


def say(file, words):
    if words is not None:
        file.write(words.encode() + b"\r\n")
        file.flush()
    while True:
        line = file.readline()
        if line[:1] not in (b"2", b"3"):
            raise OSError(f"{words!r}: {line!r}")
        if line[3:4] != b"-":
            return line.decode().strip()
