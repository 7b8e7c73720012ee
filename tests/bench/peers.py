"""peers.py BUILD LOG LIMIT: CPU time a byte of each reader of Postfix logs, wc -l = 1. See peers.sh."""
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD, LOG, LIMIT = sys.argv[1], sys.argv[2], float(sys.argv[3])
ROUNDS = 3
TICK = os.sysconf("SC_CLK_TCK")


def spend(argv):
    """CPU seconds of a command that reads to the end; None when it takes too long or fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:  # grep stops early for /dev/null
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   start_new_session=True)
        end = time.monotonic() + LIMIT
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                os.killpg(process.pid, signal.SIGKILL)
                os.wait4(process.pid, 0)
                process.returncode = -9
                return None
            time.sleep(0.005)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            err.seek(0)
            print(f"  {argv[0]}: status {process.returncode}: {err.read()[-200:]!r}")
            return None
        return used.ru_utime + used.ru_stime


def offset_in(pid, path):
    """How far a process has read a file, or 0."""
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.path.realpath(f"/proc/{pid}/fd/{number}") == os.path.realpath(path):
                with open(f"/proc/{pid}/fdinfo/{number}") as info:
                    return int(info.readline().split()[1])
        except OSError:
            pass
    return 0


def cpu_of(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def exporter(path):
    """It follows a file for ever, from its end: the log is appended, until it was read and it rests."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    followed = path + ".followed"
    with open(followed, "wb"):
        pass
    process = subprocess.Popen(["prometheus-postfix-exporter", f"--web.listen-address=127.0.0.1:{port}",
                                f"--postfix.logfile_path={followed}"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end, before = time.monotonic() + LIMIT, -1.0
    try:
        time.sleep(1)
        with open(path, "rb") as source, open(followed, "ab") as target:
            shutil.copyfileobj(source, target)
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.5)
            if offset_in(process.pid, followed) >= os.path.getsize(path):
                now = cpu_of(process.pid)
                if now - before < 0.02:
                    return now
                before = now
        return None
    finally:
        process.kill()
        process.wait()
        os.unlink(followed)


def mtail(path):
    example = "/usr/share/doc/mtail/examples/postfix.mtail"
    if not os.path.exists(example):
        return None
    return spend(["mtail", "--one_shot", "--progs", example, "--logs", path, "--address", "127.0.0.1", "--port", "0",
                  "--logtostderr"])


CTL = os.path.join(BUILD, "mxsplitctl")
PEERS = [  # name, the program it needs, MB that it can bear, how
    ("grep -c", "grep", 1024, lambda path: spend(["grep", "-c", "from=<>", path])),
    ("mxsplitctl classify", CTL, 1024, lambda path: spend([CTL, "classify", "--summary", "--year", "2026", path])),
    ("naive getline+sscanf", os.path.join(BUILD, "bench/naive"), 256,
     lambda path: spend([os.path.join(BUILD, "bench/naive"), path])),
    ("pflogsumm", "pflogsumm", 32, lambda path: spend(["pflogsumm", path])),
    ("postfix exporter", "prometheus-postfix-exporter", 32, exporter),
    ("fail2ban-regex", "fail2ban-regex", 8,
     lambda path: spend(["fail2ban-regex", path, "/etc/fail2ban/filter.d/postfix.conf"])),
    ("mtail postfix.mtail", "mtail", 8, mtail),
]


def part_of(megabytes):
    """The log, or a file with its first whole lines."""
    if os.path.getsize(LOG) <= megabytes << 20:
        return LOG
    path = f"{LOG}.{megabytes}"
    if not os.path.exists(path):
        with open(LOG, "rb") as source, open(path, "wb") as target:
            data = source.read(megabytes << 20)
            target.write(data[:data.rfind(b"\n") + 1])
    return path


def main():
    size = os.path.getsize(LOG)
    print(f"{'':24} {'MB':>6} {'CPU s':>8} {'ns/byte':>9} {'wc -l = 1':>10}")
    for name, program, megabytes, how in PEERS:
        if not shutil.which(program):
            print(f"{name:24} left out: {program} is not installed")
            continue
        path = part_of(megabytes)
        spend(["wc", "-l", path])
        costs = [how(path) for _ in range(ROUNDS)]
        # wc is too quick to be measured on a small part: a byte of the whole, in the same run
        unit = statistics.median(spend(["wc", "-l", LOG]) or 0.001 for _ in range(ROUNDS)) / size
        if None in costs:
            print(f"{name:24} not within {LIMIT:.0f} s, or it failed")
            continue
        cost = statistics.median(costs) / os.path.getsize(path)
        print(f"{name:24} {os.path.getsize(path) / 1e6:6.0f} {statistics.median(costs):8.2f} {cost * 1e9:9.2f} "
              f"{cost / unit:10.1f}")


main()
