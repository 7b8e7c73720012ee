"""Prometheus Alertmanager itself is told of a split, is reminded after it forgot, and hears the end."""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

from bind import free_port
from test_hooks import hook, hooks, order
from test_incident import World

PACKAGE = "prometheus-alertmanager"


# It reads its templates from /usr/share, and from nowhere else.
IN_PLACE = 'mount -t overlay none -o "lowerdir=$1/usr/share:/usr/share" /usr/share && shift && exec "$@"'


def find(directory, package=PACKAGE):
    """The command: installed, or out of Debian's package without installing (its service must not run)."""
    found = shutil.which(package)
    if found:
        return [found]
    for command in (["apt-get", "download", package], ["dpkg", "-x", None, directory]):
        fetched = (glob.glob(os.path.join(directory, "*.deb")) or ["none"])[0]
        try:
            subprocess.run([fetched if c is None else c for c in command], cwd=directory, check=True,
                           capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError):
            return None
    return ["unshare", "-rm", "sh", "-c", IN_PLACE, "sh", directory,
            os.path.join(directory, "usr/bin", package)]


class Alertmanager:
    def __init__(self, command):
        self.command = command
        self.port, self.lock = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.url = self.base + "/api/v2/alerts"
        self.temp = self.process = None

    def start(self):
        """Knows nothing of what it was told before."""
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        config = os.path.join(self.temp.name, "alertmanager.yml")
        with open(config, "w") as f:
            f.write("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        self.log = open(os.path.join(self.temp.name, "log"), "w")
        self.process = subprocess.Popen(
            self.command + [f"--config.file={config}", f"--storage.path={self.temp.name}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="],
            stdout=self.log, stderr=subprocess.STDOUT)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                self.alerts()
                return
            except OSError:
                time.sleep(0.1)
        with open(self.log.name) as f:
            raise AssertionError("Alertmanager does not answer:\n" + f.read())

    def alerts(self):
        with urllib.request.urlopen(self.url, timeout=10) as answer:
            return json.load(answer)

    def shown(self):
        """What an administrator sees: the package's own command."""
        tool = os.path.join(os.path.dirname(self.command[-1]), "amtool")
        return subprocess.run(self.command[:-1] + [tool, "alert", "query", "--alertmanager.url=" + self.base],
                              check=True, capture_output=True, text=True, timeout=60).stdout

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.log.close()
            self.temp.cleanup()


@unittest.skipUnless(os.environ.get("LONG"), "Alertmanager itself is fetched and run in make check-long")
class Alerts(unittest.TestCase):
    def test_alertmanager_shows_the_split_until_it_is_over(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-e2e-") as directory:
            command = find(directory)
            if not command:
                self.skipTest(f"Debian's {PACKAGE} is neither installed nor to be had")
            there = Alertmanager(command)
            self.addCleanup(there.lock.close)
            self.addCleanup(there.stop)
            there.start()
            with World(secondaries=0, mode="manual") as w:
                w.daemon.hooks = [hook("am", there.url, "split, restore", format="alertmanager")]
                d = w.ready()
                order(d, "split", "a test")
                d.wait_for(there.alerts, 60, "Alertmanager shows it")
                alert = there.alerts()[0]
                self.assertEqual(alert["labels"], {"alertname": "MxsplitSplit", "domain": d.domain()["name"],
                                                   "severity": "warning"})
                told = [e for e in d.events() if e["kind"] == "split"]
                self.assertEqual(alert["annotations"]["summary"], told[0]["text"])
                self.assertEqual(alert["startsAt"][:19], told[0]["time"][:19])
                self.assertRegex(there.shown(), "MxsplitSplit.*" + re.escape(told[0]["text"]))
                there.stop()
                there.start()
                self.assertEqual(there.alerts(), [])
                d.kill()
                d.start()
                d.wait_for(there.alerts, 60, "it is said again after a start")
                there.stop()
                there.start()
                d.wait_for(there.alerts, 150, "and once a minute")
                order(d, "normal", "a test")
                d.wait_for(lambda: not there.alerts(), 60, "Alertmanager takes it away")
                self.assertNotIn("MxsplitSplit", there.shown())
                d.wait_for(lambda: hooks(d)["am"]["waiting"] == 0, 30, "all is told")
                self.assertIsNone(hooks(d)["am"]["last_failure"])


if __name__ == "__main__":
    unittest.main()
