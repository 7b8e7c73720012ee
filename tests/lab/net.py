"""A network of its own: one bridge, a namespace for each host, programs that end with it.

It must run under `enter()`: mount, network and process namespaces that are this run's alone, with a fresh /run. So nothing
of it is ever seen outside, and when the run ends, however it ends (SIGKILL too), the kernel takes everything away: the
processes with their init, the namespaces, mounts and files with the last of them.
"""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

RUN = "/run/lab"
PDEATHSIG = 1
CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID = 0x20000, 0x40000000, 0x20000000
NEEDED = ("ip", "mount", "named", "tsig-keygen", "unbound", "postfix", "smtp-sink")
libc = ctypes.CDLL(None, use_errno=True)


def obstacle():
    """Why a lab cannot be built here, or None."""
    if os.geteuid() != 0:
        return "it makes network namespaces and binds port 25 in them: run it as root"
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    missing = [name for name in NEEDED if not shutil.which(name, path=path)]
    if missing:
        return f"missing {', '.join(missing)}: run tests/deps.sh lab"
    tried = subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "ip", "link", "add", "lab0", "type",
                            "bridge"], capture_output=True, text=True, check=False)
    return f"no namespaces or no bridges in them: {tried.stderr.strip()}" if tried.returncode else None


def enter():
    """Returns inside, in a process of its own, the first one of its namespaces; whoever called it waits there, ends it
    when it is ended itself, and ends with its code."""
    why = obstacle()
    if why:
        sys.exit(f"lab: {why}")
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID) != 0:
        sys.exit(f"lab: no namespaces here: {os.strerror(ctypes.get_errno())}")
    child = os.fork()
    if child:
        stand_by(child)
    die_with_parent()
    os.setsid()  # the terminal's ^C is for the one outside
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "lab", "/run"], check=True)
    for name in ("netns", "lab"):
        os.mkdir(f"/run/{name}", 0o755)


def stand_by(child):
    def end(number, _):
        os.kill(child, signal.SIGKILL)  # and with it, as the kernel sees to, all the others
        os.waitpid(child, 0)
        sys.exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status) % 256)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def die_with_parent():
    libc.prctl(PDEATHSIG, signal.SIGKILL)


class Net:
    """Hosts on one bridge; the run itself is on it with the address `own`, and every address in `networks` is its own, too
    (behind a route: an entry for each would fill the table of neighbours, which the kernel has once for all namespaces)."""

    def __init__(self, own, networks):
        self.own, self.networks = own, networks
        self.processes = []
        self.hosts = set()
        ip("link", "set", "lo", "up")
        ip("link", "add", "lab0", "type", "bridge")
        ip("addr", "add", f"{own}/16", "dev", "lab0")
        ip("link", "set", "lab0", "up")
        ip("route", "replace", "local", networks, "dev", "lo")

    def host(self, name, *addresses):
        port = f"port{len(self.hosts)}"
        ip("netns", "add", name)
        ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", port, "master", "lab0", "up")
        ip("-n", name, "link", "set", "lo", "up")
        for address in addresses:
            ip("-n", name, "addr", "add", f"{address}/16", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "route", "add", self.networks, "via", self.own)
        self.hosts.add(name)

    def start(self, host, argv, resolver=None, log=os.devnull):
        """A program in the foreground on a host, with a name server of its own when one is given."""
        shell = 'exec "$@"'
        if resolver:
            path = f"{RUN}/resolv.{resolver}"
            with open(path, "w", encoding="ascii") as f:
                f.write(f"nameserver {resolver}\n")
            shell = f"mount --bind {path} /etc/resolv.conf && {shell}"  # `ip netns exec` has mounts of its own
        with open(log, "ab") as out:
            process = subprocess.Popen(["ip", "netns", "exec", host, "sh", "-c", shell, argv[0], *argv], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=out, preexec_fn=die_with_parent)
        self.processes.append((process, argv, log))
        return process

    def check(self):
        """Everything that was started still runs."""
        for process, argv, log in self.processes:
            if process.poll() is not None:
                with open(log, "rb") as f:
                    raise AssertionError(f"{argv} ended with {process.returncode}: {f.read()[-2000:]!r}")

    def close(self):
        """Ends all, in the order of Postfix's own stop: TERM, and KILL for what stays."""
        for process, _, _ in self.processes:
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + 5
        for process, _, _ in self.processes:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
        self._reap_orphans()
        for number in range(len(self.hosts)):  # before their namespaces, which take their time
            ip("link", "del", f"port{number}")
        for name in self.hosts:
            ip("netns", "del", name)
        ip("link", "del", "lab0")

    @staticmethod
    def _reap_orphans():
        """What a program left when it ended belongs to the first process of the namespace: to us."""
        end = time.monotonic() + 5
        while True:
            others = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()]
            for pid in others:
                try:
                    if time.monotonic() > end:
                        os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, os.WNOHANG)
                except (ChildProcessError, ProcessLookupError):
                    pass
            if not others:
                return
            time.sleep(0.05)


class Tail(threading.Thread):
    """Reads a log as it grows: (second since the start of the run, line). Its stamps have whole seconds only."""

    def __init__(self, path, start):
        super().__init__(daemon=True)
        self.path, self.start_at, self.lines, self.ended = path, start, [], False
        open(path, "a", encoding="utf-8").close()
        self.start()

    def run(self):
        rest = ""
        with open(self.path, encoding="utf-8", errors="replace") as f:
            while True:
                last = self.ended
                text = rest + f.read()
                now = time.monotonic() - self.start_at
                *whole, rest = text.split("\n")
                self.lines += [(now, line) for line in whole]
                if last:
                    return
                time.sleep(0.1)

    def end(self):
        self.ended = True
        self.join()
        return self.lines
