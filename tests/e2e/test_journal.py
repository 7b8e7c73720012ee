"""F8: a journal that is rotated and vacuumed while its reader is killed: it goes on where it was, or a gap
is told; what journald itself says of suppressed messages is given like any entry. LONG=1: 1,000 times.
"""
import os
import signal
import subprocess
import unittest

from reading import Reading, judge

LONG = bool(os.environ.get("LONG"))
ROUNDS = 1000 if LONG else 24
SEED = int(os.environ.get("SEED", "20261125"))
REMOTE = "/lib/systemd/systemd-journal-remote"
BEGIN = 1_780_000_000_000_000  # microseconds


class Journal(Reading):
    """A directory as journald keeps it: one active file, and archived ones."""

    def __init__(self, seed):
        super().__init__(way="journal", seed=seed)
        self.written, self.archived, self.suppressed = 0, [], 0
        self.lost = set()
        self.active = os.path.join(self.logs, "system.journal")

    def entry(self):
        n = self.written
        self.written += 1
        fields = {"__REALTIME_TIMESTAMP": BEGIN + n * 1000, "__MONOTONIC_TIMESTAMP": n + 1,
                  "_BOOT_ID": "0f0f0f0f0f0f4f0f8f0f0f0f0f0f0f0f", "_HOSTNAME": "mx1"}
        if self.rng.random() < 0.1:
            self.suppressed += 1
            fields.update(MESSAGE_ID="a596d6fe7bfa4994828e72309e95d61e", SYSLOG_FACILITY=5,
                          SYSLOG_IDENTIFIER="systemd-journald",
                          MESSAGE=f"Suppressed 42 messages from postfix@-.service, line {n:08d} of the log")
        else:
            fields.update(SYSLOG_FACILITY=2, SYSLOG_IDENTIFIER="postfix/smtpd",
                          MESSAGE=f"one line {n:08d} of the log")
        return "".join(f"{k}={v}\n" for k, v in fields.items()) + "\n"

    def write(self, most):
        """Entries into the active file, which is made when there is none; their numbers."""
        first = self.written
        text = "".join(self.entry() for _ in range(self.rng.randint(1, most)))
        subprocess.run([REMOTE, "-o", self.active, "--split-mode=none", "-"], input=text.encode(), check=True,
                       stderr=subprocess.DEVNULL)
        return set(range(first, self.written))

    def rotate(self):
        self.archived.append(os.path.join(self.logs, f"system@{self.written:016x}.journal"))
        os.rename(self.active, self.archived[-1])

    def vacuum(self, keep=0):
        while len(self.archived) > keep:
            os.unlink(self.archived.pop(0))

    def settle(self):
        self.wait_for(lambda: self.last() == self.written - 1, "all is read")


def grown(j):
    j.write(9)


def rotated(j):
    j.rotate()
    j.write(9)


def rotated_while_down(j):
    with j.down():
        j.write(3)
        j.rotate()
        j.write(9)


def vacuumed_behind(j):
    """What is removed was read, the place is in what stays."""
    j.rotate()
    j.write(9)
    j.settle()
    j.vacuum()


def vacuumed_all(j):
    """The place itself goes, all had been read."""
    j.settle()
    if j.rng.random() < 0.5:
        with j.down():
            j.rotate()
            j.vacuum()
            j.write(9)
        return
    with j.up():
        j.rotate()
        j.vacuum()
        j.write(9)
        j.settle()


def vacuumed_unread(j):
    """The place goes, and with it what had not been read."""
    j.settle()
    with j.down():
        j.lost |= j.write(3)
        j.rotate()
        if j.rng.random() < 0.5:
            j.lost |= j.write(3)
            j.rotate()
        j.vacuum()
        j.write(9)


DEEDS = [grown, rotated, rotated_while_down, vacuumed_behind, vacuumed_all, vacuumed_unread]
GAPS = {vacuumed_all, vacuumed_unread}


def watches(pid):
    fds = f"/proc/{pid}/fd"
    for fd in os.listdir(fds):
        try:
            if "inotify" in os.readlink(os.path.join(fds, fd)):
                return True
        except FileNotFoundError:  # closed since
            continue
    return False


class JournalRotation(unittest.TestCase):
    def test_goes_on_or_tells_a_gap(self):
        with Journal(SEED) as j:
            j.write(9)
            j.settle()
            told = 0
            for n in range(ROUNDS):
                deed = j.rng.choice(DEEDS)
                deed(j)
                if deed in GAPS or j.rng.random() < 0.3:
                    j.settle()
                if deed in GAPS:
                    told += 1
                    self.assertEqual(j.count("gap"), told, f"round {n}: {deed.__name__}")
                j.vacuum(8)
            j.write(1)
            j.settle()
            missing, gaps, complaints = judge(j.said(), j.written)
            self.assertEqual(complaints, [])
            self.assertEqual(set(missing), j.lost)
            self.assertEqual(gaps, told)
            self.assertGreater(j.suppressed, 0)
            print(f"journal: {ROUNDS} deeds, {j.kills} kills, {j.written} entries, {len(missing)} lost with "
                  f"{gaps} gaps told, {j.suppressed} times suppressed", flush=True)

    def test_more_happened_in_the_directory_than_inotify_keeps(self):
        """The file that is made in the meantime is read, although no event tells of it."""
        with open("/proc/sys/fs/inotify/max_queued_events") as f:
            most = int(f.read())
        with Journal(SEED + 1) as j:
            j.write(9)
            j.settle()
            with j.up():
                j.wait_for(lambda: watches(j.process.pid), "only inotify tells it of files from now on")
                j.process.send_signal(signal.SIGSTOP)
                for n in range(most // 2 + 1):
                    other = os.path.join(j.logs, f"{n}.journal~other")
                    os.close(os.open(other, os.O_CREAT | os.O_WRONLY))
                    os.unlink(other)
                j.rotate()
                j.write(9)
                j.process.send_signal(signal.SIGCONT)
                j.settle()
            self.assertEqual(judge(j.said(), j.written), ([], 0, []))


class Hosts(Reading):
    """The journals of two hosts, as systemd-journal-remote collects them in one directory."""

    def __init__(self, match):
        super().__init__(way="journal", match=match)
        self.written = {"mx1": 0, "mx2": 0}

    def write(self, host, count, suppressed=False, ahead=0):
        """Entries, so many later than the others'."""
        first = self.written[host]
        self.written[host] += count
        text = ""
        for n in range(first, first + count):
            kind = ("MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\nSYSLOG_FACILITY=5" if suppressed
                    else "SYSLOG_FACILITY=2")
            text += (f"__REALTIME_TIMESTAMP={BEGIN + (n + ahead) * 1000}\n__MONOTONIC_TIMESTAMP={n + 1}\n"
                     f"_BOOT_ID={host[-1]}f0f0f0f0f0f4f0f8f0f0f0f0f0f0f0f\n_HOSTNAME={host}\n"
                     f"_MACHINE_ID={host[-1]}a0a0a0a0a0a4a0a8a0a0a0a0a0a0a0a\n"
                     f"SYSLOG_IDENTIFIER=postfix/smtpd\n{kind}\nMESSAGE={host} line {n:08d} of the log\n\n")
        subprocess.run([REMOTE, "-o", os.path.join(self.logs, f"remote-{host}.journal"), "--split-mode=none", "-"],
                       input=text.encode(), check=True, stderr=subprocess.DEVNULL)

    def heard(self, host):
        return [text for kind, text in self.said() if kind == "line" and text.startswith(host)]


class SeveralHosts(unittest.TestCase):
    """journald's order is that of time: what arrives late, behind what another host has sent, is passed over."""

    def test_a_source_of_one_host_does_not_depend_on_the_others(self):
        with Hosts(["_HOSTNAME=mx1"]) as h:
            for _ in range(5):
                h.write("mx1", 5)
                h.write("mx2", 3, ahead=1000)
                h.write("mx2", 1, suppressed=True, ahead=1000)
                h.wait_for(lambda: len(h.heard("mx1")) == h.written["mx1"], "all of mx1 is read")
            self.assertEqual(len(set(h.heard("mx1"))), h.written["mx1"])
            self.assertEqual((h.heard("mx2"), h.count("gap")), ([], 0))

    def test_several_hosts_in_one_source_are_told(self):
        with Hosts([]) as h:
            h.write("mx1", 5)
            h.wait_for(lambda: len(h.heard("mx1")) == 5, "they are read")
            self.assertEqual(h.count("gap"), 0)
            h.write("mx2", 5)  # each at the same microsecond as one of mx1
            h.wait_for(lambda: h.count("gap") > 0, "it is told")
            kills = h.kills
            self.assertTrue(h.happens(lambda: h.kills > kills + 20, 60), "it has begun often")
            self.assertTrue(all("_HOSTNAME" in text for kind, text in h.said() if kind == "gap"), h.said())
            for host in ("mx1", "mx2"):
                self.assertEqual(len(set(h.heard(host))), len(h.heard(host)), "none twice")


if __name__ == "__main__":
    unittest.main()
