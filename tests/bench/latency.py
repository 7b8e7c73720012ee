"""make bench-latency: how long after its tick an appended line is counted in the API, and what the
daemon costs: idle, and at 2,000 lines/s.

A line belongs to the first tick that begins after it was appended; ticks are a second apart. The API
tells when each tick's snapshot was made and how long the tick took, and so when it began. What is
measured from there is the tick's own work, the commits, and the way through the API; the same from the
snapshot is the way through the API alone. Nothing is asserted.
"""
import datetime
import json
import os
import random
import tempfile
import threading
import time

import arguments

TICK = os.sysconf("SC_CLK_TCK")
POLL = 0.002  # seconds between questions
RATE = 2000   # lines a second of the steady load
ARGS = arguments.read(seconds=(60, "of the latency part"), steady=(40, "seconds of the steady load"))
from daemon import Daemon, Log, UnixConnection, mail, refused  # noqa: E402


def cpu(pid):
    """Seconds of a core so far, (user, system), to a hundredth."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) / TICK, int(fields[12]) / TICK


def precise_cpu(pid):
    """As cpu, in nanoseconds, of all threads: schedstat counts what the clock's ticks miss."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def memory(pid):
    with open(f"/proc/{pid}/status") as status:
        found = dict(line.split(":", 1) for line in status if line.startswith(("VmRSS", "VmHWM")))
    return ", ".join(f"{name} {int(value.split()[0]) / 1024:.1f} MiB" for name, value in sorted(found.items()))


class Writer(threading.Thread):
    """Appends about twenty lines a second, each at an instant of chance; remembers when."""

    def __init__(self, log):
        super().__init__(daemon=True)
        self.log, self.at, self.over = log, [], threading.Event()

    def run(self):
        chance = random.Random(4)
        while not self.over.wait(chance.expovariate(20)):
            self.log.write(refused(len(self.at)))
            self.at.append(time.time())


def seconds_of(stamp):
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


class Poller:
    """One connection that is kept; what it saw: the first instant of each number of lines."""

    def __init__(self, daemon):
        self.connection = UnixConnection(daemon.socket)
        self.seen = []   # (lines, when the answer came)
        self.ticks = {}  # number -> when it began, when its snapshot was made

    def ask(self):
        self.connection.request("GET", "/metrics")
        text = self.connection.getresponse().read().decode()
        now = time.time()
        value = {}
        for line in text.splitlines():
            if line.startswith(("mxsplitd_ticks_total ", "mxsplitd_snapshot_timestamp_seconds ",
                                "mxsplitd_tick_seconds ", "mxsplitd_log_lines_total{")):
                name, number = line.rsplit(" ", 1)
                value[name.split("{")[0]] = float(number)
        lines = value["mxsplitd_log_lines_total"]
        made = value["mxsplitd_snapshot_timestamp_seconds"]
        self.ticks.setdefault(value["mxsplitd_ticks_total"], (made - value["mxsplitd_tick_seconds"], made))
        if not self.seen or lines != self.seen[-1][0]:
            self.seen.append((lines, now))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def latencies(poller, written, first):
    """For each line that was appended: milliseconds beyond the beginning of its tick, and beyond its end."""
    ticks, out, at = sorted(poller.ticks.values()), [], 0
    for number, when in enumerate(written):
        while at < len(poller.seen) and poller.seen[at][0] < first + number + 1:
            at += 1
        began, made = next((tick for tick in ticks if tick[0] > when), (None, None))
        if at == len(poller.seen) or began is None:
            continue
        out.append(((poller.seen[at][1] - began) * 1000, (poller.seen[at][1] - made) * 1000))
    return out


def latency(daemon, log):
    poller, writer = Poller(daemon), Writer(log)
    daemon.wait_for(lambda: daemon.status()["sources"][0]["lines"] == log.written, 10, "all is read")
    poller.ask()
    first = poller.seen[-1][0]
    end = time.monotonic() + ARGS.seconds
    writer.start()
    while time.monotonic() < end:
        poller.ask()
        time.sleep(POLL)
    writer.over.set()
    writer.join()
    for _ in range(1500):  # the last lines
        poller.ask()
        time.sleep(POLL)
    values, ticks = latencies(poller, writer.at, first), sorted(poller.ticks.values())
    gaps = [b[0] - a[0] for a, b in zip(ticks, ticks[1:])]
    print(f"latency: {len(values)} of {len(writer.at)} lines in {len(gaps)} ticks (begun {min(gaps) * 1000:.0f} to "
          f"{max(gaps) * 1000:.0f} ms apart), asked every {POLL * 1000:.0f} ms")
    work = [(made - began) * 1000 for began, made in ticks]
    for name, figures in (("a tick's work", work),
                          ("counted in the API beyond the beginning of its tick (goal 25)", [v[0] for v in values]),
                          ("beyond its end", [v[1] for v in values])):
        print(f"{name}: p50 {percentile(figures, .5):.1f} ms, p99 {percentile(figures, .99):.1f} ms, "
              f"longest {max(figures):.1f} ms")


def measure(daemon, name, seconds, work):
    """`work` is called until the time is over; then what the daemon spent meanwhile."""
    pid = daemon.process.pid
    ticked, spent, start = cpu(pid), precise_cpu(pid), time.monotonic()
    while time.monotonic() - start < seconds:
        work(time.monotonic() - start)
    lasted = time.monotonic() - start
    user, system = (b - a for a, b in zip(ticked, cpu(pid)))
    share = (precise_cpu(pid) - spent) / lasted * 100
    print(f"{name}: {share:.2f} % of a core over {lasted:.0f} s (schedstat); by the clock's ticks user "
          f"{user / lasted * 100:.2f} %, system {system / lasted * 100:.2f} %; {memory(pid)}")


def steady(daemon, log):
    """Mail and bounces, half the lines each, every 50 ms."""
    before, wrote = log.written, [0]

    def work(elapsed):
        text, due = [], int(elapsed * RATE)
        while wrote[0] + 1 < due:
            lines = mail(wrote[0]) + "".join(refused(wrote[0] + i) for i in range(5))
            text.append(lines)
            wrote[0] += 10
        log.write("".join(text))
        time.sleep(0.05)
    measure(daemon, f"steady load, {RATE} lines/s (goal 0.5 %)", ARGS.steady, work)
    print(f"lines written: {log.written - before}")


def main():
    with tempfile.TemporaryDirectory(prefix="mxsplit-latency-") as directory:
        daemon = Daemon(directory)
        daemon.settings["mode"] = "observe"
        daemon.sources = {"mta1": os.path.join(directory, "mta1.log")}
        daemon.daemon_settings["watch"] = "5m"
        log = Log(daemon.sources["mta1"])
        log.write(refused(0))
        try:
            daemon.start()
            daemon.wait_for(lambda: daemon.status()["sources"][0]["lines"] >= 1, 10, "the first line is read")
            measure(daemon, "idle", 20, lambda _: time.sleep(0.5))
            steady(daemon, log)
            latency(daemon, log)
            broken = daemon.status()["sources"][0]
            print(json.dumps({name: broken[name] for name in ("lines", "other", "broken")}))
        finally:
            daemon.kill()
            log.close()


main()
