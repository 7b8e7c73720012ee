"""Whole incidents: real logs in, real BIND out, the real daemon between them."""
import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

from bind import Bind
from daemon import DOMAIN, Daemon, Log, mail, program, refused

TTL = 86400
NORMAL = [(10, f"mta1.{DOMAIN}."), (20, f"mta2.{DOMAIN}.")]
SPLIT = [(20, f"mta2.{DOMAIN}.")]
SPLIT_TTL = 2


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path) as f:
        return f.read()


class World:
    """A zone with its servers, two MTAs' logs, and somebody who writes to them all the time."""

    def __init__(self, secondaries=2, **settings):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.directory = self.temp.name
        self.dns = Bind(zone=DOMAIN, secondaries=secondaries, ttl=TTL)
        self.dns.start()
        self.daemon = Daemon(self.directory, dict(address=self.dns.address, zone=DOMAIN,
                                                  key_file=self.dns.key_file, check=self.dns.checks))
        self.daemon.settings.update(settings)
        self.logs = {name: Log(path) for name, path in self.daemon.sources.items()}
        self.rate = 0          # bounces a second at MTA1
        self.n = 0
        self.over, self.quiet = threading.Event(), threading.Event()
        self.feeder = threading.Thread(target=self.feed)
        self.feeder.start()

    def feed(self):
        while not self.over.is_set():
            if self.quiet.is_set():
                self.over.wait(0.1)
                continue
            for _ in range(max(1, int(self.rate / 10)) if self.rate else 0):
                self.n += 1
                self.logs["mta1"].write(refused(self.n))
            self.n += 1
            if self.n % 10 == 0 or not self.rate:
                self.logs["mta1"].write(mail(self.n))
                self.logs["mta2"].write(mail(self.n))
            self.over.wait(0.1)

    def close(self):
        self.over.set()
        self.feeder.join()
        if self.daemon.process:
            self.daemon.kill()
        for log in self.logs.values():
            log.close()
        self.dns.close()
        self.temp.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ready(self):
        """Started, the zone read, some ordinary traffic seen."""
        self.daemon.start()
        self.daemon.wait_for(lambda: self.daemon.domain()["shown"] is not None and
                             self.daemon.domain()["measured"]["surge"] is False, 30, "the zone is known")
        time.sleep(3)
        return self.daemon

    def shows(self, ttl, records):
        return all(self.dns.mx(s) == (ttl, records) for s in [self.dns.primary] + self.dns.secondaries)


class Incident(unittest.TestCase):
    def test_surge_splits_and_its_end_restores(self):
        with World() as w:
            notices = os.path.join(w.directory, "notices")
            hook = os.path.join(w.directory, "hook")
            with open(hook, "w") as f:
                f.write(f"#!/bin/sh\ncat >>{notices}\necho >>{notices}\n")
            os.chmod(hook, 0o755)
            w.daemon.hooks = [("tell", [hook], ["split", "restore", "failure"])]
            d = w.ready()
            self.assertTrue(w.shows(TTL, NORMAL))
            w.rate = 300
            d.wait_state("split", 60)
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT), "every server shows the split set when it is proved")
            shown = d.domain()
            self.assertEqual([r["exchange"] for r in shown["shown"]["records"]], [f"mta2.{DOMAIN}."])
            self.assertEqual(len(shown["servers"]), 3)
            w.rate = 0
            d.wait_state("normal", 90)
            self.assertTrue(w.shows(TTL, NORMAL), "exactly the set that was there before")
            kinds = [k for k in d.kinds() if k in ("surge", "split", "calm", "restore")]
            self.assertEqual(kinds, ["surge", "split", "calm", "restore"])
            d.wait_for(lambda: read(notices).count("\n") >= 2, 10, "both notices were delivered")
            text = read(notices)
            self.assertEqual(text.count('"kind":"split"'), 1)
            self.assertEqual(text.count('"kind":"restore"'), 1)
            self.assertEqual(d.stop(), 0)

    def test_observe_never_touches_the_zone(self):
        with World(mode="observe") as w:
            serial = w.dns.serial()
            d = w.ready()
            w.rate = 300
            d.wait_for(lambda: "surge" in d.kinds(), 60, "the surge is found")
            time.sleep(3)
            self.assertEqual(w.dns.serial(), serial)
            self.assertEqual(d.domain()["state"], "normal")
            self.assertIn("observe", d.domain()["guard"])
            code, body = d.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                   {"mode": "split", "for": "1h", "reason": "try", "by": "anna"})
            self.assertEqual(code, 409, body)

    def test_primary_down_for_a_while(self):
        with World(secondaries=1) as w:
            d = w.ready()
            w.dns.primary.kill()
            w.rate = 300
            d.wait_for(lambda: "surge" in d.kinds(), 60, "the surge is found")
            time.sleep(3)
            self.assertNotEqual(d.domain()["state"], "split")
            w.dns.primary.start()
            d.wait_state("split", 60)
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT))

    def test_wrong_key_changes_nothing_and_says_so(self):
        with World(secondaries=0) as w:
            wrong = os.path.join(w.directory, "wrong.key")
            with open(wrong, "w") as f:
                f.write('key "mxsplit" { algorithm hmac-sha256; secret "d3Jvbmd3cm9uZ3dyb25nd3Jvbmc="; };\n')
            os.chmod(wrong, 0o600)
            w.daemon.server["key_file"] = wrong
            serial = w.dns.serial()
            d = w.ready()
            w.rate = 300
            d.wait_for(lambda: "failure" in d.kinds(), 60, "a person is called")
            self.assertTrue(any("BADSIG" in e["text"] for e in d.events()), d.events())
            self.assertEqual(w.dns.serial(), serial)
            self.assertTrue(w.shows(TTL, NORMAL))

    def test_zone_edited_by_hand_is_never_overwritten(self):
        strange = [(5, f"mta3.{DOMAIN}."), (20, f"mta2.{DOMAIN}.")]
        with World(secondaries=0) as w:
            d = w.ready()
            w.rate = 300
            d.wait_state("split", 60)
            w.dns.set_mx(777, strange)
            w.rate = 0
            d.wait_for(lambda: "drift" in d.kinds(), 30, "the drift is told")
            time.sleep(10)
            self.assertTrue(w.shows(777, strange), "nobody's records were touched")
            w.dns.set_mx(SPLIT_TTL, SPLIT)
            d.wait_state("normal", 60)
            self.assertTrue(w.shows(TTL, NORMAL))

    def test_override_and_its_expiry(self):
        with World(secondaries=0, mode="manual") as w:
            d = w.ready()
            done = subprocess.run([program("mxsplitctl"), "split", DOMAIN, "--for", "5s", "--reason",
                                   "a test", "--by", "anna", "--socket", d.socket],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            d.wait_state("split", 15)
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT))
            self.assertEqual(d.domain()["override"]["by"], "anna")
            d.wait_for(lambda: d.domain()["override"] is None, 15, "the override expires")
            d.wait_state("normal", 30)
            self.assertTrue(w.shows(TTL, NORMAL))
            code, _ = d.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                {"mode": "split", "for": "1h", "reason": "no token"}, tcp=True)
            self.assertEqual(code, 401)

    def test_killed_while_split_goes_on_where_it_was(self):
        with World(secondaries=0) as w:
            d = w.ready()
            w.rate = 300
            d.wait_state("split", 60)
            d.kill()
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT), "a dead daemon changes nothing")
            serial = w.dns.serial()
            d.start()
            d.wait_state("split", 15)
            self.assertEqual(w.dns.serial(), serial, "nothing was sent for what is already there")
            w.rate = 0
            d.wait_state("normal", 90)
            self.assertTrue(w.shows(TTL, NORMAL))

    def test_a_second_daemon_on_the_same_database_is_refused(self):
        with World(secondaries=0, mode="manual") as w:
            d = w.ready()
            for _ in range(3):
                second = subprocess.run([program("mxsplitd"), "-f", "-c", d.config_path], capture_output=True,
                                        text=True, timeout=60)
                self.assertEqual(second.returncode, 75, second.stderr)
                self.assertIn(f"another mxsplitd uses {d.database} (process {d.process.pid})", second.stderr)
            code, body = d.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                   {"mode": "split", "for": "1h", "reason": "a test", "by": "anna"})
            self.assertEqual(code, 200, body)  # by the socket that is still the first one's
            d.wait_state("split", 20)

    def test_a_notice_survives_failing_hooks_and_a_killed_daemon(self):
        with World(secondaries=0, mode="manual") as w:
            notices, works = os.path.join(w.directory, "notices"), os.path.join(w.directory, "works")
            hook = os.path.join(w.directory, "hook")
            with open(hook, "w") as f:
                f.write(f"#!/bin/sh\n[ -e {works} ] || exit 1\ncat >>{notices}\necho >>{notices}\n")
            os.chmod(hook, 0o755)
            w.daemon.hooks = [("tell", [hook], ["split", "restore"])]
            d = w.ready()
            order = {"mode": "split", "for": "1h", "reason": "a test", "by": "anna"}
            self.assertEqual(d.request("PUT", f"/v1/domains/{DOMAIN}/override", order)[0], 200)
            d.wait_state("split", 15)
            d.wait_for(lambda: d.status()["hooks"]["failed"] == 1, 15, "the hook failed")
            d.kill()
            self.assertEqual(read(notices), "")
            with open(works, "w"):
                pass
            d.start()
            d.wait_for(lambda: read(notices).count("\n") == 1, 30, "the notice is told after all")
            order["mode"] = "normal"
            self.assertEqual(d.request("PUT", f"/v1/domains/{DOMAIN}/override", order)[0], 200)
            d.wait_for(lambda: read(notices).count("\n") == 2, 30, "and the next one")
            self.assertEqual([json.loads(line)["kind"] for line in read(notices).splitlines()],
                             ["split", "restore"])

    def test_reload_whole_or_not_at_all(self):
        """F34: a configuration with an error changes nothing, also while split."""
        with World(secondaries=0) as w:
            d = w.ready()
            w.rate = 300
            d.wait_state("split", 60)
            with open(d.config_path) as f:
                good = f.read()
            for bad in ("mode: atuo", "mode: [", "mode: auto\n    mode: auto", "split-ttl: 5parsec"):
                with open(d.config_path, "w") as f:
                    f.write(good.replace("mode: auto", bad))
                failures = d.kinds().count("failure")
                d.process.send_signal(1)
                d.wait_for(lambda: d.kinds().count("failure") == failures + 1, 10, "the error is told")
                self.assertEqual(d.domain()["state"], "split")
                self.assertEqual(d.status()["reloads"], 0)
            with open(d.config_path, "w") as f:
                f.write(good.replace(f"name: {DOMAIN}\n    server", "name: other.test\n    server"))
            failures = d.kinds().count("failure")
            d.process.send_signal(1)
            d.wait_for(lambda: d.kinds().count("failure") == failures + 1, 10,
                       "a domain that is split may not be forgotten")
            with open(d.config_path, "w") as f:
                f.write(good.replace("mode: auto", "mode: manual"))
            d.process.send_signal(1)
            d.wait_for(lambda: d.status()["reloads"] == 1, 10, "the good one is taken")
            self.assertEqual(d.domain()["mode"], "manual")
            self.assertTrue(any("mode" in e["text"] and "manual" in e["text"] for e in d.events()))
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT))


if __name__ == "__main__":
    unittest.main()
