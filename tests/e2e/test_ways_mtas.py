"""The same recording of each MTA by each way in: the totals of the followed file come by syslog over UDP, TCP (both framings)
and a unix socket, from the journal, from standard input and from `mxsplitctl import`, too. What the file's totals are worth,
test_samples.py says. Postfix's are in test_ways.py, with more of what can happen on the way.
"""
import gzip
import os
import re
import shutil
import socket
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from daemon import DOMAIN, ROOT, free_port, program
from test_ways import MAIL, Room, export, free_udp_port, journal

SAMPLES = os.path.join(ROOT, "tests", "samples")
TAI = 2**62 + 10  # multilog's second 0 of 1970


def plain(path):
    with open(path, "rb") as f:
        return f.read().splitlines()


def splogger(path):
    """multilog's lines as splogger gives them to syslogd: the same time twice, the tag, the words."""
    out = []
    for line in plain(path):
        seconds, nanoseconds, words = re.match(rb"@([0-9a-f]{16})([0-9a-f]{8}) (.*)$", line, re.S).groups()
        at, fraction = int(seconds, 16) - TAI, int(nanoseconds, 16) // 1000
        out.append(time.strftime("%b %d %H:%M:%S", time.localtime(at)).encode()
                   + b" mx1 qmail: %d.%06d " % (at, fraction) + words)
    return out


MTAS = {"exim": ("exim/syslog.log", plain), "sendmail": ("sendmail/default.log", plain),
        "opensmtpd": ("opensmtpd/default.log", plain), "qmail": ("qmail/send.tai64n", splogger)}


class Recording:
    """One file, and how each way in brings it."""

    def __init__(self, name, of_syslog):
        self.path = os.path.join(SAMPLES, name)
        self.lines = of_syslog(self.path)
        self.size = len(self.lines)

    def take(self, room):
        room.heard(self.size)
        return room.totals()

    def follow(self):
        with Room("follow: DIR/mail.log") as room:
            shutil.copy2(self.path, room.path("mail.log"))
            room.start()
            return self.take(room)

    def stdin(self):
        with open(self.path, "rb") as f, Room("stdin: yes", stdin=f) as room:
            room.start()
            return self.take(room)

    def datagrams(self, way, family, address):
        with Room(way) as room:
            room.start()
            with socket.socket(family, socket.SOCK_DGRAM) as s:
                s.connect(address or room.path("in"))
                for n, line in enumerate(self.lines):
                    s.send(MAIL.encode() + line)
                    if n % 50 == 0:
                        time.sleep(0.01)  # the kernel drops what nobody has fetched
            return self.take(room)

    def udp(self):
        port = free_udp_port()
        return self.datagrams(f'syslog-udp: "127.0.0.1:{port}"', socket.AF_INET, ("127.0.0.1", port))

    def unix(self):
        return self.datagrams("syslog-unix: DIR/in", socket.AF_UNIX, None)

    def tcp(self, frame):
        port = free_port()
        with Room(f'syslog-tcp: "127.0.0.1:{port}"') as room:
            room.start()
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.sendall(b"".join(frame(MAIL.encode() + line) for line in self.lines))
            return self.take(room)

    def tcp_counted(self):
        return self.tcp(lambda line: b"%d " % len(line) + line)

    def tcp_lines(self):
        return self.tcp(lambda line: line + b"\n")

    def journal(self):
        with Room("journal: DIR/journal", "history: yes") as room:
            os.mkdir(room.path("journal"))
            journal(room.path("journal/a.journal"), export(self.lines))
            room.start()
            return self.take(room)

    def imported(self):
        with Room("follow: DIR/none") as room:
            with open(self.path, "rb") as f, gzip.open(room.path("log.gz"), "wb") as packed:
                packed.write(f.read())
            shutil.copystat(self.path, room.path("log.gz"))
            subprocess.run([program("mxsplitctl"), "import", "--db", room.path("mxsplit.db"), "--default-domain", DOMAIN,
                            room.path("log.gz")], check=True, capture_output=True)
            daemon = room.start()
            assert daemon.stop() == 0
            room.daemon = None
            return daemon.totals()


class SameOfEach(unittest.TestCase):
    def same(self, mta):
        recording = Recording(*MTAS[mta])
        ways = [recording.udp, recording.unix, recording.tcp_counted, recording.tcp_lines, recording.journal, recording.stdin,
                recording.imported]
        with ThreadPoolExecutor(len(ways) + 1) as pool:
            wanted = pool.submit(recording.follow)
            got = [(way.__name__, pool.submit(way)) for way in ways]
        events = sum(sum(kinds.values()) for kinds in wanted.result().values())
        self.assertGreater(events, 100)
        for way, totals in got:
            with self.subTest(way):
                self.assertEqual(totals.result(), wanted.result())


for _mta in MTAS:
    setattr(SameOfEach, "test_" + _mta, lambda self, mta=_mta: self.same(mta))

if __name__ == "__main__":
    unittest.main()
