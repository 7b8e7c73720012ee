"""A real journald, in namespaces of its own, and a flood that is logged faster than it takes from one service. With
a limit it says what it dropped, and the source tells that lines were lost; with the drop-in of docs/sources.md
each is counted.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

from daemon import DOMAIN, ROOT, Daemon

JOURNALD = "/lib/systemd/systemd-journald"
FLOOD = 12000  # journald multiplies the burst by what it has of space, by 8 at most
LIMITED = "[Journal]\nRateLimitIntervalSec=2s\nRateLimitBurst=1000\n"
INSIDE = """
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log
mount --bind "$DIR/log" /run/log
mount -t tmpfs tmpfs /etc/systemd
mkdir /etc/systemd/journald.conf.d
printf '[Journal]\\nStorage=volatile\\nForwardToSyslog=no\\n' >/etc/systemd/journald.conf
cp "$DIR/mail.conf" /etc/systemd/journald.conf.d/mail.conf
%s &
while [ ! -S /run/systemd/journal/dev-log ]; do sleep 0.05; done
"$PYTHON" "$DIR/flood.py" # not the first process here, of which journald takes everything
exit $?
""" % JOURNALD
# The service: what journald counts by. Each line of its standard input is a number of messages to send.
SERVICE = """
import os, socket, sys
with open(os.environ["SERVICE"] + "/cgroup.procs", "w") as f:
    f.write(str(os.getpid()))
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("/run/systemd/journal/dev-log")
n = 0
print("ready", flush=True)
for line in sys.stdin:
    for _ in range(int(line)):
        n += 1
        s.send(f"<22>postfix/smtpd[7]: NOQUEUE: reject: RCPT from x[198.51.100.1]: 550 5.1.1 <u{n}@%s>: Recipient address "
               f"rejected: User unknown; from=<> to=<u{n}@%s> proto=ESMTP helo=<x>".encode())
    print("sent", flush=True)
""" % (DOMAIN, DOMAIN)


def cgroups():
    with open("/proc/mounts") as f:
        return next((words[1] for words in map(str.split, f) if words[2] == "cgroup2"), None)


def drop_in():
    """What docs/sources.md says for journald."""
    with open(os.path.join(ROOT, "docs/sources.md"), encoding="utf-8") as page:
        block = re.search(r"^    # /etc/systemd/journald\.conf\.d/mail\.conf.*\n((?:    .*\n)+)", page.read(), re.M).group(1)
    return re.sub("^    ", "", block, flags=re.M)


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists(JOURNALD) and cgroups(), "no root, no journald or no cgroups here")
class Journald(unittest.TestCase):
    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.addCleanup(temp.cleanup)
        self.directory = temp.name
        self.service = os.path.join(cgroups(), f"mxsplit-test-{os.getpid()}-{self._testMethodName[-8:]}.service")
        try:
            subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], check=True, capture_output=True)
            os.mkdir(self.service)
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"no cgroup or namespace may be made here: {error}")
        self.inside = None
        self.addCleanup(self.remove_service)

    def remove_service(self):
        if self.inside:
            self.inside.kill()  # and all that is in its pid namespace
            self.inside.communicate()
        end = time.monotonic() + 20
        while os.path.exists(self.service):
            try:
                os.rmdir(self.service)
            except OSError:  # the kernel still clears up
                self.assertLess(time.monotonic(), end, f"{self.service} stays")
                time.sleep(0.05)

    def begin(self, conf):
        """journald, and the service that floods it; then the daemon."""
        os.mkdir(os.path.join(self.directory, "log"))
        for name, text in (("mail.conf", conf), ("flood.py", SERVICE)):
            with open(os.path.join(self.directory, name), "w") as f:
                f.write(text)
        self.inside = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", INSIDE],
            env=dict(os.environ, DIR=self.directory, SERVICE=self.service, PYTHON=sys.executable),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(self.inside.stdout.readline(), "ready\n")
        self.send(1)  # there is a journal, and the daemon reads it from its beginning
        machine = os.listdir(os.path.join(self.directory, "log", "journal"))
        self.assertEqual(len(machine), 1)
        self.daemon = Daemon(self.directory)
        self.addCleanup(self.daemon.kill)
        self.daemon.way = "journal"
        self.daemon.sources = {"mta1": os.path.join(self.directory, "log", "journal", machine[0]) +
                               "\n    journal-match: [SYSLOG_FACILITY=2]"}
        self.daemon.start()

    def send(self, count):
        self.inside.stdin.write(f"{count}\n")
        self.inside.stdin.flush()
        self.assertEqual(self.inside.stdout.readline(), "sent\n")

    def refused(self):
        return self.daemon.totals().get(DOMAIN, {}).get("bounce-refused", 0)

    def source(self):
        return self.daemon.status()["sources"][0]

    def suppressed(self):
        done = subprocess.run(["journalctl", "--directory", os.path.join(self.directory, "log", "journal"), "-o", "json",
                               "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e"], check=True, capture_output=True, text=True)
        return sum(int(json.loads(line)["N_DROPPED"]) for line in done.stdout.splitlines())

    def test_what_it_drops_is_told_as_a_gap(self):
        self.begin(LIMITED)
        sent = 1 + FLOOD
        self.send(FLOOD)

        def said():
            nonlocal sent
            sent += 1
            self.send(1)  # only with a later message of that service does it say what it dropped before
            return self.source()["gaps"]
        self.daemon.wait_for(said, 60, "a gap is told")
        self.daemon.wait_for(lambda: self.refused() + self.suppressed() >= sent, 60, "all is read, or said to be dropped")
        self.assertEqual(self.refused() + self.suppressed(), sent)
        self.assertGreater(self.suppressed(), 0)
        self.assertIn("source mta1-log: the log says that lines were lost", [e["text"] for e in self.daemon.events()])

    def test_with_the_drop_in_it_drops_nothing(self):
        self.begin(drop_in())
        self.send(FLOOD)
        self.daemon.wait_for(lambda: self.refused() == FLOOD + 1, 60, "each is counted")
        self.assertEqual((self.source()["gaps"], self.suppressed()), (0, 0))


if __name__ == "__main__":
    unittest.main()
