"""Real BIND name servers on loopback for the tests and the demo.

    from bind import Bind

    with Bind(secondaries=1) as dns:          # starts named, returns when every server answers
        dns.zone                              # "example.test"
        dns.address                           # "127.0.0.1:20731", the primary, as the settings want it
        dns.checks                            # ["127.0.0.1:24012"], the secondaries' addresses
        dns.key_file                          # a BIND key clause, mode 600, granted the MX RRset
        dns.mx()                              # (604800, [(10, "mta1.example.test."), (20, "mta2...")])
        dns.mx(dns.secondaries[0])            # the same, as that server shows it
        dns.serial()                          # the zone's serial at the primary
        dns.edit("update delete example.test. MX 10 mta1.example.test.")   # nsupdate, by our key
        dns.set_mx(300, [(20, "mta2.example.test.")])   # someone else's change: replaces the RRset
        dns.primary.stop(); dns.primary.start()         # also .kill(), .freeze() (SIGSTOP), .thaw()
        dns.primary.log()                     # what named said
        dns.wait_mx(300, [(20, "mta2.example.test.")], seconds=10)      # every server shows it, or False

Arguments of Bind: zone (or zones=[...] for several; zone is the first), secondaries (how many),
mx (the records at the start, names relative to the zone), ttl, algorithms (one granted key each,
named "mxsplit" for the first and "mxsplit-ALGORITHM" for the others: `dns.keys[name]` is the file),
ipv6 (also listen at ::1; `Bind.has_ipv6()` says whether that is possible), keep (leave the
directory behind). `dns.keys["stranger"]` is a key that the servers know and grant nothing;
`dns.keys["unknown"]` one that they do not know.

Ports lie below the ephemeral range and are reserved across processes by an abstract unix socket, so
that fixtures in parallel never meet; a server keeps its port over stop and start. named dies with
the process that started it. Needs Debian's bind9, bind9-dnsutils and python3-dnspython.
"""

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype

START_SECONDS = 30
MX = [(10, "mta1"), (20, "mta2")]


def free_port():
    """A port free for UDP and TCP at 127.0.0.1 and ::1, and the socket that reserves it."""
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind("\0mxsplit-test-port-%d" % port)
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
            return port, lock
        except OSError:
            lock.close()
    raise RuntimeError("no free port")


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Server:
    """One name server, named if `command` says nothing else. `port`, `address` ("127.0.0.1:PORT"), start, stop, kill, freeze, thaw, log."""

    def __init__(self, directory, name, ipv6):
        self.name = name
        self.directory = os.path.join(directory, name)
        os.mkdir(self.directory, 0o700)
        self.port, self._lock = free_port()
        self.address = "127.0.0.1:%d" % self.port
        self.address6 = "[::1]:%d" % self.port if ipv6 else None
        self.id = "%s-%d-%08x" % (name, os.getpid(), random.getrandbits(32))
        self.process = None
        self.ready = lambda: True
        self.command = ["named", "-g", "-n", "1", "-c", os.path.join(self.directory, "named.conf")]

    def begin(self):
        """Starts it and does not wait."""
        assert self.process is None
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                preexec_fn=_die_with_parent)

    def wait(self):
        """Waits until it answers by its own identity and has its zones."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                if self._identity() == self.id and self.ready():
                    return
            except (dns.exception.DNSException, OSError):
                pass
            time.sleep(0.02)
        raise RuntimeError("%s does not answer:\n%s" % (self.name, self.log()[-4000:]))

    def start(self):
        self.begin()
        self.wait()

    def _identity(self):
        query = dns.message.make_query("id.server.", "TXT", "CH")
        answer = dns.query.udp(query, "127.0.0.1", timeout=0.5, port=self.port)
        return answer.answer[0][0].strings[0].decode() if answer.answer else None

    def stop(self):
        """Ends it in order (the journal is written to the zone file)."""
        self._end(signal.SIGTERM)

    def kill(self):
        """kill -9."""
        self._end(signal.SIGKILL)

    def _end(self, how):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def freeze(self):
        """SIGSTOP: packets to it are neither answered nor refused (a black hole)."""
        self.process.send_signal(signal.SIGSTOP)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and not self._stopped():
            time.sleep(0.005)

    def _stopped(self):
        """Every thread: the signal is taken some time after it was sent."""
        for task in os.listdir("/proc/%d/task" % self.process.pid):
            with open("/proc/%d/task/%s/stat" % (self.process.pid, task), encoding="ascii") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] != "T":
                    return False
        return True

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def log(self):
        try:
            with open(os.path.join(self.directory, "log"), errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""


OPTIONS = """
options {
	directory "%(directory)s"; pid-file none; lock-file none; session-keyfile none;
	listen-on port %(port)d { 127.0.0.1; }; listen-on-v6 port %(port)d { %(v6)s };
	recursion no; dnssec-validation no; empty-zones-enable no; server-id "%(id)s";
	%(more)s
};
controls { };
"""

PRIMARY_OPTIONS = """allow-transfer { 127.0.0.1; };
	notify explicit; notify-source 127.0.0.1; notify-delay 0; notify-rate 1000;
	startup-notify-rate 1000; max-ixfr-ratio unlimited; also-notify { %s };"""

SECONDARY_OPTIONS = """notify no; allow-transfer { none; }; serial-query-rate 1000;
	max-refresh-time 2; min-refresh-time 1; max-retry-time 1; min-retry-time 1;"""

ZONE = """$TTL 3600
@ IN SOA ns1 hostmaster ( 1 2 1 604800 60 )
@ IN NS ns1
ns1 IN A 127.0.0.1
mta1 IN A 127.0.0.1
mta2 IN A 127.0.0.1
mta3 IN A 127.0.0.1
alias IN CNAME @
"""


class Bind:
    """A primary and its secondaries; see the top of this file."""

    def __init__(self, zone="example.test", zones=None, secondaries=0, mx=None, ttl=604800,
                 algorithms=("hmac-sha256",), ipv6=False, keep=False):
        self.zones = list(zones or [zone])
        self.zone = self.zones[0]
        self.keep = keep
        self.directory = tempfile.mkdtemp(prefix="mxsplit-bind-")
        try:
            self._keys(algorithms)
            self.primary = Server(self.directory, "primary", ipv6)
            self.secondaries = [Server(self.directory, "secondary%d" % (i + 1), ipv6)
                                for i in range(secondaries)]
            self.servers = [self.primary] + self.secondaries
            self._configure_primary(list(algorithms), MX if mx is None else mx, ttl, ipv6)
            for server in self.secondaries:
                self._configure_secondary(server, ipv6)
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        self.address = self.primary.address
        self.checks = [server.address for server in self.secondaries]

    @staticmethod
    def has_ipv6():
        try:
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
                probe.bind(("::1", 0))
            return True
        except OSError:
            return False

    # The life of the servers

    def start(self):
        try:
            self.primary.start()
            for server in self.secondaries:
                server.begin()
            for server in self.secondaries:
                server.wait()
        except BaseException:
            self.close()
            raise
        return self

    def close(self):
        for server in self.servers:
            server.kill()
        if not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    # What people do

    def query(self, kind="MX", server=None, name=None, tcp=False):
        """The answer message of one server to a question without recursion."""
        server = server or self.primary
        query = dns.message.make_query((name or self.zone) + ".", kind)
        query.flags &= ~dns.flags.RD
        ask = dns.query.tcp if tcp else dns.query.udp
        return ask(query, "127.0.0.1", timeout=10, port=server.port)

    def mx(self, server=None, zone=None):
        """(TTL, sorted [(preference, "name.")]); (0, []) when there is no MX."""
        answer = self.query("MX", server, zone)
        if answer.flags & dns.flags.TC:
            answer = self.query("MX", server, zone, tcp=True)
        if answer.rcode() != dns.rcode.NOERROR:
            raise RuntimeError(dns.rcode.to_text(answer.rcode()))
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.MX:
                return rrset.ttl, sorted((r.preference, r.exchange.to_text()) for r in rrset)
        return 0, []

    def serial(self, server=None, zone=None):
        answer = self.query("SOA", server, zone)
        return answer.answer[0][0].serial if answer.answer else None

    def edit(self, *lines, key="mxsplit", zone=None):
        """Runs nsupdate at the primary. Raises with its words when it is refused."""
        text = "server 127.0.0.1 %d\nzone %s.\n%s\nsend\n" % (
            self.primary.port, zone or self.zone, "\n".join(lines))
        run = subprocess.run(["nsupdate", "-k", self.keys[key]], input=text, text=True,
                             capture_output=True, timeout=60)
        if run.returncode != 0:
            raise RuntimeError(run.stderr.strip() or "nsupdate failed")

    def set_mx(self, ttl, records, zone=None, key="mxsplit"):
        """Replaces the MX RRset, as another person's hand would. No records: no MX."""
        name = (zone or self.zone) + "."
        self.edit("update delete %s MX" % name,
                  *["update add %s %d MX %d %s" % (name, ttl, p, x) for p, x in records],
                  key=key, zone=zone)

    def wait_mx(self, ttl, records, seconds=10, zone=None):
        """True when all servers that run show exactly this before the time is up."""
        end = time.monotonic() + seconds
        while True:
            try:
                if all(self.mx(server, zone) == (ttl, sorted(records))
                       for server in self.servers if server.process):
                    return True
            except (dns.exception.DNSException, OSError, RuntimeError):
                pass
            if time.monotonic() > end:
                return False
            time.sleep(0.05)

    # Files

    def _keys(self, algorithms):
        names = {"mxsplit" if i == 0 else "mxsplit-" + a: a for i, a in enumerate(algorithms)}
        names["stranger"] = names["unknown"] = "hmac-sha256"
        self.keys, self._key_text = {}, {}
        os.mkdir(os.path.join(self.directory, "keys"), 0o700)
        for name, algorithm in names.items():
            text = subprocess.run(["tsig-keygen", "-a", algorithm, name], check=True,
                                  capture_output=True, text=True).stdout
            self._key_text[name] = text
            self.keys[name] = self.write("keys/%s.key" % name, text)
        self.key_file = self.keys["mxsplit"]

    def write(self, path, text, mode=0o600):
        """Writes a file below the fixture's directory and gives its path."""
        path = os.path.join(self.directory, path)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as out:
            out.write(text)
        return path

    def _options(self, server, more, ipv6):
        return OPTIONS % {"directory": server.directory, "port": server.port, "id": server.id,
                          "v6": "::1;" if ipv6 else "none;", "more": more}

    def _configure_primary(self, algorithms, mx, ttl, ipv6):
        notify = " ".join("127.0.0.1 port %d;" % s.port for s in self.secondaries)
        known = [name for name in self.keys if name != "unknown"]
        granted = [name for name in known if name != "stranger"]
        conf = "".join(self._key_text[name] for name in known)
        conf += self._options(self.primary, PRIMARY_OPTIONS % notify, ipv6)
        for zone in self.zones:
            grants = " ".join('grant "%s" name %s. MX;' % (name, zone) for name in granted)
            conf += 'zone "%s" { type primary; file "%s.db"; update-policy { %s }; };\n' % (
                zone, zone, grants)
            records = "".join("@ %d IN MX %d %s\n" % (ttl, p, x) for p, x in mx)
            self.write("primary/%s.db" % zone, ZONE + records)
        self.write("primary/named.conf", conf)

    def _configure_secondary(self, server, ipv6):
        conf = self._options(server, SECONDARY_OPTIONS, ipv6)
        for zone in self.zones:
            conf += ('zone "%s" { type secondary; file "%s.db"; primaries { 127.0.0.1 port %d; };'
                     " allow-notify { 127.0.0.1; }; };\n" % (zone, zone, self.primary.port))
        self.write("%s/named.conf" % server.name, conf)
        server.ready = lambda: all(self.serial(server, zone) for zone in self.zones)
