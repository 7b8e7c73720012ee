"""docs/sources.md: its blocks, and the files of contrib/rsyslog and contrib/syslog-ng, are run as they stand there,
with other addresses and paths."""
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from daemon import ROOT, free_port, program
from test_ways import SAMPLE, Room, SameTotals, export, free_udp_port, journal

with open(os.path.join(ROOT, "docs/sources.md"), encoding="utf-8") as page:
    BLOCKS = {(kind, way): text for kind, way, text in re.findall(
        r"<!-- tried: (\S+) (\S+) -->\n```\S*\n(.*?)```", page.read(), re.S)}
CONTRIB = {}
for _name in ("rsyslog/90-mxsplit.conf", "syslog-ng/mxsplit.conf"):
    with open(os.path.join(ROOT, "contrib", _name), encoding="utf-8") as page:
        CONTRIB[_name.split("/")[0]] = page.read()
RSYSLOG = """module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="DIR/dev-log" RateLimit.Interval="0" UseSysTimeStamp="off")
global(workDirectory="DIR")
"""
SYSLOG_NG = """@version: 3.38
options { keep-hostname(yes); stats-freq(0); };
source s_src { unix-dgram("DIR/dev-log"); };
"""


def syslog_ng():
    """Its command and environment, or None. Debian installs it or rsyslog: $SYSLOG_NG is where `dpkg -x` put
    syslog-ng-core, libivykis0 and libnet1."""
    root = os.environ.get("SYSLOG_NG")
    if not root:
        command = shutil.which("syslog-ng", path="/usr/sbin:/usr/bin")
        return command and ([command], None)
    modules = glob.glob(os.path.join(root, "usr/lib/syslog-ng/*.*"))[0]
    libraries = [os.path.dirname(modules), *glob.glob(os.path.join(root, "usr/lib/*-linux-gnu"))]
    return ([os.path.join(root, "usr/sbin/syslog-ng"), "--module-path=" + modules],
            {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)})


def moved(text, room, port):
    """The block with this test's addresses and paths."""
    return (text.replace("192.0.2.1", "127.0.0.1").replace("5514", str(port))
            .replace("/run/mxsplit/log", room.path("in")).replace("/var/log/mail.log", room.path("mail.log")))


class Page(SameTotals):
    """The blocks of the page, against the totals of the followed file."""

    def way(self, way, room, port):
        """The source's own lines: those of the block that are not the test's."""
        text = moved(BLOCKS["yaml", way], room, port)
        self.assertRegex(text, r"^  - name: \S+\n    mta: ")
        return [line.strip() for line in text.splitlines()[2:] if "default-domain" not in line]

    def send(self, room):
        """As programs on that machine write to /dev/log: a datagram a line, without the host."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.settimeout(20)
            s.connect(room.path("dev-log"))
            for n, line in enumerate(self.lines):
                stamp, _host, rest = re.match(rb"(\w{3} +\d+ [\d:]+) (\S+) (.*)$", line, re.S).groups()
                s.send(b"<22>" + stamp + b" " + rest)
                if n % 100 == 0:
                    time.sleep(0.01)

    def through(self, way, port, text, command, environment=None):
        """What is sent to that syslog daemon comes in by `way`. DIR is the room."""
        with Room() as room:
            room.way = self.way(way, room, port)
            room.start()
            with open(room.path("syslog.conf"), "w", encoding="utf-8") as f:
                f.write(moved(text.replace("DIR", room.directory), room, port))
            process = subprocess.Popen([c.replace("DIR", room.directory) for c in command], env=environment,
                                       stdout=subprocess.DEVNULL)
            try:
                room.daemon.wait_for(lambda: os.path.exists(room.path("dev-log")), 20, "the syslog daemon listens")
                self.send(room)
                self.same(room)
            finally:
                process.terminate()
                process.wait(20)

    def rsyslog(self, way, port, text=None):
        self.through(way, port, RSYSLOG + (text or BLOCKS["rsyslog", way]),
                     ["/usr/sbin/rsyslogd", "-n", "-f", "DIR/syslog.conf", "-i", "DIR/pid"])

    def test_syslog_ng(self):
        """As the page has it, and with what it says to put there for the others."""
        if not syslog_ng():
            self.skipTest("syslog-ng is not here, and Debian's cannot be installed beside rsyslog: set SYSLOG_NG")
        command, environment = syslog_ng()
        block = BLOCKS["syslog-ng", "syslog-tcp"]
        udp = block.replace('transport("tcp")', 'transport("udp")')
        unix = re.sub(r"syslog\(.*?\); ", 'unix-dgram("/run/mxsplit/log"); ', block)
        self.assertEqual(len({block, udp, unix}), 3)
        for way, port, text in [("syslog-tcp", free_port(), block), ("syslog-tcp", free_port(), CONTRIB["syslog-ng"]),
                                ("syslog-udp", free_udp_port(), udp), ("syslog-unix", 0, unix)]:
            with self.subTest(way):
                self.through(way, port, SYSLOG_NG + text,
                             [*command, "-F", "--no-caps", "-f", "DIR/syslog.conf", "-R", "DIR/persist",
                              "-p", "DIR/pid", "-c", "DIR/ctl"], environment)

    def test_inside_of_other_logs(self):
        def summary(command):
            return json.loads(subprocess.run(["bash", "-c", command.replace("mxsplitctl", program("mxsplitctl"))],
                                             cwd=directory, capture_output=True, check=True).stdout)

        with tempfile.TemporaryDirectory(prefix="mxsplit-page-") as directory:
            at = "2026-11-24T16:36:26.123456789Z"
            with open(os.path.join(directory, "json.log"), "w", encoding="utf-8") as docker, \
                    open(os.path.join(directory, "cri.log"), "wb") as cri:
                for line in self.lines:
                    docker.write(json.dumps({"log": line.decode() + "\n", "stream": "stdout", "time": at}) + "\n")
                    cri.write(at.encode() + b" stdout F " + line + b"\n")
            wanted = summary("mxsplitctl classify --summary - <" + SAMPLE)
            for name in ("docker", "kubernetes"):
                self.assertEqual(summary(BLOCKS["shell", name]), wanted, name)
            wrapped = [summary(f"mxsplitctl classify --summary {name}.log") for name in ("json", "cri")]
            self.assertEqual([w["formats"] for w in wrapped], [{}, {}])
            self.assertEqual((wrapped[0]["broken"], wrapped[1]["other"]), (len(self.lines), len(self.lines)))

    def test_syslog_tcp(self):
        self.rsyslog("syslog-tcp", free_port())

    def test_syslog_tcp_of_contrib(self):
        self.rsyslog("syslog-tcp", free_port(), CONTRIB["rsyslog"])

    def test_rsyslog_with_rfc_5424(self):
        """As the page says: with the name of the program whole, and not without."""
        text = CONTRIB["rsyslog"].replace("RSYSLOG_ForwardFormat", "RSYSLOG_SyslogProtocol23Format")
        self.rsyslog("syslog-tcp", free_port(), 'global(parser.permitSlashInProgramName="on")\n' + text)
        with self.assertRaises(AssertionError):
            self.rsyslog("syslog-tcp", free_port(), text)

    def test_syslog_udp(self):
        self.rsyslog("syslog-udp", free_udp_port())

    def test_syslog_unix(self):
        self.rsyslog("syslog-unix", 0)

    def test_follow(self):
        with Room() as room:
            room.way = self.way("follow", room, 0)
            with open(room.path("mail.log"), "wb") as f:
                f.write(b"\n".join(self.lines) + b"\n")
            room.start()
            self.same(room)

    def test_journal(self):
        with Room() as room:
            os.mkdir(room.path("journal"))
            journal(room.path("journal/x.journal"), export(self.lines))
            room.way = [w.replace("journal: yes", "journal: " + room.path("journal"))
                        for w in self.way("journal", room, 0)] + ["history: yes"]
            room.start()
            self.same(room)

    def test_every_source_is_a_configuration(self):
        with Room() as room:
            key, config = room.path("key"), room.path("mxsplitd.yaml")
            with open(key, "w", encoding="utf-8") as f:
                f.write('key "k" { algorithm hmac-sha256; secret "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="; };\n')
            os.chmod(key, 0o600)
            with open(config, "w", encoding="utf-8") as f:
                f.write(f"database: {room.path('db')}\nservers:\n  - name: ns1\n    address: 127.0.0.1\n"
                        f"    zone: example.jp\n    key-file: {key}\ndomains:\n  - name: example.jp\n    server: ns1\n"
                        "    drop: [mta1.example.jp]\nsources:\n"
                        + "".join(text for (kind, _), text in BLOCKS.items() if kind == "yaml"))
            done = subprocess.run([program("mxsplitctl"), "check-config", config], capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


def load_tests(_loader, _tests, _pattern):
    """Only what is defined here: SameTotals has its own file."""
    names = [name for name in vars(Page) if name.startswith("test_")]
    return unittest.TestSuite(map(Page, names))


if __name__ == "__main__":
    unittest.main()
