"""The machine's clock is set, again and again, while the real daemon works for real BIND."""
import contextlib
import os
import random
import re
import sqlite3
import tempfile
import threading
import time
import types
import unittest

from bind import Bind
from daemon import DOMAIN, Daemon, Log, refused, stamp

JUMPS = 500 if os.environ.get("LONG") else 12
SIZES = [1, 2, 59, 61, 3599, 3601, 86400, 7 * 86400, 366 * 86400, 3653 * 86400]
LIBRARY = next((path for path in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                                  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")
                if os.path.exists(path)), None)


class Clock:
    """The wall clock of a program: libfaketime reads its offset from a file, each time."""

    def __init__(self, directory):
        self.path, self.offset = os.path.join(directory, "clock"), 0
        self.set(0)

    def set(self, offset):
        self.offset = offset
        with open(self.path + ".new", "w") as f:
            f.write(f"{offset:+d}\n")
        os.rename(self.path + ".new", self.path)

    def env(self):
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"  # it is not the first library
        return dict(LD_PRELOAD=LIBRARY, ASAN_OPTIONS=asan, FAKETIME_TIMESTAMP_FILE=self.path, FAKETIME_NO_CACHE="1",
                    FAKETIME_DONT_FAKE_MONOTONIC="1")


class Feeder(threading.Thread):
    """Bounces at a rate that is usual here. `clock`: the MTA's, None: one that nobody sets."""

    def __init__(self, log, clock, rate):
        super().__init__()
        self.log, self.clock, self.rate = log, clock, rate
        self.n, self.over = 0, threading.Event()

    def run(self):
        while not self.over.wait(1 / self.rate):
            self.n += 1
            line = refused(self.n)
            if self.clock:
                when = time.gmtime(time.time() + self.clock.offset)
                line = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", when) + line[len(stamp()):]
            self.log.write(line)

    def stop(self):
        self.over.set()
        self.join()


@unittest.skipUnless(LIBRARY, "libfaketime is not here (package faketime)")
class ClockIsSet(unittest.TestCase):
    def setUp(self):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-clock-")
        self.addCleanup(self.temp.cleanup)
        self.dns = Bind(zone=DOMAIN, secondaries=0, ttl=300)
        self.addCleanup(self.dns.close)
        self.dns.start()
        self.clock = Clock(self.temp.name)
        self.daemon = Daemon(self.temp.name, dict(address=self.dns.address, zone=DOMAIN,
                                                  key_file=self.dns.key_file), env=self.clock.env())
        self.daemon.settings.update(prior_rate=600, least_excess=1000)
        self.feeders = []
        self.addCleanup(self.stop)

    def stop(self):
        for feeder in self.feeders:
            feeder.stop()
        self.feeders = []
        if self.daemon.process:
            self.daemon.kill()

    def begin(self, clock):
        """mta1 tells by `clock`, mta2 always by its own."""
        for name, by in (("mta1", clock), ("mta2", None)):
            log = Log(self.daemon.sources[name])
            self.addCleanup(log.close)
            self.feeders.append(Feeder(log, by, 5))
        self.daemon.start()
        self.daemon.wait_for(lambda: self.primary()["known"], 20, "the zone was read")
        for feeder in self.feeders:
            feeder.start()

    def primary(self):
        return self.daemon.domain()["servers"][0]

    def read_again(self):
        """The zone is read in its usual rhythm, whatever the clock says."""
        time.sleep(1.5)  # the last step is taken in
        for _ in range(2):
            before = self.primary()["asked"]
            self.daemon.wait_for(lambda: self.primary()["asked"] != before, 10, "the zone is read again")

    def jump(self, rng):
        size = rng.choice(SIZES)
        forward = self.clock.offset < 0 or (self.clock.offset == 0 and rng.random() < 0.5)
        # home again from time to time
        self.clock.set(0 if abs(self.clock.offset) > 86400 else
                       self.clock.offset + (size if forward else -size))

    def expect_nothing_happened(self, jumps):
        for feeder in self.feeders:
            feeder.stop()
        sent, self.feeders = sum(f.n for f in self.feeders), []
        self.daemon.wait_for(lambda: self.counted() == sent, 20,
                             f"{sent} bounces are counted, not {self.counted()}")
        told = [e["text"] for e in self.daemon.events() if re.search("clock of this machine", e["text"])]
        self.assertGreater(len(told), jumps // 10, "the steps are told")
        kinds = self.daemon.kinds()
        for kind in ("surge", "calm", "split", "restore", "update", "drift"):
            self.assertNotIn(kind, kinds)
        self.assertEqual(self.daemon.domain()["state"], "normal")
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.total(), sent)

    def counted(self):
        return self.daemon.domain()["counts"]["bounce-refused"]

    def total(self):
        return self.daemon.totals()[DOMAIN]["bounce-refused"]

    def jumps(self, clock, seed):
        rng = random.Random(seed)
        self.begin(clock)
        for n in range(JUMPS):
            self.jump(rng)
            time.sleep(rng.uniform(0.2, 1.5))
            if n % 10 == 0:
                self.read_again()
        self.expect_nothing_happened(JUMPS)

    def test_the_clock_of_the_machine_with_the_log(self):
        self.jumps(self.clock, 1)

    def test_only_the_clock_of_the_daemon(self):
        self.jumps(None, 2)


    def test_a_source_of_another_clock_is_counted_and_named(self):
        self.daemon.daemon_settings.update(stale_after="2s")
        self.begin(types.SimpleNamespace(offset=-9 * 3600))
        self.daemon.wait_for(lambda: "source mta1-log: its lines are more than 2 s old when they come" in
                             " ".join(e["text"] for e in self.daemon.events()), 30, "the source is named")
        texts = [e["text"] for e in self.daemon.events() if e["kind"] == "source"]
        self.assertIn("source mta2-log is heard", texts)
        self.assertNotIn("source mta1-log is heard", texts)
        self.assertEqual(len([t for t in texts if "its zone or a clock" in t]), 1, "once, and not mta2")
        for feeder in self.feeders:
            feeder.stop()
        sent, self.feeders = sum(f.n for f in self.feeders), []
        self.daemon.wait_for(lambda: self.counted() == sent, 20, f"{sent} bounces are counted")

    def stored_expiry(self):
        with contextlib.closing(sqlite3.connect(self.daemon.database)) as db:
            return db.execute("SELECT expires FROM overrides").fetchone()[0]

    def test_an_order_ends_when_its_time_has_come(self):
        self.daemon.settings.update(min_split="0s")
        self.daemon.hooks = [("tell", ["/bin/true"], ["restore"])]
        self.begin(self.clock)
        code, body = self.daemon.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                         dict(mode="split", reason="test", by="anna", **{"for": "30s"}))
        self.assertEqual(code, 200, body)
        began = time.monotonic()
        self.daemon.wait_state("split")
        stored = self.stored_expiry()
        for offset in (7200, 3653 * 86400, 0, -7200, 86400, 0):
            self.clock.set(offset)
            self.assertEqual(self.daemon.request("POST", "/v1/hooks/tell/test")[0], 200)  # in the midst of it
            time.sleep(2.2)
            self.assertEqual(self.daemon.domain()["state"], "split", f"clock {offset:+d} s")
            self.daemon.wait_for(lambda by=offset: abs(self.stored_expiry() - stored - by) < 5, 10,
                                 "a restart would know it, too")
            self.assertEqual(self.daemon.domain()["override"]["by"], "anna")
        self.daemon.wait_for(lambda: self.daemon.domain()["override"] is None, 40, "the order ends")
        self.assertGreater(time.monotonic() - began, 28)
        self.daemon.wait_state("normal")


if __name__ == "__main__":
    unittest.main()
