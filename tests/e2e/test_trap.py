"""SNMP notifications, taken by Debian's snmptrapd: v2c and v3, acknowledged or not told."""
import os
import subprocess
import tempfile
import unittest

from bind import free_port
from daemon import DOMAIN
from test_hooks import Small, ctl, hooks, order, secret_file

LOGINS = {
    "v2c": ("community trapped", "authCommunity log trapped"),
    "v3": ("user mxsplit\nauth SHA-256 correct-horse-1\npriv AES correct-horse-2",
           "createUser mxsplit SHA-256 correct-horse-1 AES correct-horse-2\nauthUser log mxsplit priv"),
}
OURS = ".1.3.6.1.4.1.32473.1"  # contrib/MXSPLIT-MIB.txt


class Snmptrapd:
    """`-OQn -F` prints a line a notification: its values, one after the other."""

    def __init__(self, directory, port, login):
        self.path, self.config = (os.path.join(directory, f"snmptrapd.{name}") for name in ("log", "conf"))
        with open(self.config, "w") as f:
            f.write(f"disableAuthorization no\n{login}\n")
        env = dict(os.environ, SNMP_PERSISTENT_DIR=os.path.join(directory, "persistent"), MIBS="")
        self.process = subprocess.Popen(
            ["/usr/sbin/snmptrapd", "-f", "-C", "-c", self.config, "-Lf", self.path, "-OQnt", "-F", "%v\n", "-p",
             os.path.join(directory, "pid"), f"udp:127.0.0.1:{port}"],
            env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def lines(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path) as f:
            return [line for line in f.read().splitlines() if OURS in line]

    def stop(self):
        self.process.kill()
        self.process.wait()


class Traps(unittest.TestCase):
    def tell(self, version):
        secret, login = LOGINS[version]
        port, lock = free_port()
        with lock, Small() as w, tempfile.TemporaryDirectory(prefix="mxsplit-e2e-") as directory:
            path = secret_file(w.temp.name, secret)
            w.d.hooks = [dict(name="nms", trap=f'"127.0.0.1:{port}"', secret_file=path, on="[override]",
                              timeout="2s")]
            d = w.d.start()
            order(d, "normal", "nobody listens yet")
            d.wait_for(lambda: hooks(d)["nms"]["failing"], 30, "nobody listens")
            there = Snmptrapd(directory, port, login)
            try:
                d.wait_for(lambda: hooks(d)["nms"]["last_success"], 60, "it is acknowledged")
                tested = ctl(d, "test", "nms")
                self.assertEqual(tested.returncode, 0, tested.stderr)
                d.wait_for(lambda: len(there.lines()) == 2, 30, "both are logged")
            finally:
                there.stop()
            first, test = there.lines()
            self.assertIn(f"{OURS}.0.3", first)
            for said in (f"{OURS}.1.1.0 = \"override\"", f"{OURS}.1.2.0 = \"{DOMAIN}\"", "nobody listens yet",
                         f"{OURS}.1.4.0 = \"info\"", f"{OURS}.1.5.0 = \"MxsplitOverride\"", f"{OURS}.1.6.0 = "):
                self.assertIn(said, first)
            self.assertIn(f"{OURS}.1.1.0 = \"test\"", test)

    def test_v2c(self):
        self.tell("v2c")

    def test_v3(self):
        self.tell("v3")


if __name__ == "__main__":
    unittest.main()
