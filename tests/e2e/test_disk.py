"""F3: the disk under the database is full. What is decided is stored before it is done, or it is not
done and not remembered; a split that is in force is restored all the same. Or it fails.

The database lies on a small tmpfs in a mount namespace of the daemon's own.
"""
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import dns.exception

from daemon import DOMAIN, Daemon, Log, refused, stamp
from test_clock import LIBRARY, Clock
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World, read


def can_mount():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


class Disk:
    """The daemon's small disk. It is lost with the daemon, but for `keep` and `put`."""

    def __init__(self, daemon, megabytes=9):
        self.daemon, self.path = daemon, os.path.join(daemon.directory, "disk")
        os.mkdir(self.path)
        self.enough, self.thread = threading.Event(), None
        self.saved = os.path.join(daemon.directory, "saved")
        os.mkdir(self.saved)
        daemon.database = os.path.join(self.path, "mxsplit.db")
        daemon.wrap = ["unshare", "-m", "sh", "-c",
                       f"cd {self.path} && mount -t tmpfs -o size={megabytes}m tmpfs . && cd {self.path} && "
                       f"cp -a --sparse=never {self.saved}/. . && "
                       "{ [ ! -e full ] || dd if=/dev/zero of=filler bs=4k 2>/dev/null; cd /; "
                       'exec "$@"; }', "sh"]

    def inside(self, name):
        return f"/proc/{self.daemon.process.pid}/root{self.path}/{name}"

    def fill(self, reserve=True):
        """Not a byte is left; without `reserve` what the daemon keeps for itself is gone, too."""
        if reserve:
            self.take_the_rest()
            return

        pid = self.daemon.process.pid
        os.kill(pid, signal.SIGSTOP)  # or it makes itself another one meanwhile
        try:
            os.truncate(self.inside("mxsplit.db.reserve"), 0)
            self.take_the_rest()
        finally:
            os.kill(pid, signal.SIGCONT)

    def take_the_rest(self):
        with open(self.inside("filler"), "ab", buffering=0) as f:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        f.write(b"x" * size)
                except OSError:
                    pass

    def neighbour(self):
        """Somebody who takes whatever becomes free, until empty()."""
        def take():
            while not self.enough.wait(0.3):
                self.fill()
        self.enough.clear()
        self.thread = threading.Thread(target=take)
        self.thread.start()

    def empty(self):
        self.enough.set()
        if self.thread:
            self.thread.join()

        os.truncate(self.inside("filler"), 0)

    def kill_and_start(self, full=False):
        """kill -9, perhaps somebody makes room, and a new start."""
        pid = self.daemon.process.pid
        os.kill(pid, signal.SIGSTOP)  # the copies are of one moment
        for name in os.listdir(self.inside("")):
            if name != "filler":
                subprocess.run(["cp", "-a", "--sparse=never", self.inside(name), self.saved], check=True)
        if full:
            open(os.path.join(self.saved, "full"), "w").close()
        self.daemon.kill()
        self.daemon.start()


@unittest.skipUnless(can_mount(), "no mount namespaces here")
class FullDisk(unittest.TestCase):
    def world(self, **settings):
        w = World(**{"secondaries": 0, **settings})
        self.addCleanup(w.close)
        w.disk = Disk(w.daemon)
        self.addCleanup(w.disk.enough.set)
        return w

    def order(self, d, mode):
        code, body = d.request("PUT", f"/v1/domains/{DOMAIN}/override",
                               {"mode": mode, "for": "2h", "reason": "a test", "by": "anna"})
        self.assertEqual(code, 200, body)

    def degraded(self, d):
        d.wait_for(lambda: d.status()["degraded"], 30, "it says that the store takes nothing")

    def ticks(self, d, n=4):
        end = d.status()["ticks"] + n
        d.wait_for(lambda: d.status()["ticks"] >= end, 30, "the loop turns")

    def primary_shows(self, w, shown):
        try:
            return w.dns.mx() == shown
        except (OSError, dns.exception.DNSException):  # a loaded machine
            return False

    def told(self, d, *kinds):
        return [e["kind"] for e in d.events() if e["kind"] in kinds]

    def test_a_split_in_force_is_restored(self):
        w = self.world()
        hook, notices = os.path.join(w.directory, "hook"), os.path.join(w.directory, "notices")
        with open(hook, "w") as f:
            f.write(f"#!/bin/sh\ncat >>{notices}\necho >>{notices}\n")
        os.chmod(hook, 0o755)
        w.daemon.hooks = [("tell", [hook], ["failure", "restore"])]
        d = w.ready()
        w.rate = 300
        d.wait_state("split", 60)
        w.disk.neighbour()
        self.degraded(d)
        w.rate = 0
        d.wait_state("normal", 90)
        self.assertTrue(w.shows(TTL, NORMAL))
        self.degraded(d)
        self.assertEqual(self.told(d, "split", "restore"), ["split", "restore"])
        d.wait_for(lambda: read(notices).count('"kind":"restore"') == 1, 20, "people were told")
        self.assertEqual(read(notices).count('"kind":"failure"'), 1)
        w.disk.empty()
        d.wait_for(lambda: not d.status()["degraded"], 30, "it catches up")
        d.wait_for(lambda: any("space again" in e["text"] for e in d.events()), 20, "and says so")
        w.disk.kill_and_start()
        d.wait_for(lambda: d.domain()["shown"] is not None, 30, "the zone is known")
        self.assertEqual(d.domain()["state"], "normal")

    def test_without_a_stored_intent_nothing_is_split(self):
        w = self.world()
        d = w.ready()
        serial = w.dns.serial()
        w.disk.fill(reserve=False)
        w.rate = 300
        self.degraded(d)
        self.ticks(d, 20)
        self.assertEqual((w.dns.serial(), d.domain()["state"]), (serial, "normal"))
        w.disk.empty()
        d.wait_state("split", 60)
        self.assertTrue(w.shows(SPLIT_TTL, SPLIT))
        self.assertEqual((self.told(d, "surge", "split"), w.dns.serial()), (["surge", "split"], serial + 1))
        w.disk.fill(reserve=False)
        self.degraded(d)
        w.rate = 0
        self.ticks(d, 20)
        self.assertEqual((w.dns.serial(), d.domain()["state"]), (serial + 1, "split"), "nor restored")
        w.disk.empty()
        d.wait_state("normal", 60)
        self.assertTrue(w.shows(TTL, NORMAL))
        self.assertEqual((self.told(d, "split", "restore"), w.dns.serial()), (["split", "restore"], serial + 2))
        w.disk.fill(reserve=False)
        self.degraded(d)
        code, _ = d.request("PUT", f"/v1/domains/{DOMAIN}/override", {"mode": "normal", "for": "2h", "reason": "a test"})
        self.assertIn((code, d.log().count("override 'normal'")), ((503, 0), (200, 1)), "what is not taken is not told")

    def test_a_start_on_a_full_disk_restores(self):
        w = self.world()
        d = w.ready()
        w.rate = 300
        d.wait_state("split", 60)
        w.disk.fill()
        self.degraded(d)
        w.disk.kill_and_start(full=True)
        w.rate = 0
        d.wait_state("normal", 90)
        self.assertTrue(w.shows(TTL, NORMAL))
        self.assertEqual(self.told(d, "split", "restore"), ["split", "restore"])

    def through(self, kill):
        """Every step of a split and of its restore finds the disk full, with nothing kept."""
        w = self.world(mode="manual", secondaries=1)
        w.daemon.prove = "60s"
        d = w.ready()
        serial = w.dns.serial()
        for mode, state, on_the_way, shown in (("split", "split", "splitting", (SPLIT_TTL, SPLIT)),
                                               ("normal", "normal", "restoring", (TTL, NORMAL))):
            before = d.domain()["state"]
            w.quiet.clear()
            w.dns.secondaries[0].freeze()  # the proof is not complete
            self.order(d, mode)
            d.wait_state(on_the_way)
            d.wait_for(lambda: self.primary_shows(w, shown), 20, "the primary has it")
            w.quiet.set()  # it is the outcome that finds the disk full, not counts
            self.ticks(d, 2)
            w.disk.fill(reserve=False)
            w.dns.secondaries[0].thaw()
            self.degraded(d)
            self.ticks(d)
            self.assertEqual(d.domain()["state"], on_the_way, "the outcome is not taken in before it is stored")
            if kill:
                w.disk.kill_and_start()
            else:
                w.disk.empty()
            d.wait_state(state, 60)
            self.ticks(d)
            serial += 1
            self.assertEqual((d.domain()["state"], w.dns.serial(), w.shows(*shown)), (state, serial, True), before)
        self.assertEqual(self.told(d, "split", "restore"), ["split", "restore"])
        self.assertEqual(d.stop(), 0)

    def test_outcomes_wait_until_they_can_be_stored(self):
        self.through(kill=False)

    def test_outcomes_that_were_not_stored_are_found_in_the_zone(self):
        self.through(kill=True)

    def test_no_more_is_read_than_memory_has_room_for(self):
        minutes = 260000
        with tempfile.TemporaryDirectory(prefix="mxsplit-disk-") as directory:
            d = Daemon(directory)
            self.addCleanup(d.kill)
            disk = Disk(d)
            d.settings["mode"] = "observe"
            log = Log(d.sources["mta1"])
            d.start()
            disk.fill()
            log.write(refused(0))
            self.degraded(d)
            line, now = refused(1)[len(stamp()):], time.time()
            for n in range(minutes, 0, -1):
                log.file.write(time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now - 60 * n)) + line)
            log.close()
            d.wait_for(lambda: "counts wait for the store" in d.log(), 60, "it reads no more")
            self.ticks(d)
            source = d.status()["sources"][0]
            self.assertTrue(250000 <= source["lines"] < minutes, source["lines"])
            disk.empty()
            d.wait_for(lambda: d.domain()["counts"].get("bounce-refused") == minutes + 1, 60, "it reads on")
            d.wait_for(lambda: d.status()["sources"][0]["error"] is None, 10, "nothing waits any more")

    def test_what_waits_is_stored_by_the_last_pass_when_there_is_room(self):
        w = self.world()
        d = w.ready()
        w.disk.fill()
        self.degraded(d)
        w.rate = 50
        self.ticks(d, 3)
        w.quiet.set()
        time.sleep(0.5)
        counted = sum(d.domain()["counts"].values())
        with open(w.disk.inside("mxsplit.db"), "rb") as file:
            w.disk.empty()
            self.assertEqual(d.stop(), 0)
            d.database = os.path.join(w.directory, "copy.db")
            with open(d.database, "wb") as copy:
                copy.write(file.read())
        self.assertGreaterEqual(sum(d.totals()[DOMAIN].values()), counted)

    @unittest.skipUnless(LIBRARY, "no libfaketime here")
    def test_a_clock_that_is_set_back_does_not_keep_counts_waiting(self):
        w = self.world()
        clock = Clock(w.directory)
        w.daemon.env.update(clock.env())
        d = w.ready()
        w.disk.fill()
        self.degraded(d)
        clock.set(-86400)
        w.disk.empty()
        d.wait_for(lambda: not d.status()["degraded"], 30, "it catches up")

    def test_a_hook_whose_end_cannot_be_stored_is_not_run_again(self):
        w = self.world(mode="manual")
        hook, runs, go = (os.path.join(w.directory, name) for name in ("hook", "runs", "go"))
        with open(hook, "w") as f:
            f.write(f"#!/bin/sh\necho run >>{runs}\nwhile ! [ -e {go} ]; do sleep 0.1; done\n")
        os.chmod(hook, 0o755)
        w.daemon.hooks = [("tell", [hook], ["split"])]
        d = w.ready()
        self.order(d, "split")
        d.wait_for(lambda: os.path.exists(runs), 20, "the hook runs")
        w.disk.fill(reserve=False)
        self.degraded(d)
        open(go, "w").close()
        self.ticks(d, 8)
        self.assertEqual(read(runs), "run\n")
        w.disk.empty()
        d.wait_for(lambda: d.status()["hooks"]["waiting"] == 0, 30, "its end is stored")
        self.ticks(d)
        self.assertEqual(read(runs), "run\n")

    def test_a_normal_set_that_was_not_stored_is_not_taken(self):
        theirs = [(10, f"mta1.{DOMAIN}."), (30, f"mta3.{DOMAIN}.")]
        w = self.world()
        d = w.ready()
        w.quiet.set()  # it is not the counts that find the disk full
        self.ticks(d)
        w.disk.fill(reserve=False)
        w.dns.set_mx(TTL, theirs)
        self.degraded(d)
        self.ticks(d, 6)
        self.assertEqual([r["exchange"] for r in d.domain()["normal"]["records"]], [n for _, n in NORMAL])
        w.disk.kill_and_start()
        d.wait_for(lambda: [r["exchange"] for r in d.domain()["normal"]["records"]] == [n for _, n in theirs], 30,
                   "what a person wrote is taken over")


@unittest.skipUnless(shutil.which("strace"), "no strace here")
class FailingDisk(unittest.TestCase):
    def test_it_ends_and_says_why(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-disk-") as directory:
            d = Daemon(directory, wrap=["strace", "-f", "-qq", "-o", os.path.join(directory, "trace"), "-e",
                                        "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=25+"])
            self.addCleanup(d.kill)
            d.settings["mode"] = "observe"
            log = Log(d.sources["mta1"])
            d.start()
            for n in range(600):
                if d.process.poll() is not None:
                    break
                log.write(refused(n))
                time.sleep(0.1)
            log.close()
            self.assertEqual(d.process.poll(), os.EX_IOERR)
            self.assertIn("disk I/O error", d.log().splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
