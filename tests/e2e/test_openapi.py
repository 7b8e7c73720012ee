"""The running daemon against web/openapi.yaml: no crash, no 5xx that is not described, every answer as described.

Requests are made from the description: values that it allows must be taken, values that it forbids refused; beside
them odd methods, targets, headers and bodies. SEED=N begins elsewhere, LONG=1 asks 10,000 instead of 600 times.
"""
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import time
import unittest
import urllib.parse

from daemon import DOMAIN, UnixConnection, program
from openapi import BAD_TEXT, Spec
from test_incident import World

REQUESTS = 10000 if os.environ.get("LONG") else 600
SEED = int(os.environ.get("SEED", "6"))
OVERRIDE = "/v1/domains/{name}/override"
# Described, and not brought about here: there is no way for a test to fill the memory. The unit tests of the API answer
# for them.
NOT_HERE = {("POST", "/v1/counters", "503")}


class Answer:
    def __init__(self, method, response, body):
        self.method, self.status, self.headers, self.body = method, response.status, response.headers, body


def head(method, target, headers=(), version="HTTP/1.1", body=b""):
    lines = [f"{method} {target} {version}"] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + body


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spec = Spec()
        cls.world = World(secondaries=0, mode="manual")
        cls.addClassCleanup(cls.world.close)
        cls.daemon = cls.world.daemon
        cls.daemon.counters = [dict(name="pushed", mta=f"mta1.{DOMAIN}", push="yes")]
        cls.daemon.hooks = [(DOMAIN, ["/bin/true"], ["failure"])]  # a name that every path with {name} can take
        cls.tokens = {role: cls.token(role) for role in ("read", "operate", "push")}
        cls.seen = set()

    @classmethod
    def token(cls, role):
        done = subprocess.run([program("mxsplitctl"), "token", "add", role, "--role", role, "--file", cls.daemon.tokens],
                              capture_output=True, text=True, check=True)
        return done.stdout.split()[-1]

    # One request

    def connect(self, local, source="127.0.0.1"):
        if local:
            connection = UnixConnection(self.daemon.socket)
            connection.connect()
            return connection.sock
        return socket.create_connection(("127.0.0.1", self.daemon.port), 60, (source, 0))

    def raw(self, method, data, local=False, source="127.0.0.1"):
        """Sends these bytes. The answer, or None when the connection was ended without one."""
        with self.connect(local, source) as sock:
            sock.settimeout(60)
            try:
                sock.sendall(data)
            except OSError:
                pass  # refused before all was sent
            response = http.client.HTTPResponse(sock, method=method)
            try:
                response.begin()
                streams = response.headers.get("Content-Type") == "text/event-stream" and method != "HEAD"
                body = self.first_events(response, b"every=0" in data) if streams else response.read()
                return Answer(method, response, body)
            except (http.client.HTTPException, ConnectionError):
                return None
            finally:
                response.close()

    def first_events(self, response, quiet):
        """The beginning of a stream; its data is as described. `quiet`: it may long have nothing to say."""
        lines = []
        while len(lines) < (2 if quiet else 5):
            lines.append(response.readline())
            self.assertTrue(lines[-1], "the stream goes on")
        if quiet:
            self.assertRegex(lines[0], rb"^retry: \d+\n")
        elif lines[2] == b"event: status\n":
            self.spec.matches({"$ref": "#/components/schemas/Status"}, json.loads(lines[3].removeprefix(b"data: ")))
        else:
            self.assertRegex(lines[2], rb"^id: \d+\n")
            self.assertEqual(lines[3], b"event: journal\n")
            self.spec.matches({"$ref": "#/components/schemas/Event"}, json.loads(lines[4].removeprefix(b"data: ")))
        return b"".join(lines)

    def take(self, operation, answer, what, loose=False):
        """The answer is one that the description allows; it is noted."""
        self.assertIsNone(self.daemon.process.poll(), f"the daemon died of {what}\n{self.daemon.log()}")
        wrong = self.spec.check(operation, answer, loose)
        self.assertIsNone(wrong, f"{what}\nwas answered {answer.status} {answer.body[:600]}: {wrong}")
        if str(answer.status) in operation.responses and answer.method == operation.method:
            self.seen.add((operation.method, operation.path, str(answer.status)))

    def operation(self, method, path):
        return next(o for o in self.spec.operations if (o.method, o.path) == (method, path))

    def ask(self, method, path, wanted, body=None, headers=(), query="", name=DOMAIN, source="127.0.0.1", local=False):
        """One request that is well formed, and the status that it must have."""
        operation = self.operation(method, path)
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        headers = [("Host", "localhost"), ("Connection", "close"), *headers]
        if data or method in ("PUT", "POST"):
            headers.append(("Content-Length", str(len(data))))
        if data and not any(name == "Content-Type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
        target = path.replace("{name}", name) + query
        answer = self.raw(method, head(method, target, headers, body=data), local, source)
        self.assertIsNotNone(answer, f"{method} {target}: no answer")
        self.take(operation, answer, f"{method} {target} {headers} {data[:300]}")
        self.assertEqual(answer.status, wanted, (method, target, headers, data[:300], answer.body[:600]))
        return answer

    # Every status that is described

    def bearer(self, role):
        return ("Authorization", f"Bearer {self.tokens[role]}")

    def changes(self):
        operate, order = self.bearer("operate"), {"mode": "split", "for": "1h", "reason": "a test"}
        self.ask("GET", OVERRIDE, 200)
        self.ask("GET", OVERRIDE, 404, name="other.test")
        for method, body in (("PUT", order), ("DELETE", None)):
            self.ask(method, OVERRIDE, 404, body, [operate], name="other.test")
            self.ask(method, OVERRIDE, 401, body, source=f"127.0.1.{len(method)}")
            self.ask(method, OVERRIDE, 403, body, [self.bearer("read")])
            self.ask(method, OVERRIDE, 403, body, [operate, ("Origin", "http://evil.example")])
            self.ask(method, OVERRIDE, 412, body, [operate, ("If-Match", '"stale"')])
            self.ask(method, OVERRIDE, 200, body, [operate, ("If-Match", "*")])
            self.ask("PUT", OVERRIDE, 200, order, [operate, ("If-Match", "*")])
            self.ask(method, OVERRIDE, 428, body, [operate])
            for _ in range(6):
                self.raw(method, head(method, OVERRIDE.replace("{name}", DOMAIN), [("Host", "localhost"), (
                    "Content-Length", "0"), ("Authorization", "Bearer guess")]), source=f"127.0.2.{len(method)}")
            self.ask(method, OVERRIDE, 429, body, [("Authorization", "Bearer guess")], source=f"127.0.2.{len(method)}")
            self.ask(method, OVERRIDE, 428, body, [operate], source=f"127.0.2.{len(method)}")  # who guesses locks nobody out
        self.ask("DELETE", OVERRIDE, 200, None, local=True)
        for method, path, good in (("PUT", OVERRIDE, order), ("POST", "/v1/counters", self.sample())):
            role = self.bearer("operate" if method == "PUT" else "push")
            self.ask(method, path, 400, b"{", [role, ("If-Match", "*")])
            self.ask(method, path, 413, b" " * 16385, [role])
            self.ask(method, path, 415, good, [role, ("Content-Type", "text/plain"), ("If-Match", "*")])
            self.ask(method, path, 422, {}, [role, ("If-Match", "*")])
            answer = self.raw(method, head(method, path.replace("{name}", DOMAIN), [("Host", "localhost"), role]))
            self.take(self.operation(method, path), answer, "no length")
            self.assertEqual(answer.status, 411)

    def sample(self):
        return {"mta": f"mta1.{DOMAIN}", "name": "load1", "type": "gauge", "value": 2.5}

    def pushes(self):
        self.ask("POST", "/v1/counters", 200, self.sample(), [self.bearer("push")])
        self.ask("POST", "/v1/counters", 200, {"counters": [self.sample()]}, local=True)
        self.ask("POST", "/v1/counters", 401, self.sample(), source="127.0.1.9")
        self.ask("POST", "/v1/counters", 403, self.sample(), [self.bearer("read")])
        for _ in range(6):
            self.raw("POST", head("POST", "/v1/counters", [("Host", "localhost"), ("Content-Length", "0"), (
                "Authorization", "Bearer guess")]), source="127.0.2.9")
        self.ask("POST", "/v1/counters", 429, self.sample(), [("Authorization", "Bearer guess")], source="127.0.2.9")

    def hooks(self):
        operate = self.bearer("operate")
        self.ask("GET", "/v1/hooks", 200)
        for i, path in enumerate(("/v1/hooks/{name}/resend", "/v1/hooks/{name}/test")):
            self.ask("POST", path, 200, None, [operate])
            self.ask("POST", path, 404, None, [operate], name="other.test")
            self.ask("POST", path, 401, None, source=f"127.0.1.2{i}")
            self.ask("POST", path, 403, None, [self.bearer("read")])
            for _ in range(6):
                self.raw("POST", head("POST", path.replace("{name}", DOMAIN), [("Host", "localhost"), (
                    "Content-Length", "0"), ("Authorization", "Bearer guess")]), source=f"127.0.2.2{i}")
            self.ask("POST", path, 429, None, [("Authorization", "Bearer guess")], source=f"127.0.2.2{i}")
            answer = self.raw("POST", head("POST", path.replace("{name}", DOMAIN), [("Host", "localhost"), operate]))
            self.take(self.operation("POST", path), answer, "no length")
            self.assertEqual(answer.status, 411)

    def streams(self):
        self.ask("GET", "/v1/stream", 400, query="?every=x")
        answer = self.ask("GET", "/v1/stream", 200, query="?after=0")
        self.assertIn(b"event: journal\n", answer.body)
        open_ones = []
        try:
            while len(open_ones) < 8:
                sock = self.connect(False)
                sock.sendall(head("GET", "/v1/stream?every=0", [("Host", "localhost")]))
                if sock.recv(12) == b"HTTP/1.1 200":
                    open_ones.append(sock)
                else:
                    sock.close()
            self.ask("GET", "/v1/stream", 503)
        finally:
            for sock in open_ones:
                sock.close()
        self.daemon.wait_for(lambda: self.raw("GET", head("GET", "/v1/stream", [("Host", "localhost")])).status == 200, 60,
                             "places are free again")

    def locked(self):
        """Another process keeps the database: an order cannot be stored, and that is said."""
        other = sqlite3.connect(self.daemon.database, timeout=60, isolation_level=None)
        order = {"mode": "normal", "for": "1h", "reason": "a test"}
        try:
            other.execute("BEGIN IMMEDIATE")
            for method, body in (("PUT", order), ("DELETE", None)):
                answer = self.ask(method, OVERRIDE, 503, body, local=True)
                self.assertIn("Retry-After", answer.headers)
            for path in ("/v1/hooks/{name}/resend", "/v1/hooks/{name}/test"):
                self.ask("POST", path, 503, None, local=True)
        finally:
            other.execute("ROLLBACK")
            other.close()

    def observing(self):
        self.daemon.settings["mode"] = "observe"
        self.daemon.write_config()

        def reloaded():  # refused while an update is on its way
            if int(time.monotonic() * 10) % 10 == 0:
                self.daemon.process.send_signal(signal.SIGHUP)
            return self.daemon.domain()["mode"] == "observe"
        self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.wait_for(reloaded, 60, "the new mode")
        self.ask("PUT", OVERRIDE, 409, {"mode": "split", "for": "1h", "reason": "a test"}, local=True)

    def reads(self):
        for path in ("/", "/style.css", "/app.js", "/chart.js", "/parts.js", "/words.js", "/v1", "/healthz", "/metrics", "/v1/status",
                     "/v1/events", "/v1/domains/{name}", "/v1/domains/{name}/series"):
            self.ask("GET", path, 200)
        self.ask("GET", "/v1/domains/{name}", 404, name="other.test")
        self.ask("GET", "/v1/domains/{name}/series", 404, name="other.test")
        self.ask("GET", "/v1/domains/{name}/series", 400, query="?from=9&to=8")

    # Requests made from the description

    def values(self, operation, rng, wrong):
        """Target and headers; `wrong` names a parameter that gets a value which is not allowed."""
        target, query, headers = operation.path, [], []
        for parameter in operation.parameters:
            name, where, schema = parameter["name"], parameter["in"], parameter["schema"]
            if parameter is wrong:
                value = "other.test" if where == "path" else self.spec.bad(schema, rng, name)
                if where == "header":
                    value = "x" if name == "Last-Event-ID" else '"stale"'
            elif where == "query" and (rng.random() < 0.5 or wrong):
                continue  # some stand alone, and pairs have rules of their own
            else:
                value = self.spec.good(schema, rng, name)
            if where == "path":
                target = target.replace(f"{{{name}}}", urllib.parse.quote(value, safe=""))
            elif where == "query":
                query.append((name, value))
            else:
                headers.append((name, value))
        if not wrong:
            query = query[:1] if any(name == "last" for name, _ in query) else query
        return target + ("?" + urllib.parse.urlencode(query) if query else ""), headers

    def from_description(self, rng):
        """A request that is allowed, or one that is wrong in one place; (operation, data, what must come)."""
        operation = rng.choice(self.spec.operations)
        places = operation.parameters + (["body"] if operation.body else [])
        wrong = rng.choice(places) if places and rng.random() < 0.6 else None
        target, headers = self.values(operation, rng, wrong if wrong != "body" else None)
        body = b""
        if operation.body:
            value = self.spec.bad(operation.body, rng) if wrong == "body" else self.spec.good(operation.body, rng)
            body = json.dumps(value).encode()
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        if operation.method != "GET":
            headers.append(self.bearer("push" if operation.path == "/v1/counters" else "operate"))
        # what the description does not say in schemas: orders need more than a mode, a range has rules, places run out
        loose = operation.path.endswith("/series") or operation.method in ("PUT", "POST") or operation.path == "/v1/stream"
        expected = "4" if wrong else None if loose else "2"
        if operation.path == "/readyz":
            expected = None
        return operation, head(operation.method, target, [("Host", "localhost"), ("Connection", "close"), *headers],
                               body=body), expected

    def odd(self, rng):
        """A request that is odd somewhere; nobody knows what must come, but it is one of the described answers."""
        operation = rng.choice(self.spec.operations)
        method, target, version = operation.method, operation.path.replace("{name}", DOMAIN), "HTTP/1.1"
        headers, body = [("Host", "localhost"), ("Connection", "close")], b""
        if operation.method in ("PUT", "POST"):
            body = rng.choice((b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"mode":"split","mode":"auto"}', b"[" * 9000, b"\xff",
                               b'{"mode":"\xff"}', b'{"mode":1e999}', b"\x00", b" " * 16384, b'{"value":' + b"9" * 5000 + b"}",
                               b'{"a":' * 5 + b"1" + b"}" * 5, b"\xef\xbb\xbf{}"))
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
            headers.append(self.bearer("push" if operation.path == "/v1/counters" else "operate"))
        way = rng.randrange(9)
        text = rng.choice(BAD_TEXT)
        if way == 0:
            method = rng.choice(("HEAD", "TRACE", "CONNECT", "BREW", "get", "G\x01T", "A" * 300, "PROPFIND", "PATCH"))
        elif way == 1:
            target += rng.choice(("?", "?x", "?limit=", "&", "?a=b&a=b", "#x", "/", "//", "/..", "/%2e%2e", "%00", "?limit=1;2",
                                  "?" + "a" * 3000, "?after=" + "1" * 400, "\\", "?%", "?last=1&last=2"))
        elif way == 2:
            version = rng.choice(("HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/9.9", "http/1.1", "FTP/1.1", ""))
        elif way == 3:
            headers.append((rng.choice(("Authorization", "If-Match", "Content-Type", "Origin", "Last-Event-ID", "Accept",
                                        "Range", "Expect", "Cookie", "X")), text.replace("\x00", "\x01")))
        elif way == 4:
            headers.append(rng.choice((("Content-Length", "5"), ("Content-Length", "-1"), ("Content-Length", "9" * 25),
                                       ("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "x"), ("Host", "evil.example"),
                                       ("Content-Length ", "3"), ("Upgrade", "websocket"), ("Expect", "100-continue"))))
        elif way == 5:
            headers[0] = ("Host", rng.choice(("evil.example", "", "localhost:x", "[::1", "127.0.0.1:80", "LOCALHOST")))
        elif way == 6:
            headers += [(f"X-{i}", "y" * rng.choice((1, 100))) for i in range(rng.choice((20, 70, 200)))]
        elif way == 7:
            headers = [h for h in headers if h[0] != rng.choice(("Host", "Content-Length", "Authorization", "Content-Type"))]
        else:
            target = rng.choice(("/v1/", "/v2/status", "/v1/domains", "/v1/domains//override", "/favicon.ico", "*", "x",
                                 "http://localhost/v1/status", "/v1/domains/" + "a" * 900 + "/override", "/v1/Status"))
        return operation, method, head(method, target, headers, version, body)

    def send_odd(self, rng):
        operation, method, data = self.odd(rng)
        source = f"127.0.3.{rng.randrange(1, 250)}"
        if b"Expect: 100" in data:
            source = "127.0.4.1"
        answer = self.raw(method, data, local=rng.random() < 0.3, source=source)
        self.assertIsNone(self.daemon.process.poll(), f"the daemon died of {data[:600]}\n{self.daemon.log()}")
        if answer is None or "X-Content-Type-Options" not in answer.headers:
            return False  # the library itself refused it: no HTTP
        path = data.split(b" ")[1].decode(errors="replace").split("?")[0]
        if answer.status == 405 and path == operation.path.replace("{name}", DOMAIN):
            allow = set(answer.headers["Allow"].split(", "))
            self.assertEqual(allow, self.spec.methods(operation.path), data[:300])
        if answer.status >= 400 or method == operation.method:
            self.take(operation, answer, data[:1500], loose=True)
        return True

    def test_the_daemon_is_as_described(self):
        self.world.dns.primary.kill()
        self.daemon.start()
        self.ask("GET", "/readyz", 503)
        self.world.dns.primary.start()
        self.daemon.wait_for(lambda: self.daemon.domain()["shown"] is not None, 60, "the zone is known")
        self.ask("GET", "/readyz", 200)
        self.reads()
        self.pushes()
        self.changes()
        self.hooks()
        self.streams()
        rng = random.Random(SEED)
        answered = 0
        for n in range(REQUESTS):
            if n % 2:
                answered += self.send_odd(rng)
                continue
            operation, data, expected = self.from_description(rng)
            answer = self.raw(operation.method, data)
            self.assertIsNotNone(answer, data[:600])
            self.take(operation, answer, data[:1500])
            if expected:
                self.assertEqual(str(answer.status)[0], expected, (data[:1500], answer.body[:600]))
            answered += 1
        self.assertGreater(answered, REQUESTS * 3 // 4)
        for operation in self.spec.operations:
            self.options(operation)
        self.locked()
        self.observing()
        described = {(o.method, o.path, status) for o in self.spec.operations for status in o.responses if status != "default"}
        self.assertEqual(described - self.seen - NOT_HERE, set(), "described, and never answered")
        self.assertEqual(self.daemon.stop(), 0)

    def options(self, operation):
        target = operation.path.replace("{name}", DOMAIN)
        for method, status in (("OPTIONS", 204), ("PATCH", 405)):
            answer = self.raw(method, head(method, target, [("Host", "localhost"), ("Connection", "close")]))
            self.assertEqual(answer.status, status, target)
            self.assertEqual(set(answer.headers["Allow"].split(", ")), self.spec.methods(operation.path), target)
        if operation.method == "GET":
            answer = self.raw("HEAD", head("HEAD", target, [("Host", "localhost"), ("Connection", "close")]))
            self.assertIn(answer.status, (200, 503), target)
            self.take(operation, answer, f"HEAD {target}")


if __name__ == "__main__":
    unittest.main()
