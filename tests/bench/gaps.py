"""make bench-gaps: how long the daemon's loop was away, while what surrounds it misbehaves.

A process of its own asks /healthz over a kept connection of the unix socket, every other millisecond; the longest answer
holds the longest time that the loop was busy with something else. What the kernel's scheduler took, because other
processes had the cores, is known for each answer (/proc/PID/schedstat of the loop's thread and of the one that asks):
"without it" is the answer's time less the time that either was ready to run and had no core. Nothing is asserted.
"""
import contextlib
import multiprocessing
import os
import socket
import threading
import time

import arguments

POLL = 0.002  # seconds between questions
ARGS = arguments.read(seconds=(20, "of each part"))
from daemon import DOMAIN, UnixConnection  # noqa: E402
from receiver import Receiver  # noqa: E402
from test_incident import World  # noqa: E402


def waited(pid):
    """Milliseconds that a thread was ready to run and had no core."""
    with open(f"/proc/{pid}/task/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[1]) / 1e6


def ask(path, pid, seconds, out):
    """Milliseconds of each answer, and of them those without a core."""
    connection, took, me = UnixConnection(path), [], os.getpid()
    end = time.monotonic() + seconds
    while True:
        before = waited(pid) + waited(me)
        began = time.monotonic()
        if began >= end:
            break
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        ms = (time.monotonic() - began) * 1000
        took.append((ms, max(0, ms - (waited(pid) + waited(me) - before))))
        time.sleep(POLL)
    out.put(took)


def order(daemon, word):
    daemon.request("PUT", f"/v1/domains/{DOMAIN}/override", {"mode": word, "for": "1h", "reason": "test", "by": "test"},
                   headers={"If-None-Match": "*"})


def measure(name, daemon, during=lambda: None):
    out = multiprocessing.Queue()
    asker = multiprocessing.Process(target=ask, args=(daemon.socket, daemon.process.pid, ARGS.seconds, out))
    asker.start()
    time.sleep(1)
    during()
    answers = out.get()
    asker.join()
    took, own = (sorted(column) for column in zip(*answers))
    print(f"{name}: {len(took)} answers, p50 {took[len(took) // 2]:.2f} ms, p99 {took[int(len(took) * .99)]:.2f} ms, longest "
          f"{took[-1]:.1f} ms, {sum(t > 50 for t in took)} over 50 ms; without the scheduler's part longest {own[-1]:.1f} ms, "
          f"{sum(t > 50 for t in own)} over 50 ms", flush=True)


@contextlib.contextmanager
def world(**settings):
    with World(secondaries=1, mode="manual", **settings) as w:
        yield w


def dripping():
    """A primary by TCP that answers an octet at a time. Gives its address."""
    server = socket.create_server(("127.0.0.1", 0))

    def drip(connection):
        with connection, contextlib.suppress(OSError):
            for octet in b"\xff\xff" + bytes(60000):
                connection.sendall(bytes([octet]))
                time.sleep(0.01)

    def accept():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return "127.0.0.1:%d" % server.getsockname()[1]


def ordinary():
    with world() as w:
        daemon = w.ready()
        measure("idle", daemon)
        measure("a split and a restore", daemon, lambda: (order(daemon, "split"), daemon.wait_state("split"),
                                                          order(daemon, "normal"), daemon.wait_state("normal")))


def primary():
    with world() as w:
        daemon = w.ready()
        w.dns.primary.freeze()
        measure("a primary that is silent", daemon, lambda: order(daemon, "split"))
        w.dns.primary.thaw()
    with world() as w:
        w.daemon.server["address"] = f"[{dripping()}, {w.dns.address}]"
        w.daemon.server["tcp"] = True
        daemon = w.daemon
        daemon.start()
        measure("a primary that drips by TCP", daemon, lambda: order(daemon, "split"))


def hooks():
    with contextlib.ExitStack() as stack:
        bad = [stack.enter_context(Receiver()) for _ in range(4)]
        for at, behave in zip(bad, (bad[0].hang, bad[1].endless(503), bad[2].close_early, bad[3].drip)):
            at.behave = behave
        w = stack.enter_context(world())
        kinds = "[override, decision, update, split, restore]"
        programs = {"flood": "trap '' TERM\nwhile :; do echo flood; done", "hang": "trap '' TERM\nwhile :; do sleep 1; done",
                    "forks": "for n in 1 2 3 4 5 6 7 8; do sleep 600 & done; exit 0", "dies": "kill -9 $$"}
        w.daemon.hooks = [dict(name=f"url{n}", url=at.url, on=kinds) for n, at in enumerate(bad)]
        for name, text in programs.items():
            path = os.path.join(w.directory, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(f"#!/bin/sh\n{text}\n")
            os.chmod(path, 0o755)
            w.daemon.hooks.append(dict(name=name, run=f"[{path}]", on=kinds, timeout="2s"))
        daemon = w.ready()

        def story():
            for word in ("split", "normal", "split", "normal"):
                order(daemon, word)
                daemon.wait_state("split" if word == "split" else "normal", 60)
        measure("eight hooks that hang, flood, drip, close, fork and die", daemon, story)


if __name__ == "__main__":
    ordinary()
    primary()
    hooks()
