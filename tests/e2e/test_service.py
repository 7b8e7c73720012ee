"""The daemon as a service manager sees it: NOTIFY_SOCKET, the watchdog, credentials, the units."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from bind import Bind
from daemon import ROOT, Daemon, program, refused

UNITS = os.path.join(ROOT, "contrib/systemd")
WATCHDOG = 2.0  # seconds
NETWORK_LATE = "--network-late"


class Manager:
    """The end of a NOTIFY_SOCKET that a service manager holds."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.heard = []

    def hear(self, seconds):
        """All that comes within the time; then what was heard in all."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                self.heard.append(self.socket.recv(4096).decode())
            except TimeoutError:
                break
        return self.heard

    def wait(self, what, seconds=30):
        """The first message from now on that has this line; none before the time is up is a failure."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                message = self.socket.recv(4096).decode()
            except TimeoutError:
                break
            self.heard.append(message)
            if what in message.split("\n"):
                return message
        raise AssertionError(f"no {what} within {seconds} s; heard {self.heard}")

    def drain(self):
        self.socket.setblocking(False)
        try:
            while True:
                self.heard.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            pass

    def close(self):
        self.socket.close()


class Service(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="mxsplit-service-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def daemon(self, address, shown=None):
        self.manager = Manager(address)
        self.addCleanup(self.manager.close)
        daemon = Daemon(self.directory, env={"NOTIFY_SOCKET": shown or address,
                                             "WATCHDOG_USEC": str(int(WATCHDOG * 1e6))})
        self.addCleanup(daemon.kill)
        return daemon

    def test_a_service_says_how_it_stands(self):
        daemon = self.daemon(os.path.join(self.directory, "notify"))
        daemon.start(wait=False)
        self.assertIn("STATUS=1 domain, 2 sources", self.manager.wait("READY=1"))
        self.assertIsNotNone(daemon.status(), "ready, and the API does not answer")
        for _ in range(4):
            self.manager.wait("WATCHDOG=1")

        daemon.process.send_signal(signal.SIGSTOP)
        os.waitpid(daemon.process.pid, os.WUNTRACED)
        self.manager.drain()
        heard = len(self.manager.heard)
        self.assertEqual(self.manager.hear(2 * WATCHDOG)[heard:], [], "fed by a loop that does not turn")
        daemon.process.send_signal(signal.SIGCONT)
        self.manager.wait("WATCHDOG=1")

        daemon.process.send_signal(signal.SIGHUP)
        self.manager.wait("RELOADING=1")
        self.manager.wait("READY=1")
        with open(daemon.config_path, "a", encoding="utf-8") as f:
            f.write("nonsense: yes\n")
        daemon.process.send_signal(signal.SIGHUP)
        self.manager.wait("RELOADING=1")
        self.manager.wait("READY=1")  # with the old configuration

        self.assertEqual(daemon.stop(), 0)
        self.manager.drain()
        self.assertIn("STOPPING=1", self.manager.heard)
        self.assertEqual(self.manager.heard.count("STOPPING=1"), 1)

    def test_an_abstract_socket(self):
        name = f"mxsplit-{os.getpid()}"
        daemon = self.daemon("\0" + name, "@" + name)
        daemon.start(wait=False)
        self.manager.wait("READY=1")

    def test_another_process_is_watched(self):
        daemon = self.daemon(os.path.join(self.directory, "notify"))
        daemon.env["WATCHDOG_PID"] = "1"
        daemon.start()
        self.manager.wait("READY=1")
        ticks = daemon.status()["ticks"]
        daemon.wait_for(lambda: daemon.status()["ticks"] > ticks + 4, 30, "the loop turned")
        self.manager.drain()
        self.assertNotIn("WATCHDOG=1", self.manager.heard)

    def test_at_boot_in_any_order(self):
        """The name server or the log may come later: ready all the same, and nothing is done to the zone."""
        for server_first, log_first in ((True, True), (True, False), (False, True), (False, False)):
            with self.subTest(server_first=server_first, log_first=log_first), Bind() as bind, \
                    tempfile.TemporaryDirectory(prefix="mxsplit-boot-") as directory:
                normal, serial = bind.mx(), bind.serial()
                if not server_first:
                    bind.primary.stop()
                daemon = Daemon(directory, dict(address=bind.address, zone=bind.zone, key_file=bind.key_file),
                                env={"NOTIFY_SOCKET": os.path.join(directory, "notify")})
                manager = Manager(os.path.join(directory, "notify"))
                lines = "".join(refused(n) for n in range(3000))  # enough for a surge
                if log_first:
                    self.log(daemon, lines)
                daemon.settings["warm_up"] = "1h"
                daemon.start(wait=False)
                try:
                    manager.wait("READY=1")
                    if not server_first:
                        bind.primary.start()
                    if not log_first:
                        self.log(daemon, lines)
                    daemon.wait_for(lambda: "bounce-refused" in str(daemon.totals()) and daemon.domain()["shown"], 60,
                                    "log and zone are read")
                    ticks = daemon.status()["ticks"]
                    daemon.wait_for(lambda: daemon.status()["ticks"] > ticks + 5, 60, "five more passes")
                    self.assertEqual(daemon.domain()["state"], "normal")
                    self.assertEqual((bind.mx(), bind.serial()), (normal, serial))
                    self.assertFalse({"split", "restore", "update"} & set(daemon.kinds()), daemon.kinds())
                finally:
                    daemon.stop()
                    manager.close()

    def test_at_boot_without_a_network(self):
        """In a namespace of its own, where this file runs `network_late`."""
        try:
            subprocess.run(["unshare", "-rn", "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no network namespace can be made here")
        done = subprocess.run(["unshare", "-rn", sys.executable, "-W", "ignore", __file__, NETWORK_LATE], capture_output=True,
                              text=True, timeout=200, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("shown and untouched", done.stdout)

    @staticmethod
    def log(daemon, lines):
        with open(daemon.sources["mta1"], "w", encoding="utf-8") as f:
            f.write(lines)

    def test_sockets_that_are_not_there_do_no_harm(self):
        for address in ("", "@", "relative", "/nobody/listens", "/" + "x" * 200):
            daemon = Daemon(self.directory, env={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "x"})
            self.addCleanup(daemon.kill)
            daemon.start()
            self.assertEqual(daemon.stop(), 0, address)

    def test_keys_that_systemd_hands_in(self):
        credentials = os.path.join(self.directory, "credentials")
        os.mkdir(credentials)
        with Bind() as bind:
            shutil.copy(bind.key_file, os.path.join(credentials, "ns1.key"))
            os.chmod(os.path.join(credentials, "ns1.key"), 0o440)  # as an access list shows there
            daemon = Daemon(self.directory, dict(address=bind.address, zone=bind.zone,
                                                 key_file='"${CREDENTIALS_DIRECTORY}/ns1.key"'))
            daemon.env["CREDENTIALS_DIRECTORY"] = credentials
            self.addCleanup(daemon.kill)
            daemon.start()
            self.assertEqual(daemon.stop(), 0)
            check = [program("mxsplitctl"), "check-config", daemon.config_path]
            self.assertEqual(subprocess.run(check, env=daemon.env, check=False).returncode, 0)
            done = subprocess.run([program("mxsplitctl"), "dns", "check", bind.zone, "-c", daemon.config_path],
                                  env=daemon.env, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

            for mode, directory in ((0o444, credentials), (0o460, credentials), (0o440, self.directory + "/cred")):
                os.chmod(os.path.join(credentials, "ns1.key"), mode)
                done = subprocess.run(check, env=dict(daemon.env, CREDENTIALS_DIRECTORY=directory),
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 78, (oct(mode), directory))
            os.chmod(os.path.join(credentials, "ns1.key"), 0o400)
            del daemon.env["CREDENTIALS_DIRECTORY"]
            done = subprocess.run(check, env=daemon.env, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 78)
            self.assertIn("key-file", done.stdout + done.stderr)


@unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
class Units(unittest.TestCase):
    def test_every_unit_is_hardened(self):
        for name in sorted(os.listdir(UNITS)):
            if name.endswith(".service"):
                done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15",
                                       os.path.join(UNITS, name)], capture_output=True, text=True, check=False)
                self.assertIn("Overall exposure level", done.stdout, done.stderr)
                self.assertEqual(done.returncode, 0, name + done.stdout)

    def test_every_unit_is_understood(self):
        """systemd-analyze verify, with the programs where this test has them."""
        with tempfile.TemporaryDirectory(prefix="mxsplit-units-") as directory:
            for name in os.listdir(UNITS):
                if not name.endswith(".conf"):
                    with open(os.path.join(UNITS, name), encoding="utf-8") as f:
                        text = f.read().replace("/usr/bin/mxsplitctl", program("mxsplitctl"))
                    with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
                        f.write(text.replace("/usr/sbin/mxsplitd", program("mxsplitd")))
            units = [os.path.join(directory, name) for name in os.listdir(directory)]
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units],
                                  env=dict(os.environ, SYSTEMD_UNIT_PATH=directory + ":"),
                                  capture_output=True, text=True, check=False)
            said = [line for line in done.stderr.splitlines()
                    if "mxsplit" in line and "'RestartMode'" not in line]  # not known before systemd 254
            self.assertEqual(said, [])


def network_late():
    """No interface is up when the daemon starts: ready, heard on its socket, and it goes on when there is one."""
    def loopback(how):
        subprocess.run(["ip", "link", "set", "lo", how], check=True)

    loopback("up")
    bind = Bind()
    with tempfile.TemporaryDirectory(prefix="mxsplit-late-") as directory:
        daemon = Daemon(directory, dict(address=bind.address, zone=bind.zone, key_file=bind.key_file),
                        env={"NOTIFY_SOCKET": os.path.join(directory, "notify")})
        manager = Manager(os.path.join(directory, "notify"))
        daemon.settings["warm_up"] = "1h"
        Service.log(daemon, "".join(refused(n) for n in range(3000)))
        loopback("down")
        try:
            daemon.start(wait=False)
            manager.wait("READY=1")
            daemon.wait_for(lambda: daemon.status()["ticks"] > 3 and daemon.domain()["servers"][0]["error"], 30, "nobody is reached")
            assert daemon.domain()["shown"] is None
            loopback("up")
            bind.start()
            normal, serial = bind.mx(), bind.serial()
            daemon.wait_for(lambda: daemon.domain()["shown"], 60, "the zone is read")
            ticks = daemon.status()["ticks"]
            daemon.wait_for(lambda: daemon.status()["ticks"] > ticks + 5, 60, "five more passes")
            assert (bind.mx(), bind.serial(), daemon.domain()["state"]) == (normal, serial, "normal")
            assert not {"split", "restore", "update"} & set(daemon.kinds()), daemon.kinds()
            print("shown and untouched")
        finally:
            daemon.stop()
            manager.close()
            bind.close()


if __name__ == "__main__":
    if NETWORK_LATE in sys.argv:
        network_late()
    else:
        unittest.main()
