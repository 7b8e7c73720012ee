"""The real mxsplitd under test: writes its configuration, starts, watches, kills it.

Everything lives in one temporary directory; the API listens on a unix socket and on a free port of
loopback. Build directory: environment MXSPLIT_BUILD (default build).
"""
import datetime
import glob
import http.client
import json
import os
import signal
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("MXSPLIT_BUILD", "build"))
DOMAIN = "example.test"


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(type=kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(name):
    return os.path.join(BUILD, name)


def stamp(when=None):
    """A line's beginning as postlogd writes it today (rsyslog's FileFormat)."""
    when = when or datetime.datetime.now(datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def refused(n, domain=DOMAIN, when=None):
    """A bounce to a user who does not exist, refused at RCPT."""
    return (f"{stamp(when)} mx1 postfix/smtpd[{300 + n % 50}]: NOQUEUE: reject: RCPT from "
            f"mx{n % 211}.strangers.example[198.51.100.{n % 250 + 1}]: 550 5.1.1 <u{n}@{domain}>: Recipient "
            f"address rejected: User unknown in virtual mailbox table; from=<> to=<u{n}@{domain}> "
            f"proto=ESMTP helo=<mx{n % 211}.strangers.example>\n")


def mail(n, domain=DOMAIN, sender="anna@regular.example", delay=0.02):
    """A message from a regular correspondent, with its whole life."""
    queue_id = f"{n % 0xFFFFF:05X}A7E37"
    head, host = stamp(), "mail.regular.example[192.0.2.25]"
    return "".join(f"{head} mx1 postfix/{line}\n" for line in (
        f"smtpd[292]: {queue_id}: client={host}",
        f"cleanup[294]: {queue_id}: message-id=<{n}@regular.example>",
        f"qmgr[248]: {queue_id}: from=<{sender}>, size=308, nrcpt=1 (queue active)",
        f"virtual[296]: {queue_id}: to=<info@{domain}>, relay=virtual, delay={delay}, "
        f"delays=0.01/{delay - 0.01:g}/0/0, dsn=2.0.0, status=sent (delivered to maildir)",
        f"qmgr[248]: {queue_id}: removed"))


class Log:
    """A log that an MTA writes to; lines appear whole and at once."""

    def __init__(self, path):
        self.path = path
        self.written = 0
        self.file = open(path, "a", buffering=1)

    def write(self, text):
        self.file.write(text)
        self.file.flush()
        self.written += text.count("\n")

    def rotate(self):
        """rename and create, as logrotate's default does."""
        for n in range(40, 0, -1):
            if os.path.exists(f"{self.path}.{n}"):
                os.rename(f"{self.path}.{n}", f"{self.path}.{n + 1}")
        os.rename(self.path, f"{self.path}.1")
        self.file.close()
        self.file = open(self.path, "a", buffering=1)

    def close(self):
        self.file.close()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


class Daemon:
    def __init__(self, directory, server=None, wrap=(), env=None):
        """server: dict(address, zone, key_file, check=[...]) of the primary that takes updates."""
        self.directory = directory
        self.server = server
        self.wrap = list(wrap)
        self.env = dict(os.environ, **(env or {}))
        self.socket = os.path.join(directory, "api.sock")
        self.port = free_port()
        self.database = os.path.join(directory, "mxsplit.db")
        self.config_path = os.path.join(directory, "mxsplitd.yaml")
        self.log_path = os.path.join(directory, "mxsplitd.log")
        self.sources = {"mta1": os.path.join(directory, "mta1.log"),
                        "mta2": os.path.join(directory, "mta2.log")}
        self.settings = dict(mode="auto", split_ttl="2s", min_split="1s", calm="2s", max_split="1h",
                             least_excess=100, quiet="2s", retry_first="1s", retry_max="2s", prior_rate=20, warm_up="0s",
                             splits_a_day=20)
        self.daemon_settings = dict(stale_after="2m", silent_after="5m", watch="2s", probe="0s")
        self.tokens, self.more_listen = os.path.join(directory, "tokens"), ""
        self.drop = f"[mta1.{DOMAIN}]"
        self.prove, self.timeout = "10s", "2s"
        self.counters = []  # dicts of settings
        self.hooks = []  # (name, [program, ...], [kinds]), or dicts of settings
        self.way = "follow"
        self.stdin = None
        self.process = None

    def write_config(self):
        server = self.server or dict(address="127.0.0.1:1", zone=DOMAIN, key_file=self.dummy_key())
        lines = [f"database: {self.database}",
                 f'listen: ["127.0.0.1:{self.port}", "unix:{self.socket}"{self.more_listen}]',
                 f"tokens: {self.tokens}"]
        lines += [f"{k.replace('_', '-')}: {v}" for k, v in self.daemon_settings.items()]
        name = server.get("name", "ns1")
        lines += ["servers:", f"  - name: {name}", f"    address: {server['address']}",
                  f"    zone: {server['zone']}", f"    key-file: {server['key_file']}",
                  f"    prove: {self.prove}", f"    timeout: {self.timeout}"]
        lines += [f"    {key.replace('_', '-')}: yes" for key in ("tcp", "check_ns", "sign_reads") if server.get(key)]
        if server.get("check"):
            lines.append(f"    check: [{', '.join(json.dumps(c) for c in server['check'])}]")
        lines += ["domains:", f"  - name: {DOMAIN}", f"    server: {name}", f"    drop: {self.drop}"]
        lines += [f"    {k.replace('_', '-')}: {v}" for k, v in self.settings.items()]
        lines.append("sources:")
        for name, path in self.sources.items():
            if self.way == "journal":
                path += "\n    history: yes"
            lines += [f"  - name: {name}-log", f"    mta: {name}.{DOMAIN}", f"    {self.way}: {path}",
                      f"    default-domain: {DOMAIN}"]
        if self.counters:
            lines.append("counters:")
            for entry in self.counters:
                lines += [f"  {' ' if i else '-'} {k.replace('_', '-')}: {v}"
                          for i, (k, v) in enumerate(entry.items())]
        if self.hooks:
            lines.append("hooks:")
            for hook in self.hooks:
                if isinstance(hook, dict):
                    lines += [f"  {' ' if i else '-'} {k.replace('_', '-')}: {v}"
                              for i, (k, v) in enumerate(hook.items())]
                    continue
                name, run, kinds = hook
                lines += [f"  - name: {name}", f"    run: {json.dumps(run)}",
                          f"    on: [{', '.join(kinds)}]"]
        with open(self.config_path, "w") as f:
            f.write("\n".join(lines) + "\n")

    def dummy_key(self):
        path = os.path.join(self.directory, "dummy.key")
        with open(path, "w") as f:
            f.write('key "mxsplit" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0"; };\n')
        os.chmod(path, 0o600)
        return path

    def valgrind(self):
        """With VALGRIND=1 every run is watched; what valgrind says fails the test (reap)."""
        if not os.environ.get("VALGRIND"):
            return []
        return ["valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite",
                "--errors-for-leak-kinds=definite", f"--log-file={self.directory}/valgrind.%p"]

    def start(self, wait=True, write=True):
        if write:
            self.write_config()
        self.output = open(self.log_path, "a")
        self.process = subprocess.Popen((self.wrap or self.valgrind()) + [program("mxsplitd"), "-f", "-c", self.config_path],
                                        stdin=self.stdin, stdout=self.output, stderr=subprocess.STDOUT,
                                        env=self.env)
        if wait:
            self.wait_for(lambda: self.status() is not None, 30, "the API answers")
        return self

    def request(self, method, path, body=None, tcp=False, headers=None):
        connection = (http.client.HTTPConnection("127.0.0.1", self.port, timeout=10) if tcp
                      else UnixConnection(self.socket))
        try:
            data = json.dumps(body) if body is not None else None
            headers = dict(headers or {})
            if data is not None:
                headers.setdefault("Content-Type", "application/json")
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, (json.loads(text) if text and text[0] in "[{" else text)
        finally:
            connection.close()

    def status(self):
        try:
            code, body = self.request("GET", "/v1/status")
        except OSError:
            return None
        return body if code == 200 else None

    def domain(self):
        code, body = self.request("GET", f"/v1/domains/{DOMAIN}")
        assert code == 200, (code, body)
        return body

    def events(self):
        out, after = [], 0
        while True:
            code, body = self.request("GET", f"/v1/events?after={after}&limit=100")
            assert code == 200, (code, body)
            page = body["events"]
            if not page:
                return out
            out += page
            after = page[-1]["id"]

    def kinds(self):
        return [e["kind"] for e in self.events()]

    def wait_for(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process and self.process.poll() is not None:
                raise AssertionError(f"mxsplitd ended with {self.process.returncode} while waiting "
                                     f"until {what}:\n{self.log()}")
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s: {what}\n{self.log()}")

    def wait_state(self, state, seconds=30):
        self.wait_for(lambda: self.domain()["state"] == state, seconds, f"state {state}")

    def totals(self):
        out = subprocess.run([program("mxsplitctl"), "totals", "--db", self.database], check=True,
                             capture_output=True, text=True).stdout
        return json.loads(out)["domains"]

    def log(self):
        try:
            with open(self.log_path) as f:
                return f.read()[-6000:]
        except OSError:
            return ""

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.reap()

    def stop(self):
        """Ends it cleanly. Returns the exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.reap()

    def reap(self):
        code = None
        if self.process:
            try:
                code = self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("mxsplitd did not end:\n" + self.log()) from None
            self.output.close()
            self.process = None
            for path in glob.glob(f"{self.directory}/valgrind.*"):
                with open(path) as f:
                    said = f.read()
                os.unlink(path)
                if said:
                    raise AssertionError("valgrind says:\n" + said)
        return code
