"""docs/getting-started.md, docs/runbook.md and docs/api.md: every block is run as it stands there, in the situation that it
is for, against a real BIND; other are only addresses, directories, and systemctl, runuser and chown (stand-ins)."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from bind import OPTIONS, Bind
from daemon import ROOT, free_port, program, refused, UnixConnection

ZONE = "example.jp"
NORMAL = (86400, [(10, "mta1.example.jp."), (20, "mta2.example.jp.")])
SPLIT = [(20, "mta2.example.jp.")]
FENCE = re.compile(r"^```(\S*)\n(.*?)^```", re.M | re.S)
MARKED = re.compile(r"<!-- runs: (\S+) -->\n```(\S*)\n(.*?)^```", re.M | re.S)
# For the test only: what a person would wait a day for, and where this daemon listens.
HASTE = """    warm-up: 0s
    prior-rate: 20
    least-excess: 100
    min-split: 1s
    calm: 2s
"""
SYSTEMCTL = """#!/bin/bash
# stands in for systemctl: the daemon in the foreground, its pid in a file
set -eu
at=DIR/run/pid
alive() { [ -e "$at" ] && kill -0 "$(cat "$at")" 2>/dev/null; }
case $1 in
enable|start)
	setsid mxsplitd -f -c DIR/etc/mxsplitd.yaml </dev/null >>DIR/run/log 2>&1 &
	echo $! >"$at"
	for _ in $(seq 300); do mxsplitctl status >/dev/null 2>&1 && exit 0; sleep 0.1; done
	cat DIR/run/log >&2; exit 1 ;;
stop)
	kill -TERM "$(cat "$at")"
	for _ in $(seq 300); do alive || exit 0; sleep 0.1; done; exit 1 ;;
reload)
	before=$(grep -c 'configuration' DIR/run/log || true)
	kill -HUP "$(cat "$at")"
	for _ in $(seq 300); do
		[ "$(grep -c 'configuration' DIR/run/log)" -gt "$before" ] && exit 0; sleep 0.1
	done; exit 1 ;;
*) exit 2 ;;
esac
"""


def page(name):
    with open(os.path.join(ROOT, "docs", name), encoding="utf-8") as f:
        text = f.read()
    blocks = {key: body for key, _, body in MARKED.findall(text)}
    assert len(blocks) == len(FENCE.findall(text)), f"{name}: a block without a mark, or two with one"
    return blocks


class Walk:
    """One machine: a name server with the zone, a log, directories, the programs in PATH."""

    def __init__(self, test):
        self.test = test
        self.directory = tempfile.mkdtemp(prefix="mxsplit-docs-")
        test.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        for name in ("bin", "bind", "etc", "lib", "run"):
            os.mkdir(os.path.join(self.directory, name))
        self.bind = Bind(ZONE, mx=[(10, "mta1"), (20, "mta2")], ttl=86400)
        test.addCleanup(self.bind.close)
        test.addCleanup(self.end)
        self.port = free_port()
        self.n = 0
        self.ran = set()
        open(self.path("run/mail.log"), "w", encoding="utf-8").close()
        self.program("systemctl", SYSTEMCTL)
        self.program("runuser", "#!/bin/sh\n[ \"$1 $2 $3\" = '-u mxsplit --' ] && shift 3 && exec \"$@\"\n")
        self.program("chown", "#!/bin/sh\n[ $# = 2 ] && [ -e \"$2\" ]\n")
        self.program("mxsplitd", f"#!/bin/sh\nexec {program('mxsplitd')} \"$@\"\n")
        # where the page relies on /etc/mxsplit/mxsplitd.yaml
        self.program("mxsplitctl", f"#!/bin/bash\ncase $1 in dns|preflight|restore) set -- \"$@\" -c DIR/etc/mxsplitd.yaml ;; "
                                   f"esac\nexec {program('mxsplitctl')} \"$@\"\n")

    def path(self, name):
        return os.path.join(self.directory, name)

    def program(self, name, text):
        with open(self.path("bin/" + name), "w", encoding="utf-8") as f:
            f.write(text.replace("DIR", self.directory))
        os.chmod(self.path("bin/" + name), 0o755)

    def moved(self, text):
        port = self.bind.primary.port
        text = re.sub(r"dig (.*)@192\.0\.2\.53", rf"dig \1-p {port} @127.0.0.1", text)
        for old, new in (("server 192.0.2.53", f"server 127.0.0.1 {port}"), ("192.0.2.53", f"127.0.0.1:{port}"),
                         ("/etc/mxsplit/", self.path("etc/")), ("/etc/bind/", self.path("bind/")),
                         ("/var/lib/bind/", ""), ("/var/lib/mxsplit/", self.path("lib/")),
                         ("/var/log/mail.log", self.path("run/mail.log")), ("127.0.0.1:8053", f"127.0.0.1:{self.port}"),
                         ("/run/mxsplit/api.sock", self.path("run/api.sock"))):
            text = text.replace(old, new)
        return text

    def run(self, blocks, name, codes=(0,)):
        """The block, by bash, ended at its first failure. Returns what it said."""
        self.ran.add(name)
        done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", self.moved(blocks[name])], cwd=self.path("run"),
                              capture_output=True, text=True, check=False, timeout=300,
                              env=dict(os.environ, PATH=self.path("bin") + ":" + os.environ["PATH"],
                                       MXSPLIT_SOCKET=self.path("run/api.sock")))
        self.test.assertIn(done.returncode, codes, f"{name}:\n{done.stdout}\n{done.stderr}\n{self.log()}")
        return done.stdout

    def name_server(self, blocks):
        self.ran.add("named")
        options = OPTIONS % {"directory": self.bind.primary.directory, "port": self.bind.primary.port,
                             "id": self.bind.primary.id, "v6": "none;", "more": ""}
        self.bind.write("primary/named.conf", options + self.moved(blocks["named"]))
        self.bind.keys["mxsplit"] = self.path("etc/ns1.key")
        self.bind.start()

    def configure(self, blocks):
        self.ran.add("yaml")
        text = self.moved(blocks["yaml"]).replace("sources:\n", HASTE + "sources:\n")
        with open(self.path("etc/mxsplitd.yaml"), "w", encoding="utf-8") as f:
            f.write(f'database: {self.path("lib/mxsplit.db")}\ntokens: {self.path("etc/tokens")}\nprobe: 0s\nwatch: 1s\n'
                    f'listen: ["127.0.0.1:{self.port}", "unix:{self.path("run/api.sock")}"]\n{text}')

    def domain(self):
        connection = UnixConnection(self.path("run/api.sock"))
        try:
            connection.request("GET", f"/v1/domains/{ZONE}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def flood(self, count):
        with open(self.path("run/mail.log"), "a", encoding="utf-8") as f:
            for _ in range(count):
                self.n += 1
                f.write(refused(self.n, ZONE))

    def wait(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.test.fail(f"not within {seconds} s: {what}\n{self.log()}")
            time.sleep(0.1)

    def wait_shown(self, records):
        self.wait(lambda: self.bind.mx()[1] == records, f"the zone shows {records}")

    def wait_state(self, state):
        self.wait(lambda: self.domain()["state"] == state, f"state {state}")

    def log(self):
        try:
            with open(self.path("run/log"), encoding="utf-8") as f:
                return f.read()[-4000:]
        except OSError:
            return ""

    def pid(self):
        with open(self.path("run/pid"), encoding="utf-8") as f:
            return int(f.read())

    def end(self):
        try:
            os.kill(self.pid(), signal.SIGKILL)
        except (OSError, ValueError):
            pass


class Docs(unittest.TestCase):
    def begin(self, start):
        walk = Walk(self)
        walk.run(start, "key")
        walk.name_server(start)
        walk.configure(start)
        self.assertEqual(walk.bind.mx(), NORMAL)
        return walk

    def test_getting_started(self):
        start = page("getting-started.md")
        walk = self.begin(start)
        walk.flood(3)
        self.assertIn('"bounce-refused":3', walk.run(start, "check").replace(" ", ""))
        with open(walk.path("run/mail.log.1"), "w", encoding="utf-8") as f:
            f.write(refused(1, ZONE))
        walk.run(start, "import")
        self.assertIn("observe", walk.run(start, "start"))
        walk.wait_state("normal")
        walk.run(start, "observe")
        walk.run(start, "preflight", (0, 65))  # 65: mta1 and mta2 are nobody here
        walk.run(start, "hand")
        walk.wait_shown(NORMAL[1])
        walk.wait_state("normal")
        events = subprocess.run([program("mxsplitctl"), "events", "--limit", "100"], capture_output=True, text=True, check=True,
                                env=dict(os.environ, MXSPLIT_SOCKET=walk.path("run/api.sock"))).stdout
        self.assertIn("a first try", events)
        walk.run(start, "auto")
        walk.wait(lambda: walk.domain()["mode"] == "auto", "mode auto")
        walk.wait(lambda: walk.flood(200) or walk.bind.mx()[1] == SPLIT, "a flood splits the zone")
        self.assertEqual(walk.ran, set(start))

    def test_api(self):
        start, api = page("getting-started.md"), page("api.md")
        walk = self.begin(start)
        walk.run(start, "start")
        walk.wait_state("normal")
        conf = walk.path("etc/mxsplitd.yaml")
        api["api-manual"] = "sed -i 's/mode: observe/mode: manual/' /etc/mxsplit/mxsplitd.yaml\n"
        walk.run(api, "api-manual")
        walk.run(api, "api-token")
        self.assertIn(ZONE, walk.run(api, "api-look"))
        self.assertGreaterEqual(walk.run(api, "api-events").count("\n"), 1)
        journal, status = walk.run(api, "api-stream").split()
        self.assertGreater(int(journal), 0)
        self.assertGreater(int(status), 0)
        walk.run(api, "api-order")
        walk.wait_state("normal")
        walk.run(api, "api-socket")
        self.assertIn("#/fro", walk.run(api, "api-error"))
        with open(conf, "a", encoding="utf-8") as f:
            f.write(walk.moved(api["api-counters"]))
        self.assertIn('"why":null', walk.run(api, "api-push").replace(" ", ""))
        walk.wait_state("normal")
        self.assertEqual({name for name in walk.ran if name.startswith("api-")} | {"api-counters"}, set(api))

    def test_runbook(self):
        start, book = page("getting-started.md"), page("runbook.md")
        walk = self.begin(start)
        walk.run(start, "start")
        conf = walk.path("etc/mxsplitd.yaml")
        walk.wait_state("normal")
        book["manual"] = "sed -i 's/mode: observe/mode: manual/' /etc/mxsplit/mxsplitd.yaml\nsystemctl reload mxsplitd\n"
        walk.run(book, "manual")
        walk.run(book, "look")

        walk.run(book, "no-split")
        walk.wait_shown(SPLIT)
        walk.wait_state("split")
        walk.run(book, "false-alarm")
        walk.wait_shown(NORMAL[1])
        self.assertEqual(walk.bind.mx(), NORMAL)
        walk.wait_state("normal")

        walk.run(book, "no-split")
        walk.wait_state("split")
        walk.run(book, "mta2")
        walk.wait_shown(NORMAL[1])
        walk.run(book, "back")
        walk.wait_state("normal")
        self.assertIsNone(walk.domain().get("override"))

        walk.run(book, "no-split")
        walk.wait_state("split")
        walk.run(book, "offline")
        self.assertEqual(walk.bind.mx(), NORMAL)
        book["start"] = "systemctl start mxsplitd\n"
        walk.run(book, "start")
        walk.wait_state("normal")
        self.assertIsNone(walk.domain().get("override"))  # as the page says: it ended with the restore
        self.assertEqual(walk.bind.mx(), NORMAL)

        walk.bind.set_mx(300, [(5, "elsewhere.example.")], zone=ZONE)
        walk.wait(lambda: "elsewhere" in str(walk.domain()["shown"]), "somebody's edit is seen")
        walk.run(book, "zone")
        self.assertEqual(walk.bind.mx(), NORMAL)

        walk.run(book, "no-split")
        walk.wait_state("split")
        os.kill(walk.pid(), signal.SIGSTOP)
        for name in os.listdir(walk.path("lib")):
            os.unlink(walk.path("lib/" + name))
        os.kill(walk.pid(), signal.SIGCONT)
        walk.run(book, "database")
        self.assertEqual(walk.bind.mx(), NORMAL)
        walk.wait_state("normal")
        self.assertTrue(os.path.exists(conf))
        self.assertEqual(walk.ran - {"manual", "start", "key", "named", "yaml"}, set(book) - {"manual", "start"})


if __name__ == "__main__":
    unittest.main()
