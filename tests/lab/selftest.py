"""The lab leaves nothing behind: it is ended in the middle, in each way, and what it may have left is looked for.

    selftest.py            needs root; ends with 0 when nothing was found
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

import net

WAYS = ("SIGINT", "SIGTERM", "SIGKILL", "failure")
HERE = os.path.dirname(os.path.abspath(__file__))


def inside(run):
    """The process namespace that the run has for its hosts; None before there is one."""
    try:
        spaces = [os.readlink(f"/proc/{run.pid}/ns/{name}") for name in ("pid_for_children", "pid")]
    except OSError:
        return None
    return spaces[0] if spaces[0] != spaces[1] else None


def processes(space):
    found = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            found += os.readlink(f"/proc/{pid}/ns/pid") == space
        except OSError:
            pass
    return found


def left():
    """What a run would leave of namespaces, links, mounts and files."""
    def lines(*words):
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    with open("/proc/self/mounts", encoding="utf-8") as f:
        mounts = [line for line in f if line.startswith("lab ")]
    return ([line for line in lines("ip", "netns", "list") if line.split()[0] in ("root", "primary", "mta1", "strangers")] +
            [line for line in lines("ip", "-o", "link") if "lab0" in line] + mounts +
            [path for path in (net.RUN,) if os.path.exists(path)])


def wait(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.2)


def ended_by(how, directory):
    """Starts a run, ends it when its hosts are there (or lets a step fail), and looks."""
    out = os.path.join(directory, f"{how}.json")
    with open(os.path.join(directory, "log"), "w+", encoding="utf-8") as log:
        run = subprocess.Popen([sys.executable, os.path.join(HERE, "run.py"), "--scenarios", "crowd-split", "--out", out, "--set",
                                f"strangers=1,fail={'true' if how == 'failure' else 'false'}"], stdout=log, stderr=log)
        try:
            code, space = end_it(run, how)
        finally:
            run.kill()
            run.wait()
        log.seek(0)
        wanted = {"failure": 1, "SIGKILL": -signal.SIGKILL}.get(how) or 128 + getattr(signal, how)
        assert code == wanted, f"it ended with {code}, wanted {wanted}: {log.read()}"
    # SIGKILL cannot wait for the rest; after the others nothing may be there any more at all
    wait(lambda: not processes(space), "its processes are gone", 20 if how == "SIGKILL" else 0)
    assert not left() and not os.path.exists(out), f"left behind: {left()}"


def end_it(run, how):
    wait(lambda: inside(run) or run.poll() is not None, "it has namespaces")
    space = inside(run)
    if how != "failure":
        wait(lambda: processes(space) > 30 or run.poll() is not None, "the hosts are started")
        run.send_signal(getattr(signal, how))
    return run.wait(60), space


def main():
    why = net.obstacle()
    if why:
        sys.exit(f"selftest: {why}")
    for how in WAYS:
        with tempfile.TemporaryDirectory(prefix="mxsplit-selftest-") as directory:
            ended_by(how, directory)
        print(f"ok {how}: nothing is left", flush=True)


if __name__ == "__main__":
    main()
