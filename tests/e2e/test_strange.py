"""A source that reads well and is the wrong log, or in the wrong format: many lines and no event look like
peace. It is said in status and journal, once, and unsaid when an event comes. And events that there was no memory to count.
"""
import datetime
import os
import signal
import subprocess
import tempfile
import unittest

from daemon import Daemon, program, refused, stamp

LINES = 10000
# source -> (what stands behind its path, the line it brings, what is said of it)
SOURCES = {
    "other": ("", "mx1 dovecot[7]: imap-login: Login: user=<u1>", "of an MTA that is known"),
    "wrong": ("\n    format: exim", "mx1 postfix/smtpd[7]: connect from x[192.0.2.7]", "of the MTA that format names"),
    "quiet": ("", "mx1 postfix/smtpd[7]: connect from x[192.0.2.7]", "of a message, or of an attempt to send one"),
    "good": ("", "mx1 postfix/smtpd[7]: connect from x[192.0.2.7]", None)}

# of a tally's 512 cells
NO_MEMORY = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
void *calloc(size_t count, size_t size)
{
	static void *(*real)(size_t, size_t);

	if (count == 512 && size == 24)
		return NULL;
	if (!real)
		real = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	return real(count, size);
}
"""


class Strange(unittest.TestCase):
    def note(self, name):
        return next(s["note"] for s in self.daemon.status()["sources"] if s["name"] == f"{name}-log")

    def told(self):
        return [e["text"] for e in self.daemon.events() if "is it the right log" in e["text"]]

    def found(self, name):
        return [e["text"][len("source "):] for e in self.daemon.events() if f"{name}-log is the log" in e["text"]]

    def test_a_log_that_brings_no_event_is_told(self):
        temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.addCleanup(temp.cleanup)
        self.daemon = d = Daemon(temp.name)
        self.addCleanup(d.kill)
        paths = {name: os.path.join(temp.name, f"{name}.log") for name in SOURCES}
        d.sources = {name: paths[name] + more for name, (more, _, _) in SOURCES.items()}

        def write(name, text):
            with open(paths[name], "a") as f:
                f.write(text)

        for name, (_, line, _) in SOURCES.items():
            write(name, (refused(1) if name == "good" else "") + f"{stamp()} {line}\n" * (LINES - 1))
        d.start()
        d.wait_for(lambda: all(s["lines"] >= LINES - 1 for s in d.status()["sources"]), 30, "all is read")
        self.assertEqual({self.note(name) for name in SOURCES}, {None}, "a line less than is enough")
        for name, (_, line, _) in SOURCES.items():
            write(name, f"{stamp()} {line}\n")
        d.wait_for(lambda: len(self.told()) == 3, 30, "three are told")
        for name, (_, _, said) in SOURCES.items():
            whole = said and f"of {LINES} lines (0 not readable) none is {said}"
            d.wait_for(lambda: self.note(name) == whole, 30, f"{name}: {whole}")
            self.assertEqual(sum(t == f"source {name}-log: {whole}; is it the right log and format?" for t in self.told()),
                             1 if said else 0)
        shown = subprocess.run([program("mxsplitctl"), "status", "--socket", d.socket], capture_output=True, text=True, check=True)
        self.assertEqual(shown.stdout.count("(0 not readable)"), 3, shown.stdout)
        write("quiet", refused(1))
        d.wait_for(lambda: self.note("quiet") is None, 30, "it is understood")
        write("quiet", "2026-11-27 03:00:00 1tGfXx-000000-00 Completed\n")
        d.wait_for(lambda: self.found("quiet")[-1] == "quiet-log is the log of Postfix and Exim (found by its lines)", 30,
                   "another MTA writes to it")
        self.assertEqual(self.found("good"), ["good-log is the log of Postfix (found by its lines)"])
        self.assertEqual(self.found("wrong"), [], "its format was configured")
        reloads = d.status()["reloads"]
        write("other", f"{stamp()} mx1 dovecot[7]: x\n" * LINES)
        d.process.send_signal(signal.SIGHUP)
        d.wait_for(lambda: d.status()["reloads"] > reloads and self.note("wrong") is None, 30, "it is reloaded, and counts anew")
        write("good", "2026-11-27 03:00:00 1tGfXx-000000-00 Completed\n")
        d.wait_for(lambda: len(self.found("good")) == 2, 30, "another MTA, first seen after a reload")
        self.assertEqual(self.found("good")[-1], "good-log is the log of Postfix and Exim (found by its lines)")
        write("wrong", f"{stamp()} mx1 postfix/smtpd[7]: connect from x[192.0.2.7]\n" * LINES)
        d.wait_for(lambda: self.note("wrong"), 30, "it is as strange as before")
        self.assertEqual(len(self.told()), 3, "and told already")


class Behind(unittest.TestCase):
    def test_how_far_a_source_is_behind_is_told_in_seconds(self):
        temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.addCleanup(temp.cleanup)
        d = Daemon(temp.name)
        self.addCleanup(d.kill)
        hour_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        line = refused(2)
        with open(d.sources["mta1"], "w") as f:
            f.write(refused(1, when=hour_ago) + line[:-1])  # of the second the end has not come yet
        d.start()

        def source():
            return next(s for s in d.status()["sources"] if s["name"] == "mta1-log")
        d.wait_for(lambda: source()["lines"] == 1, 30, "the first line is read")
        seen = source()
        self.assertEqual(seen["bytes_behind"], len(line) - 1)
        self.assertTrue(3600 <= seen["seconds_behind"] < 3900, seen)
        self.assertRegex(d.request("GET", "/metrics")[1], r'mxsplitd_log_seconds_behind\{source="mta1-log"\} 3[678]\d\d\n')
        shown = subprocess.run([program("mxsplitctl"), "status", "--socket", d.socket], capture_output=True, text=True, check=True)
        self.assertRegex(shown.stdout, rf"(?m)^mta1-log .* {len(line) - 1} B, 1h\S*$")
        with open(d.sources["mta1"], "a") as f:
            f.write("\n")
        d.wait_for(lambda: source()["lines"] == 2, 30, "the second line is read")
        self.assertEqual((source()["bytes_behind"], source()["seconds_behind"]), (0, 0))


class NoMemory(unittest.TestCase):
    def test_events_that_were_not_counted_are_told(self):
        temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.addCleanup(temp.cleanup)
        library = os.path.join(temp.name, "no_memory.so")
        subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=NO_MEMORY, text=True, check=True)
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        d = Daemon(temp.name, env=dict(LD_PRELOAD=library, ASAN_OPTIONS=asan))
        self.addCleanup(d.kill)
        open(d.sources["mta1"], "w").close()
        d.start()
        now = datetime.datetime.now(datetime.timezone.utc)
        minutes = [now - datetime.timedelta(minutes=n) for n in range(300, 0, -1)]
        for _ in range(2):
            with open(d.sources["mta1"], "a") as f:
                f.write("".join(refused(n, when=when) for n, when in enumerate(minutes)))
            d.wait_for(lambda: d.status()["sources"][0]["uncounted"] > 0, 30, "there is no memory")
        d.wait_for(lambda: d.status()["sources"][0]["lines"] == 600, 30, "all is read")
        source = d.status()["sources"][0]
        told = [e["text"] for e in d.events() if "were not counted" in e["text"]]
        self.assertEqual(len(told), 1, told)
        counted = d.totals().get("example.test", {}).get("bounce-refused", 0)
        self.assertEqual(counted + source["uncounted"], 600)


if __name__ == "__main__":
    unittest.main()
