"""For bench.sh: CPU time, peak memory and counts of commands over a log.

bench.py ordinary BUILD LOG TRUTH     our readers beside wc and grep
bench.py hostile BUILD LOG OTHER      a hostile log's CPU time per byte beside an ordinary one's
bench.py pipe BUILD TRUTH             10 GB from the generator, through a pipe
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5


def high_water(pid):
    """The most memory a process had so far, in MB; rusage would count what it was forked from."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return max([int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM")], default=0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def run(argv, stdin=None):
    """CPU seconds, peak RSS in MB (looked at 100 times a second) and the output of one command, which
    has to succeed."""
    with tempfile.TemporaryFile() as out:
        process, peak, pid = subprocess.Popen(argv, stdin=stdin, stdout=out), 0, 0
        while not pid:
            peak = max(peak, high_water(process.pid))
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            time.sleep(0 if pid else 0.01)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(argv)}: status {process.returncode}")
        out.seek(0)
        return used.ru_utime + used.ru_stime, peak, out.read()


def warm(path):
    with open(path, "rb") as file:
        while file.read(1 << 20):
            pass


def check(said, truth_path):
    """The sums of a summary are the truth's, or the run has failed."""
    kinds, truth = json.loads(said)["kinds"], json.load(open(truth_path))
    wrong = [kind for kind in truth["kinds"].keys() | kinds.keys()
             if truth["kinds"].get(kind, 0) != kinds.get(kind, 0)]
    for kind in sorted(wrong):
        print(f"WRONG: {kind}: {kinds.get(kind, 0)}, truth {truth['kinds'].get(kind, 0)}")
    if wrong:
        sys.exit(1)
    return truth["lines"]


def has_import(ctl):
    """Unknown commands are refused with a usage that does not name them."""
    probe = subprocess.run([ctl, "import", "--help"], capture_output=True, text=True)
    return "usage: mxsplitctl import" in probe.stdout + probe.stderr


def import_into(ctl, log, rounds):
    """A fresh database each round."""
    results = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="mxsplit-import-", dir=os.path.dirname(log)) as d:
            results.append(run([ctl, "import", "--db", os.path.join(d, "db"), "--year", "2026", log]))
    return results


def ordinary(build, log, truth):
    ctl = os.path.join(build, "mxsplitctl")
    commands = {"wc -l": ["wc", "-l", log], "grep -c": ["grep", "-c", "from=<>", log],
                "classify": [ctl, "classify", "--summary", "--year", "2026", log]}
    importing = has_import(ctl)
    times, peaks = {name: [] for name in commands}, {}
    if importing:
        times["import"] = []
    else:
        print("import into SQLite: LEFT OUT, this mxsplitctl has no import")
    warm(log)
    for _ in range(ROUNDS):
        for name, argv in commands.items():
            seconds, peaks[name], said = run(argv)
            times[name].append(seconds)
            if name == "classify":
                lines = check(said, truth)
        if importing:
            (seconds, peaks["import"], _), = import_into(ctl, log, 1)
            times["import"].append(seconds)
    size = os.path.getsize(log)
    print(f"log: {lines} lines, {size / 1e6:.0f} MB, sums as the truth; {ROUNDS} rounds")
    goals = {"classify": "goal 4.5, better 3", "import": "goal 6"}
    print(f"{'':10} {'CPU / wc':>9} {'CPU s':>7} {'from':>7} {'to':>7} {'ns/byte':>8} {'ns/line':>8} {'MB RSS':>7}")
    for name, spent in times.items():
        ratio = statistics.median(a / max(b, 0.001) for a, b in zip(spent, times["wc -l"]))
        middle = statistics.median(spent)
        print(f"{name:10} {ratio:9.2f} {middle:7.3f} {min(spent):7.3f} {max(spent):7.3f} {middle * 1e9 / size:8.3f} "
              f"{middle * 1e9 / lines:8.1f} {peaks[name]:7.1f}  {goals.get(name, '')}")
    print(f"peak RSS of classify: {peaks['classify']:.1f} MB (goal 24)")


def hostile(build, log, other):
    ctl = os.path.join(build, "mxsplitctl")
    ratios, dearest = [], 0
    for path in (log, other):
        warm(path)
    for _ in range(ROUNDS):
        cost = [run([ctl, "classify", "--summary", "--year", "2026", path])[0] / os.path.getsize(path)
                for path in (log, other)]
        ratios.append(cost[0] / cost[1])
        dearest = max(dearest, *cost)
    print(f"a byte of the hostile log costs {statistics.median(ratios):.2f} times one of the ordinary (goal 2); "
          f"dearest {dearest * 1e9:.2f} ns/byte")


def pipe(build, truth):
    generator = subprocess.Popen([os.path.join(build, "tools/genlog"), "--size", "10G", "--seed", "11",
                                  "--surge", "30m:600:2h", "--truth", truth], stdout=subprocess.PIPE)
    seconds, peak, said = run([os.path.join(build, "mxsplitctl"), "classify", "--summary", "--year", "2026", "-"],
                              stdin=generator.stdout)
    generator.stdout.close()
    if generator.wait():
        sys.exit("the generator failed")
    lines = check(said, truth)
    print(f"10 GB through a pipe: {lines} lines, sums as the truth, {seconds:.1f} s CPU, peak RSS {peak:.1f} MB "
          "(goal 24)")


if __name__ == "__main__":
    {"ordinary": ordinary, "hostile": hostile, "pipe": pipe}[sys.argv[1]](*sys.argv[2:])
