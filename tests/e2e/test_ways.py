"""The same recording by every way in: a followed file, its compressed predecessors, syslog by UDP, TCP and
unix datagrams (from plain sockets and from rsyslog), the journal, standard input, and mxsplitctl import.
The totals are those of the file.
"""
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from daemon import DOMAIN, ROOT, Daemon, free_port, program, refused, stamp

SAMPLE = os.path.join(ROOT, "tests/samples/postfix/classic.log")
REMOTE = "/lib/systemd/systemd-journal-remote"
MAIL = "<22>"


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def recording():
    with open(SAMPLE, "rb") as f:
        return f.read().splitlines()


class Room:
    """A daemon with one source, which comes in by `way` (lines of YAML)."""

    def __init__(self, *way, stdin=None):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-ways-")
        self.directory = self.temp.name
        self.way = [w.replace("DIR", self.directory) for w in way]
        self.stdin = stdin
        self.daemon = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.daemon:
            self.daemon.kill()
        self.temp.cleanup()

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self):
        d = Daemon(self.directory)
        d.settings["mode"] = "observe"
        d.sources = {}
        write = d.write_config

        def with_source():
            write()
            with open(d.config_path, "a") as f:
                f.write("\n".join(["  - name: log", f"    mta: mta1.{DOMAIN}", f"    default-domain: {DOMAIN}"]
                                  + ["    " + w for w in self.way]) + "\n")
        d.write_config = with_source
        d.stdin = self.stdin
        self.daemon = d
        return d.start()

    def source(self):
        return self.daemon.status()["sources"][0]

    def heard(self, lines, seconds=30):
        def enough():
            source = self.source()
            return source["lines"] >= lines and source["bytes_behind"] == 0
        self.daemon.wait_for(enough, seconds, f"{lines} lines are read")

    def totals(self):
        """Two ticks later, so that one line too many would be seen."""
        ticks = self.daemon.status()["ticks"]
        self.daemon.wait_for(lambda: self.daemon.status()["ticks"] >= ticks + 2, 20, "two ticks more")
        assert self.daemon.stop() == 0
        totals = self.daemon.totals()
        self.daemon = None
        return totals

    def said(self):
        return [e["text"] for e in self.daemon.events()]


def export(lines, start=0):
    """Lines of the recording as journald keeps them, in the journal's export format."""
    out = []
    for n, line in enumerate(lines):
        found = re.match(rb"(\w{3} \d+ [\d:]+) (\S+) ([^\[:]+)(?:\[(\d+)\])?: (.*)$", line, re.S)
        when, host, tag, pid, message = found.groups()
        year = time.gmtime().tm_year
        seconds = int(time.mktime(time.strptime(f"{year} {when.decode()} ", "%Y %b %d %H:%M:%S ")))
        if seconds > time.time() + 86400:
            seconds = int(time.mktime(time.strptime(f"{year - 1} {when.decode()} ", "%Y %b %d %H:%M:%S ")))
        at = seconds * 1000000 + start + n
        entry = [b"__REALTIME_TIMESTAMP=%d" % at, b"__MONOTONIC_TIMESTAMP=%d" % (1000000 + start + n),
                 b"_BOOT_ID=0f0f0f0f0f0f4f0f8f0f0f0f0f0f0f0f", b"_HOSTNAME=" + host,
                 b"SYSLOG_FACILITY=2", b"SYSLOG_IDENTIFIER=" + tag, b"_SOURCE_REALTIME_TIMESTAMP=%d" % at]
        if pid:
            entry.append(b"SYSLOG_PID=" + pid)
        entry.append(b"MESSAGE\n" + len(message).to_bytes(8, "little") + message)
        out.append(b"\n".join(entry) + b"\n\n")
    return out


def journal(path, entries):
    subprocess.run([REMOTE, "-o", path, "--split-mode=none", "-"], input=b"".join(entries), check=True,
                   stderr=subprocess.DEVNULL)


class SameTotals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lines = recording()
        with Room("follow: DIR/mail.log") as room:
            shutil.copy2(SAMPLE, room.path("mail.log"))
            room.start()
            room.heard(len(cls.lines))
            cls.wanted = room.totals()
        assert sum(cls.wanted[DOMAIN].values()) > 100, cls.wanted

    def same(self, room, lines=None):
        room.heard(len(self.lines) if lines is None else lines)
        self.assertEqual(room.totals(), self.wanted)

    def test_udp(self):
        port = free_udp_port()
        with Room(f'syslog-udp: "127.0.0.1:{port}"') as room:
            room.start()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect(("127.0.0.1", port))
                for n, line in enumerate(self.lines):
                    s.send(MAIL.encode() + line)
                    if n % 100 == 99:  # the buffer is not what this is about
                        time.sleep(0.02)
            self.same(room)

    def test_unix(self):
        with Room("syslog-unix: DIR/log.sock") as room:
            stale = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            stale.bind(room.path("log.sock"))
            stale.close()  # nobody listens there any more
            room.start()
            self.assertEqual(os.stat(room.path("log.sock")).st_mode & 0o777, 0o660)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.connect(room.path("log.sock"))
                for line in self.lines:
                    s.send(MAIL.encode() + line)
            self.same(room)
            self.assertFalse(os.path.exists(room.path("log.sock")))

    def tcp(self, frame, tail=b""):
        port = free_port()
        with Room(f'syslog-tcp: "127.0.0.1:{port}"') as room:
            room.start()
            data = b"".join(frame(MAIL.encode() + line) for line in self.lines)
            if tail:
                data = data[:-len(tail)]
            with socket.create_connection(("127.0.0.1", port)) as s:
                for at in range(0, len(data), 1009):
                    s.sendall(data[at:at + 1009])
            self.same(room)

    def test_tcp_octet_counting(self):
        self.tcp(lambda line: b"%d " % len(line) + line)

    def test_tcp_newlines_the_last_one_missing(self):
        self.tcp(lambda line: line + b"\n", b"\n")

    def test_stdin_and_its_end(self):
        read, write = os.pipe()
        with Room("stdin: yes", stdin=read) as room:
            room.start()
            os.close(read)
            with os.fdopen(write, "wb") as pipe:
                pipe.write(b"\n".join(self.lines))
            room.heard(len(self.lines))
            room.daemon.wait_for(lambda: "standard input has ended" in (room.source()["error"] or ""), 10, "its end is said")
            self.same(room)

    def test_stdin_from_a_file(self):
        with open(SAMPLE, "rb") as f, Room("stdin: yes", stdin=f) as room:
            room.start()
            self.same(room)

    def test_journal(self):
        with Room("journal: DIR/journal", "history: yes") as room:
            os.mkdir(room.path("journal"))
            journal(room.path("journal/a.journal"), export(self.lines[:900]))
            room.start()
            room.heard(900)
            journal(room.path("journal/b.journal"), export(self.lines[900:], 900))
            self.same(room)

    def test_history(self):
        with Room("follow: DIR/mail.log", "history: yes") as room:
            parts = [self.lines[:400], self.lines[400:800], self.lines[800:1200], self.lines[1200:]]
            texts = [b"".join(line + b"\n" for line in part) for part in parts]
            with gzip.open(room.path("mail.log.3.gz"), "wb") as f:
                f.write(texts[0][:1000])
            with open(room.path("mail.log.3.gz"), "ab") as f:  # a second member
                f.write(gzip.compress(texts[0][1000:]))
            subprocess.run(["zstd", "-q", "-o", room.path("mail.log.2.zst")], input=texts[1], check=True)
            for name, text in (("mail.log.1", texts[2]), ("mail.log", texts[3])):
                with open(room.path(name), "wb") as f:
                    f.write(text)
            for name in os.listdir(room.directory):
                shutil.copystat(SAMPLE, room.path(name))
            room.start()
            self.same(room)
            room.start()  # a second start is not a first one
            room.heard(0)
            self.assertEqual(room.totals(), self.wanted)

    def rsyslog(self, action, way):
        with Room(way) as room:
            room.start()
            with open(room.path("rsyslog.conf"), "w") as f:
                f.write('module(load="imfile")\n'
                        f'global(workDirectory="{room.directory}")\n'
                        'template(name="raw" type="string" string="<22>%msg%")\n'
                        f'input(type="imfile" file="{room.path("in.log")}" tag="t" ruleset="out")\n'
                        f'ruleset(name="out") {{ action({action.replace("DIR", room.directory)} template="raw") }}\n')
            shutil.copy2(SAMPLE, room.path("in.log"))
            process = subprocess.Popen(["/usr/sbin/rsyslogd", "-n", "-f", room.path("rsyslog.conf"),
                                        "-i", room.path("rsyslog.pid")],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self.same(room)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)

    def test_rsyslog_tcp_counted(self):
        port = free_port()
        self.rsyslog(f'type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" tcp_framing="octet-counted"',
                     f'syslog-tcp: "127.0.0.1:{port}"')

    def test_rsyslog_tcp_lines(self):
        port = free_port()
        self.rsyslog(f'type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp"', f'syslog-tcp: "127.0.0.1:{port}"')

    def test_rsyslog_udp(self):
        port = free_udp_port()
        self.rsyslog(f'type="omfwd" target="127.0.0.1" port="{port}" protocol="udp"', f'syslog-udp: "127.0.0.1:{port}"')

    def import_(self, room, *args, **more):
        return subprocess.run([program("mxsplitctl"), "import", "--db", room.path("mxsplit.db"),
                               "--default-domain", DOMAIN, *args], capture_output=True, text=True, check=False, **more)

    def imported(self, room):
        out = subprocess.run([program("mxsplitctl"), "totals", "--db", room.path("mxsplit.db")], check=True,
                             capture_output=True, text=True).stdout
        return json.loads(out)["domains"]

    def test_import(self):
        with Room("follow: DIR/mail.log") as room:
            with open(SAMPLE, "rb") as f:
                text = f.read()
            half = text.index(b"\n", len(text) // 2) + 1
            for name, data in (("half", text[:half]), ("whole", text), ("a.gz", gzip.compress(text[:half])),
                               ("b", text[half:])):
                with open(room.path(name), "wb") as f:
                    f.write(data)
                shutil.copystat(SAMPLE, room.path(name))
            subprocess.run(["zstd", "-q", "-o", room.path("b.zst"), room.path("b")], check=True)
            shutil.copystat(SAMPLE, room.path("b.zst"))
            done = self.import_(room, room.path("a.gz"), room.path("b.zst"))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(self.imported(room), self.wanted)
            again = self.import_(room, room.path("half"), room.path("b"), room.path("a.gz"))
            self.assertEqual(again.stdout.count("was imported before"), 3, again)
            self.assertEqual(self.imported(room), self.wanted)
            os.unlink(room.path("mxsplit.db"))
            self.assertEqual(self.import_(room, room.path("half")).returncode, 0)
            grown = self.import_(room, room.path("whole"))
            self.assertIn("more, behind what was imported before", grown.stdout)
            with open(room.path("whole"), "rb") as f:
                again = self.import_(room, "-", stdin=f)
            self.assertIn("was imported before", again.stdout)

    def test_import_beside_a_daemon_is_refused(self):
        with Room("follow: DIR/mail.log") as room:
            room.start()
            refused_ = self.import_(room, SAMPLE)
            self.assertEqual(refused_.returncode, 75)
            self.assertIn("stop mxsplitd", refused_.stderr)


class Trouble(unittest.TestCase):
    def test_one_datagram_is_one_message(self):
        port = free_udp_port()
        with Room(f'syslog-udp: "127.0.0.1:{port}"', "max-line: 1k") as room:
            room.start()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect(("127.0.0.1", port))
                forged = refused(1).rstrip("\n").encode()
                s.send(MAIL.encode() + stamp().encode() + b" mx1 postfix/smtpd[1]: x\n" + forged + b"\0\n" + forged)
                s.send(b"")
                s.send(b"\n\0\n")
                s.send(b"y" * 1025)
                s.send(MAIL.encode() + forged + b"\n")
            room.heard(3)
            source = room.source()
            self.assertEqual((source["lines"], source["broken"]), (3, 1), source)
            self.assertEqual(room.totals()[DOMAIN], {"bounce-refused": 1})

    def test_broken_counting_closes_the_connection(self):
        port = free_port()
        with Room(f'syslog-tcp: "127.0.0.1:{port}"') as room:
            room.start()
            line = MAIL.encode() + refused(1).rstrip("\n").encode()
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.settimeout(10)
                s.sendall(b"%d " % len(line) + line + b"nonsense")
                self.assertEqual(s.recv(1), b"")
            room.heard(1)
            room.daemon.wait_for(lambda: any("octet counting" in t for t in room.said()), 10, "it is told")
            self.assertEqual(room.totals()[DOMAIN], {"bounce-refused": 1})

    def test_slow_and_many(self):
        port = free_port()
        with Room(f'syslog-tcp: "127.0.0.1:{port}"') as room:
            room.start()
            idle = []
            for _ in range(256):
                idle.append(socket.create_connection(("127.0.0.1", port)))
                idle[-1].sendall(b"<2")
            room.daemon.wait_for(lambda: len(os.listdir(f"/proc/{room.daemon.process.pid}/fd")) > 256, 10, "all are in")
            with socket.create_connection(("127.0.0.1", port)) as one_more:
                one_more.settimeout(10)
                self.assertEqual(one_more.recv(1), b"")  # all are young: the new one goes
            for s in idle:
                s.close()
            room.daemon.wait_for(lambda: len(os.listdir(f"/proc/{room.daemon.process.pid}/fd")) < 100, 10, "all are out")
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.sendall(refused(1).encode())
            room.heard(257)
            self.assertEqual(room.totals()[DOMAIN], {"bounce-refused": 1})

    def test_dropped_by_the_kernel_is_told(self):
        port = free_udp_port()
        with Room(f'syslog-udp: "127.0.0.1:{port}"') as room:
            room.start()
            room.heard(0)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect(("127.0.0.1", port))
                for sent in (20001, 40002):
                    os.kill(room.daemon.process.pid, signal.SIGSTOP)
                    try:
                        for _ in range(20000):
                            s.send(b"x" * 8000)
                    finally:
                        os.kill(room.daemon.process.pid, signal.SIGCONT)
                    time.sleep(0.5)
                    s.send(b"after")
                    room.daemon.wait_for(lambda: any(f" {sent - room.source()['lines']} datagrams dropped" in t
                                                     for t in room.said()), 20, "all of them are told")
                self.assertGreater(room.source()["gaps"], 0)

    def test_a_repeat_after_a_gap_does_not_multiply_the_line_before_it(self):
        with Room("follow: DIR/mail.log") as room:
            with open(room.path("mail.log"), "w", buffering=1) as log:
                log.write(refused(1))
                room.start()
                room.heard(1)
                shutil.copy2(room.path("mail.log"), room.path("mail.log.1"))
                log.truncate(0)
                log.seek(0)
                log.write(stamp() + " mx1 last message repeated 9 times\n")
                room.heard(2)
            self.assertEqual(room.source()["gaps"], 1)
            self.assertEqual(room.totals()[DOMAIN], {"bounce-refused": 1})

    def test_of_several_losses_at_once_each_is_told(self):
        with Room("follow: DIR/mail.log", "history: yes") as room:
            for name in ("mail.log.4.xz", "mail.log.3.xz", "mail.log.2.bz2"):
                with open(room.path(name), "wb") as f:
                    f.write(b"not read")
            room.start()
            room.heard(0)
            said = [s for s in room.said() if "passed over" in s]
            self.assertEqual(len(said), 1, said)
            for name in ("mail.log.4.xz", "mail.log.3.xz", "mail.log.2.bz2"):
                self.assertIn(room.path(name), said[0])

    def test_used_address_is_told_and_tried_again(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with Room(f'syslog-tcp: "127.0.0.1:{port}"') as room:
                room.start()
                room.daemon.wait_for(lambda: any("another program listens" in t for t in room.said()), 10,
                                     "it is told")
                other.close()
                room.daemon.wait_for(lambda: not room.source()["error"], 10, "it listens")

    def test_live_socket_is_not_taken(self):
        with Room("syslog-unix: DIR/log.sock") as room:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as live:
                live.bind(room.path("log.sock"))
                room.start()
                room.daemon.wait_for(lambda: "another program listens" in (room.source()["error"] or ""), 10, "it is told")
            self.assertTrue(os.path.exists(room.path("log.sock")))

    def test_a_socket_that_is_taken_away_is_made_again(self):
        with Room("syslog-unix: DIR/log.sock") as room:
            room.start()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.connect(room.path("log.sock"))
                s.send(MAIL.encode() + refused(1).encode())
                os.unlink(room.path("log.sock"))
                s.send(MAIL.encode() + refused(2).encode())
            room.daemon.wait_for(lambda: os.path.exists(room.path("log.sock")), 10, "it is there again")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.connect(room.path("log.sock"))
                s.send(MAIL.encode() + refused(3).encode())
            room.heard(3)
            self.assertEqual(room.totals()[DOMAIN], {"bounce-refused": 3})

    def test_another_way_in_wants_another_name(self):
        with Room("journal: DIR/journal", "history: yes") as room:
            os.mkdir(room.path("journal"))
            journal(room.path("journal/a.journal"), export(recording()[:100]))
            room.start()
            room.heard(100)
            room.totals()
            room.way = [f"follow: {room.path('mail.log')}"]
            with self.assertRaisesRegex(AssertionError, "give the source another name"):
                room.start()

    def test_reload_keeps_what_has_arrived(self):
        port = free_port()
        with Room(f'syslog-tcp: "127.0.0.1:{port}"') as room:
            d = room.start()
            with socket.create_connection(("127.0.0.1", port)) as s:
                line = refused(1).encode()
                for n in range(20):
                    s.sendall(line[:50])
                    if n % 5 == 0:
                        reloads = d.status()["reloads"]
                        d.process.send_signal(signal.SIGHUP)
                        d.wait_for(lambda: d.status()["reloads"] > reloads, 20, "it is reloaded")
                    s.sendall(line[50:])
                d.wait_for(lambda: d.domain()["counts"]["bounce-refused"] == 20, 20, "all are counted")

    def test_journal_that_was_vacuumed_is_a_gap(self):
        lines = recording()
        with Room("journal: DIR/journal", "history: yes") as room:
            os.mkdir(room.path("journal"))
            journal(room.path("journal/a.journal"), export(lines[:500]))
            room.start()
            room.heard(500)
            self.assertEqual(room.daemon.stop(), 0)
            os.unlink(room.path("journal/a.journal"))
            journal(room.path("journal/b.journal"), export(lines[900:], 900))
            room.start()
            room.heard(len(lines) - 900)
            room.daemon.wait_for(lambda: any("vacuumed" in t for t in room.said()), 10, "it is told")
            self.assertEqual(room.source()["lines"], len(lines) - 900)

    def test_journal_says_that_it_lost_lines(self):
        lines = [refused(1).rstrip("\n").encode()]
        with Room("journal: DIR/journal", "history: yes") as room:
            os.mkdir(room.path("journal"))
            now = int(time.time() * 1e6)
            entries = [b"\n".join([b"__REALTIME_TIMESTAMP=%d" % now, b"__MONOTONIC_TIMESTAMP=5",
                                   b"_BOOT_ID=0f0f0f0f0f0f4f0f8f0f0f0f0f0f0f0f", b"SYSLOG_FACILITY=5",
                                   b"MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e",
                                   b"SYSLOG_IDENTIFIER=systemd-journald", b"_HOSTNAME=mx1",
                                   b"MESSAGE=Suppressed 42 messages from postfix@-.service"]) + b"\n\n"]
            journal(room.path("journal/a.journal"), entries)
            room.start()
            room.heard(len(lines))
            self.assertEqual(room.source()["gaps"], 1)


if __name__ == "__main__":
    unittest.main()
