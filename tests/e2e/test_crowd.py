"""Crowds at the API: slow ones, silent ones, too many; and who may do what, for every address of the description.

LONG=1: 10,000 slow connections, 600 of them at a time, and how long an honest client waits meanwhile; each limit of
descriptors from 32 to 64.
"""
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import unittest

import test_openapi
from slow_clients import STARTS
from daemon import DOMAIN
from test_incident import SPLIT, SPLIT_TTL, World
from test_openapi import head

LONG = os.environ.get("LONG")
SLOW = 10000 if LONG else 200
ONCE = 10000 if LONG else 600
def slow(port, n):
    """One that begins a request and does not go on, from an address of its own."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.settimeout(30)
    sock.bind((f"127.0.{5 + n // 250 % 200}.{1 + n % 250}", 0))
    try:
        sock.connect(("127.0.0.1", port))
        sock.sendall(STARTS[n % len(STARTS)])
    except OSError:  # cut already
        pass
    return sock


class AtOnce:
    """So many slow clients at once, in two processes of their own."""

    def __init__(self, port, clients):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "slow_clients.py")
        self.parts = [subprocess.Popen([sys.executable, program, str(port), str(clients // 2), str(n * 5000000)], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE) for n in range(2)]

    def here(self):
        for part in self.parts:
            assert part.stdout.readline() == "here\n"

    def end(self):
        """What became of them, added up."""
        said = [json.loads(part.communicate("")[0].splitlines()[-1]) for part in self.parts]
        return {key: sum(one[key] for one in said) for key in said[0]}


class Honest:
    """One that asks all the time, by TCP and by the unix socket in turn, and notes how long each answer took."""

    def __init__(self, daemon):
        self.daemon, self.over, self.waits, self.failed = daemon, threading.Event(), ([], []), []
        self.thread = threading.Thread(target=self.ask)
        self.thread.start()

    def ask(self):
        n = 0
        while not self.over.wait(0.01):
            n += 1
            begin = time.monotonic()
            try:
                code, _ = self.daemon.request("GET", "/v1/status", tcp=n % 2 == 0)
            except OSError as error:
                code = error
            if code == 200:
                self.waits[n % 2].append(time.monotonic() - begin)
            else:
                self.failed.append((("by TCP", "by the socket")[n % 2], code))

    def end(self):
        self.over.set()
        self.thread.join()
        return [f"{len(w)} {how}, p50 {1000 * w[len(w) // 2]:.1f} ms, p99 {1000 * w[int(len(w) * .99)]:.0f} ms, most {1000 * w[-1]:.0f} ms"
                for how, w in zip(("by the socket", "by TCP"), map(sorted, reversed(self.waits)))]


class Crowd(unittest.TestCase):
    def test_a_crowd_that_is_there_at_once(self):
        """F26. The answers' times are printed; that every one comes and the split goes on is asserted."""
        with World(secondaries=0, mode="manual") as world:
            daemon = world.ready()
            crowd = AtOnce(daemon.port, ONCE)
            try:
                crowd.here()
                honest = Honest(daemon)
                begin = time.monotonic()
                code, body = daemon.request("PUT", f"/v1/domains/{DOMAIN}/override", {"mode": "split", "for": "1h", "reason": "a test"})
                self.assertEqual(code, 200, body)
                daemon.wait_state("split", 60)
                split = time.monotonic() - begin
                time.sleep(60 if LONG else 1)
                said = honest.end()
            finally:
                became = crowd.end()
            print(f"{ONCE} at once: {became}; honest ones: {'; '.join(said)}; failed {len(honest.failed)}; split after {split:.1f} s",
                  flush=True)
            self.assertEqual(honest.failed, [])
            self.assertGreaterEqual(became["open"], ONCE - 400)  # those that were cut last are not replaced yet
            self.assertEqual(daemon.stop(), 0)

    def test_slow_clients_keep_no_honest_one_out(self):
        with World(secondaries=0, mode="manual") as world:
            daemon = world.ready()
            crowd, waits = [], []
            try:
                for n in range(SLOW):
                    crowd.append(slow(daemon.port, n))
                    if len(crowd) > 600:
                        crowd.pop(0).close()
                    if n % 10 == 0:
                        begin = time.monotonic()
                        code, body = daemon.request("GET", "/v1/status", tcp=n % 20 == 0)
                        self.assertEqual(code, 200, body)
                        waits.append(time.monotonic() - begin)
            finally:
                for sock in crowd:
                    sock.close()
            waits.sort()
            print(f"{SLOW} slow connections: {len(waits)} honest requests, p99 {1000 * waits[int(len(waits) * .99)]:.0f} ms", flush=True)
            code, body = daemon.request("PUT", f"/v1/domains/{DOMAIN}/override", {"mode": "split", "for": "1h", "reason": "a test"})
            self.assertEqual(code, 200, body)
            daemon.wait_state("split", 60)

    def test_few_descriptors_are_enough_for_a_split(self):
        for limit in (32,) if not LONG else range(32, 65):
            with self.subTest(limit), World(secondaries=1) as world:
                world.daemon.wrap = ["prlimit", f"--nofile={limit}:{limit}"]
                world.ready()
                crowd = [slow(world.daemon.port, n) for n in range(150)]
                try:
                    world.rate = 300
                    end = time.monotonic() + 60
                    while not world.shows(SPLIT_TTL, SPLIT):
                        self.assertLess(time.monotonic(), end, world.daemon.log())
                        crowd.append(slow(world.daemon.port, random.randrange(20000)))
                        time.sleep(0.2)
                    self.assertIsNone(world.daemon.process.poll())
                finally:
                    for sock in crowd:
                        sock.close()
                world.daemon.wait_state("split", 60)


class Rights(test_openapi.OpenApi):
    """Every address of the description with each kind of token, a foreign page, a foreign name."""

    test_the_daemon_is_as_described = None  # that is test_openapi's

    def test_every_address_with_every_role(self):
        self.daemon.start()
        self.daemon.wait_for(lambda: self.daemon.domain()["shown"] is not None, 60, "the zone is known")
        refused = {}
        for n, operation in enumerate(self.spec.operations):
            method, target = operation.method, operation.path.replace("{name}", DOMAIN)
            changes = method != "GET"
            needs = None if not changes else "push" if target == "/v1/counters" else "operate"
            for role in (None, "read", "operate", "push"):
                headers = [("Host", "localhost"), ("Connection", "close"), ("Content-Length", "0"), ("If-Match", "*")]
                headers += [self.bearer(role)] if role else []
                answer = self.raw(method, head(method, target, headers), source=f"127.0.{6 + n}.1")
                if not changes or role == needs:
                    self.assertNotIn(answer.status, (401, 403), (method, target, role))
                else:
                    self.assertEqual(answer.status, 401 if role is None else 403, (method, target, role))
                    refused[method, target] = refused.get((method, target), 0) + 1
                    who = f", token '{role}'" if role else ""
                    self.assertIn(f"{method} {target} from 127.0.{6 + n}.1{who}: {answer.status}", self.whole_log())
            right = [self.bearer(needs)] if needs else []
            for headers, status in (([("Host", "evil.example")], 421), ([("Host", "localhost.evil.example")], 421)):
                answer = self.raw(method, head(method, target, [*headers, ("Content-Length", "0"), *right]))
                self.assertEqual(answer.status, status, (method, target, headers))
            if changes:
                for origin in ("http://evil.example", "null", f"http://localhost:{self.daemon.port + 1}"):
                    answer = self.raw(method, head(method, target, [("Host", "localhost"), ("Origin", origin), ("Content-Length", "0"),
                                                                    *right]))
                    self.assertEqual(answer.status, 403, (method, target, origin))
        self.assertTrue(refused and all(count == 3 for count in refused.values()), refused)
        self.assertEqual(self.daemon.stop(), 0)

    def whole_log(self):
        with open(self.daemon.log_path) as f:
            return f.read()

    def test_every_change_is_written_down_with_who_made_it(self):
        self.daemon.start()
        self.daemon.wait_for(lambda: self.daemon.domain()["shown"] is not None, 60, "the zone is known")
        rng = random.Random(28)
        for operation in self.spec.operations:
            if operation.method == "GET" or operation.path == "/v1/counters":  # samples come all the time, and change nothing
                continue
            target = operation.path.replace("{name}", DOMAIN)
            last = self.last_event()
            for _ in range(200):  # what the description allows, until it is an order that can be obeyed
                body = json.dumps(self.spec.good(operation.body, rng)).encode() if operation.body else b""
                answer = self.raw(operation.method, head(operation.method, target, [
                    ("Host", "localhost"), ("If-Match", "*"), ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))), self.bearer("operate")], body=body))
                if answer.status == 200:
                    break
            self.assertEqual(answer.status, 200, (operation, body, answer.body))
            self.assertIn(f"{operation.method} {target} from 127.0.0.1, token 'operate': 200", self.whole_log())
            if json.loads(answer.body) == {"resent": 0}:  # nothing was changed
                continue
            told = [e["text"] for e in self.daemon.events() if e["id"] > last]
            self.assertTrue(any("by operate" in text for text in told), (str(operation), told))
        self.assertEqual(self.daemon.stop(), 0)

    def last_event(self):
        return max((e["id"] for e in self.daemon.events()), default=0)


if __name__ == "__main__":
    unittest.main()
