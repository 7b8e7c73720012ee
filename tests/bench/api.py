"""make bench-api: how the API answers while logs are read at full speed, beside the least that libmicrohttpd serves.

wrk asks with 16 connections from one thread; the same answers' size is served by tests/bench/minimal.c in the same run.
A log is appended to whenever the daemon is nearly through, so that it always has lines to read. Nothing is asserted.
"""
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

import arguments

ARGS = arguments.read(seconds=(10, "of each measurement"))
from daemon import Daemon  # noqa: E402

BEHIND = 16 << 20  # bytes; fewer and more are appended


def wrk(url):
    """Requests a second, and the latency that 50, 99 of 100 keep, in ms."""
    said = subprocess.run(["wrk", "-t1", "-c16", f"-d{ARGS.seconds}s", "--latency", url], capture_output=True, text=True,
                          check=True).stdout
    if "Non-2xx" in said:
        sys.exit(f"{url} refuses:\n{said}")
    milli = {"us": 1e-3, "ms": 1, "s": 1e3}
    kept = {share: float(value) * milli[unit] for share, value, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)\b", said)}
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)), kept["50"], kept["99"]


def minimal(size):
    server = subprocess.Popen([os.path.join(ARGS.bin, "bench/minimal"), str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    try:
        return wrk(f"http://127.0.0.1:{server.stdout.readline().strip()}/")
    finally:
        server.stdin.close()
        server.wait()


class Feed:
    """Appends whenever the daemon is nearly through, or so many lines a second."""

    def __init__(self, daemon, chunk, rate=None):
        self.daemon, self.chunk, self.over = daemon, chunk, threading.Event()
        if rate:
            lines = chunk.splitlines(keepends=True)
            step = rate // 10
            self.slices = [b"".join(lines[i:i + step]) for i in range(0, len(lines) - step, step)]
        self.rate = rate
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with open(self.daemon.sources["mta1"], "ab", buffering=0) as log:
            n, began = 0, time.monotonic()
            while self.rate and not self.over.wait(max(0, began + n / 10 - time.monotonic())):
                log.write(self.slices[n % len(self.slices)])
                n += 1
            while not self.over.wait(0.2):
                status = self.daemon.status()
                if status and status["sources"][0]["bytes_behind"] < BEHIND:
                    log.write(self.chunk)

    def stop(self):
        self.over.set()
        self.thread.join()


def show(name, figures):
    print(f"{name:44} {figures[0]:9.0f} requests/s   p50 {figures[1]:7.2f} ms   p99 {figures[2]:7.2f} ms", flush=True)
    return figures


def reading(daemon, url, chunk, rate):
    """The figures while lines are read, and how many a second were."""
    def lines():
        return daemon.status()["sources"][0]["lines"]

    before, began = lines(), time.monotonic()
    feed = Feed(daemon, chunk, rate)
    try:
        figures = show(f"GET /v1/status, reading {'100,000 lines/s' if rate else 'at full speed'}", wrk(url))
        after, seconds = lines(), time.monotonic() - began
    finally:
        feed.stop()
    if rate:  # what the last tick has not seen yet
        time.sleep(2)
        after = lines()
    return figures, (after - before) / seconds


def main():
    chunk = subprocess.run([os.path.join(ARGS.bin, "tools/genlog"), "--size", "32M", "--seed", "7", "--out", "/dev/stdout"],
                           capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory(prefix="mxsplit-api-") as directory:
        daemon = Daemon(directory)
        for path in daemon.sources.values():
            open(path, "w").close()
        daemon.start()
        try:
            url = f"http://127.0.0.1:{daemon.port}/v1/status"
            size = len(subprocess.run(["curl", "-sS", url], capture_output=True, check=True).stdout)
            print(f"16 connections, {ARGS.seconds} s each; an answer of {size} bytes")
            least = show("libmicrohttpd's least, the same size", minimal(size))
            show("GET /v1/status, nothing to read", wrk(url))
            busy = [reading(daemon, url, chunk, rate) for rate in (100000, None)]
            again = show("libmicrohttpd's least, once more", minimal(size))
            for (figures, lines), what in zip(busy, ("100,000 lines/s", "full speed")):
                print(f"{what}: {lines:.0f} lines/s were read; requests/s {figures[0] / ((least[0] + again[0]) / 2):.2f} of the least "
                      f"(goal 0.5); p99 {figures[2]:.1f} ms (goal 10)")
        finally:
            daemon.kill()


if __name__ == "__main__":
    main()
