"""F9: input that stops is not zero bounces. Within silent-after the sources are told silent, the
detection of the domains that rest on them is suspended, and nothing changes either way; told again when
they are heard. LONG=1: more silences, against a split in force and against none.
"""
import collections
import json
import os
import signal
import tempfile
import unittest

from daemon import DOMAIN, Daemon, Log, mail
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World, read

LONG = bool(os.environ.get("LONG"))
CYCLES = 5 if LONG else 1  # each split of a day doubles the calm that the next restore waits for
OTHER = f"neighbour.{DOMAIN}"
SOURCES = ("mta1-log", "mta2-log")


def with_neighbour(d):
    """A second domain with an exchanger and a source of its own, of which nothing is ever sent."""
    write, log = d.write_config, os.path.join(d.directory, "neighbour.log")

    def both():
        write()
        with open(d.config_path) as f:
            text = f.read()
        text = text.replace("sources:\n", f"  - name: {OTHER}\n    server: ns1\n    drop: [mta9.{OTHER}]\n"
                            f"    mode: observe\nsources:\n  - name: neighbour-log\n    mta: mta9.{OTHER}\n"
                            f"    follow: {log}\n")
        with open(d.config_path, "w") as f:
            f.write(text)
    d.write_config = both
    return Log(log)


def with_hook(d):
    """A hook on what is told of sources. Returns the file that it writes the notices to."""
    notices, hook = os.path.join(d.directory, "notices"), os.path.join(d.directory, "hook")
    with open(hook, "w") as f:
        f.write(f"#!/bin/sh\ncat >>{notices}\necho >>{notices}\n")
    os.chmod(hook, 0o755)
    d.hooks = [("tell", [hook], ["source"])]
    return notices


def told(d, word):
    """How often each source was told to be "silent" or "heard"."""
    texts = [e["text"] for e in d.events() if e["kind"] == "source"]
    return collections.Counter(t.split()[1].rstrip(":") for t in texts if f" is {word}" in t)


def noticed(notices):
    """How many of the notices are of silence or its end."""
    texts = [json.loads(n)["text"] for n in read(notices).splitlines()]
    return sum(" is silent" in t or " is heard" in t for t in texts)


def ticks(d, more):
    """So many ticks later, however fast they come."""
    seen = d.status()["ticks"]
    d.wait_for(lambda: d.status()["ticks"] >= seen + more, 60, f"{more} ticks more")


def reload(d):
    reloads = d.status()["reloads"]
    d.process.send_signal(signal.SIGHUP)
    d.wait_for(lambda: d.status()["reloads"] > reloads, 20, "it is reloaded")


class Silence(unittest.TestCase):
    def hush(self, w, n):
        """Both own sources stop; the neighbour's goes on. Told, suspended, nothing is changed."""
        d, serial, state = w.daemon, w.dns.serial(), w.daemon.domain()["state"]
        w.quiet.set()
        d.wait_for(lambda: all(told(d, "silent")[s] == n for s in SOURCES), 30, "both are told silent")
        ticks(d, 2)
        for tick in range(5):  # quiet and calm together are shorter
            self.neighbour.write(mail(tick, OTHER))
            ticks(d, 1)
            domain = d.domain()
            self.assertEqual((domain["state"], domain["measured"]["known"]), (state, False))
        self.assertEqual(w.dns.serial(), serial)
        self.assertTrue(all(s["stale"] for s in d.status()["sources"] if s["name"] in SOURCES))

    def heard(self, w, n):
        d = w.daemon
        w.quiet.clear()
        d.wait_for(lambda: all(told(d, "heard")[s] == n + 1 for s in SOURCES), 30, "both are told heard")
        d.wait_for(lambda: d.domain()["measured"]["known"], 30, "the detection goes on")

    def test_nothing_changes_with_a_split_in_force_and_without(self):
        with World(secondaries=0) as w:
            d = w.daemon
            d.daemon_settings["silent_after"] = "2s"
            d.settings.update(splits_a_day=32)
            self.neighbour, notices = with_neighbour(d), with_hook(d)
            self.addCleanup(self.neighbour.close)
            w.ready()
            silences = 0
            for _ in range(CYCLES):
                w.rate = 300
                d.wait_state("split", 60)
                self.hush(w, silences + 1)
                self.assertTrue(w.shows(SPLIT_TTL, SPLIT))
                w.rate = 0
                self.heard(w, silences + 1)
                reload(d)
                d.wait_state("normal", 90)  # whether the neighbour is heard or not
                silences += 1
                if LONG:
                    self.hush(w, silences + 1)
                    self.assertTrue(w.shows(TTL, NORMAL))
                    self.heard(w, silences + 1)
                    silences += 1
            ticks(d, 2)
            kinds = [k for k in d.kinds() if k in ("split", "restore")]
            self.assertEqual(kinds, ["split", "restore"] * CYCLES)
            for source in SOURCES:
                self.assertEqual((told(d, "silent")[source], told(d, "heard")[source]),
                                 (silences, silences + 1))
            wanted = sum(told(d, "silent").values()) + sum(told(d, "heard").values())
            d.wait_for(lambda: noticed(notices) >= wanted, 30, "the hook has had all")
            self.assertEqual({json.loads(n)["kind"] for n in read(notices).splitlines()}, {"source"})
            print(f"{2 * silences} silences of two sources: 0 transitions", flush=True)

    def test_silent_from_the_start(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-silence-", ignore_cleanup_errors=True) as directory:
            d = Daemon(directory)
            d.daemon_settings["silent_after"] = "2s"
            notices = with_hook(d)
            logs = [Log(path) for path in d.sources.values()]
            d.start()
            self.addCleanup(d.kill)
            for _ in range(2):  # not each time anew
                d.wait_for(lambda: all(told(d, "silent")[s] == 1 for s in SOURCES), 20, "it is told")
                reload(d)
                ticks(d, 1)
            self.assertEqual(told(d, "heard"), {})
            self.assertEqual(told(d, "silent"), dict.fromkeys(SOURCES, 1))
            self.assertFalse(d.domain()["measured"]["known"])
            for log in logs:
                log.write(mail(1))
            d.wait_for(lambda: told(d, "heard") == dict.fromkeys(SOURCES, 1), 20, "both are heard")
            d.wait_for(lambda: noticed(notices) >= 4, 20, "the hook has had all")
            for log in logs:
                log.close()
            d.kill()  # before its directory goes


if __name__ == "__main__":
    unittest.main()
