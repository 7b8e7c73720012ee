"""What a person at a terminal sees of mxsplitctl: its help, completion, the live view, progress."""
import fcntl
import glob
import hashlib
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from daemon import DOMAIN, ROOT, Daemon, Log, mail, program, refused

CTL = program("mxsplitctl")
SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


def commands():
    text = subprocess.run([CTL, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z-]+)  *\S", text, re.M)


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, argv, rows=24, columns=80, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, dict(os.environ, TERM="xterm", **(env or {})))
        self.text, self.code = "", None
        self.resize(rows, columns)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.2):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                return False
        return True

    def until(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition(self.text):
            if time.monotonic() > end or not self.read():
                raise AssertionError(f"not seen: {what}\n{self.text[-3000:]!r}")

    def hold(self, path, seconds):
        """Stops the program for a while in the middle of its reading of this file, however fast the machine is."""
        end = time.monotonic() + 60
        while not self.reads(path):
            if time.monotonic() > end:
                raise AssertionError(f"{path} was not read")
        os.kill(self.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self.pid, signal.SIGCONT)

    def reads(self, path):
        """Whether it has the file open and has read some of it."""
        for fd in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                with open(f"/proc/{self.pid}/fdinfo/{fd}") as f:
                    if os.readlink(f"/proc/{self.pid}/fd/{fd}") == path and int(f.readline().split()[1]) > 0:
                        return True
            except FileNotFoundError:  # closed meanwhile
                pass
        return False

    def cooked(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def end(self, seconds=60):
        """Reads to the end. The exit code, or minus the signal."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while select.select([self.fd], [], [], 0)[0] and self.read(0):
                    pass
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
        raise AssertionError(f"it does not end: {self.text[-2000:]!r}")

    def close(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class Help(unittest.TestCase):
    def run_ctl(self, *words, **more):
        return subprocess.run([CTL, *words], capture_output=True, text=True, timeout=60, **more)

    def test_every_command_explains_itself(self):
        self.assertGreater(len(commands()), 15)
        for command in [None, *commands()]:
            done = self.run_ctl(*([command] if command else []), "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            self.assertIn("usage: mxsplitctl", done.stdout)
            self.assertEqual([line for line in done.stdout.splitlines() if len(line) > 80], [], command)
        self.assertIn("Exit codes", self.run_ctl("--help").stdout)

    def test_a_wrong_command_line_is_64_and_says_how(self):
        for command in commands():
            done = self.run_ctl(command, "--no-such-option")
            self.assertEqual(done.returncode, 64, command)
            self.assertIn("usage: mxsplitctl", done.stderr)
        self.assertEqual(self.run_ctl().returncode, 64)
        self.assertEqual(self.run_ctl("nothing").returncode, 64)

    def test_each_exit_code_is_documented(self):
        used = set()
        for path in glob.glob(os.path.join(ROOT, "daemon", "**", "*.c"), recursive=True):
            with open(path) as f:
                used |= {str(getattr(os, name)) for name in re.findall(r"\bEX_[A-Z]+\b", f.read())}
        with open(os.path.join(ROOT, "docs", "man", "mxsplitctl.1")) as f:
            manual = f.read().split(".Sh EXIT STATUS")[1].split(".Sh")[0]
        self.assertGreater(len(used), 8)
        for said in (manual, self.run_ctl("--help").stdout.split("Exit codes")[1]):
            self.assertEqual(used - set(re.findall(r"\d+", said)), set(), said)

    def test_json_of_what_reads_files(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "x.yaml")
            with open(path, "w") as f:
                f.write("servers: 3\nfoo: 1\n")
            done = self.run_ctl("check-config", "--json", path)
            plain = self.run_ctl("check-config", path)
        self.assertEqual((done.returncode, done.stderr, plain.returncode, plain.stdout), (78, "", 78, ""))
        problems = json.loads(done.stdout)["problems"]
        self.assertEqual([f"{path}:{p['line']}:{p['column']}: {p['text']}" for p in problems], plain.stderr.splitlines())
        ticks = "".join(f"{1767571200 + 10 * n},{0 if n < 10000 or n > 12000 else 50}\n" for n in range(30000))
        said = [json.loads(line) for line in self.run_ctl("backtest", "--json", input=ticks).stdout.splitlines()]
        plain = [line.split(" ", 2) for line in self.run_ctl("backtest", "--explain", input=ticks).stdout.splitlines()]
        self.assertEqual([[str(s["time"]), str(int(s["surge"])), s["why"]] for s in said], plain)
        self.assertEqual([s["surge"] for s in said], [True, False])
        few = [json.loads(line) for line in self.run_ctl("backtest", "--json", "--least-excess", "100000", input=ticks).stdout.splitlines()]
        self.assertEqual(few, [])  # there were 100,000
        soon = [json.loads(line) for line in self.run_ctl("backtest", "--json", "--quiet", "20m", input=ticks).stdout.splitlines()]
        self.assertEqual(soon[0], said[0])
        self.assertEqual(said[1]["time"] - soon[1]["time"], 70 * 60)
        for setting, value, wanted in (("--least-excess", "0.5", "wanted 1 to 1000000"), ("--quiet", "soon", "wanted a duration"),
                                       ("--prior-rate", "-1", "wanted a number")):
            done = self.run_ctl("backtest", setting, value, input=ticks)
            self.assertEqual((done.returncode, done.stdout), (64, ""))
            self.assertIn(f"backtest: {setting} is '{value}', {wanted}", done.stderr)

    def test_every_command_has_json(self):
        for command in commands():
            self.assertIn("--json", self.run_ctl(command, "--help").stdout, command)

    def test_json_of_what_writes(self):
        with tempfile.TemporaryDirectory() as directory:
            tokens, log, database = (os.path.join(directory, name) for name in ("tokens", "mail.log", "x.db"))
            made = self.run_ctl("token", "add", "anna", "--role", "read", "--file", tokens, "--json")
            said = json.loads(made.stdout)
            with open(tokens) as f:
                self.assertEqual(f.read(), f"anna read {hashlib.sha256(said.pop('token').encode()).hexdigest()}\n")
            self.assertEqual(said, {"name": "anna", "role": "read"})
            with open(log, "w") as f:
                f.writelines(refused(n) for n in range(5))
            words = ("import", "--json", "--db", database, "--default-domain", DOMAIN, log)
            self.assertEqual(json.loads(self.run_ctl(*words).stdout), {"log": log, "lines": 5, "known_bytes": 0})
            self.assertEqual(json.loads(self.run_ctl(*words).stdout), {"log": log, "lines": 0, "known_bytes": os.path.getsize(log)})
            counted = self.run_ctl("counts", "--json", "--db", database, DOMAIN).stdout.splitlines()
            self.assertEqual(sum(json.loads(line)["count"] for line in counted), 5)
            totals = [self.run_ctl("totals", *more, "--db", database).stdout for more in ([], ["--json"])]
            self.assertEqual(totals[0], totals[1])
            self.assertEqual(json.loads(totals[0])["domains"][DOMAIN], {"bounce-refused": 5})
            events = [self.run_ctl("classify", *more, log).stdout for more in ([], ["--json"])]
            self.assertEqual((events[0], len(events[0].splitlines())), (events[1], 5))

    def test_no_daemon_is_69(self):
        for words in (["status"], ["events"], ["watch", "--count", "1"], ["survival", DOMAIN], ["auto", DOMAIN]):
            done = self.run_ctl(*words, "--socket", "/nonexistent/api.sock")
            self.assertEqual(done.returncode, 69, words)
            self.assertIn("does not answer", done.stderr)


class Completion(unittest.TestCase):
    def complete(self, line, env=None, cwd=None):
        """What bash offers at the end of this line."""
        words = line.split(" ")
        script = (f"source {ROOT}/contrib/completion/mxsplitctl.bash\n"
                  f"COMP_WORDS=({' '.join(repr(w) for w in words)}) COMP_CWORD={len(words) - 1}\n"
                  "_mxsplitctl\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
        path = os.path.dirname(CTL) + os.pathsep + os.environ["PATH"]
        done = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, timeout=60, cwd=cwd,
                              env=dict(os.environ, PATH=path, **(env or {})))
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(set(self.complete("mxsplitctl ")), {*commands(), "--help", "--version"})
        self.assertEqual(self.complete("mxsplitctl ex"), ["explain", "explain-surge"])
        self.assertEqual(self.complete("mxsplitctl token add x --ro"), ["--role"])
        self.assertEqual(self.complete("mxsplitctl token add x --role "), ["read", "operate", "push"])
        self.assertEqual(self.complete("mxsplitctl classify --format se"), ["sendmail"])
        self.assertIn("--every", self.complete("mxsplitctl watch --"))
        self.assertEqual(self.complete("mxsplitctl dns "), ["check"])
        self.assertEqual(self.complete("mxsplitctl hooks "), ["test", "resend"])
        self.assertEqual(self.complete("mxsplitctl status ", {"MXSPLIT_SOCKET": "/nonexistent"}), [])
        with tempfile.TemporaryDirectory() as directory:
            open(os.path.join(directory, "mail.log"), "w").close()
            self.assertEqual(self.complete("mxsplitctl classify ", cwd=directory), ["mail.log"])

    def test_every_option_of_the_help_is_offered(self):
        for command in commands():
            text = subprocess.run([CTL, command, "--help"], capture_output=True, text=True, check=True).stdout
            self.assertEqual(set(self.complete(f"mxsplitctl {command} --")), {*re.findall(r"--[a-z][a-z-]*", text), "--help"})

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_reads_its_file(self):
        subprocess.run(["zsh", "-n", os.path.join(ROOT, "contrib", "completion", "_mxsplitctl")], check=True, timeout=60)

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_completes(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, ".zshrc"), "w") as f:
                f.write(f"fpath=({ROOT}/contrib/completion $fpath)\nautoload -Uz compinit && compinit -D -u\n"
                        "PS1='READY> '\nunsetopt zle_bracketed_paste beep\n")
            terminal = Terminal(["zsh", "-i", "-o", "no_global_rcs"], columns=100, env={
                "ZDOTDIR": directory, "PATH": os.path.dirname(CTL) + os.pathsep + os.environ["PATH"], "MXSPLIT_SOCKET": "/nonexistent"})
            self.addCleanup(terminal.close)
            terminal.until(lambda text: "READY> " in text, "a prompt")
            for typed, wanted in (("surv", "survival "), ("token add x --role op", "operate "), ("classify --format sendm", "sendmail "),
                                  ("import --so", "--source "), ("hooks res", "resend ")):
                seen = len(terminal.text)
                os.write(terminal.fd, f"mxsplitctl {typed}\t".encode())
                terminal.until(lambda text: wanted in SEQUENCE.sub("", text[seen:]).replace("\b", ""), f"{wanted} after {typed}")
                os.write(terminal.fd, b"\x15")
            seen = len(terminal.text)
            os.write(terminal.fd, b"mxsplitctl expl\t\t")
            terminal.until(lambda text: "the numbers behind the last surge" in text[seen:], "both commands, with what they do")


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="mxsplit-ctl-")
        cls.addClassCleanup(cls.temp.cleanup)
        cls.daemon = Daemon(cls.temp.name)
        cls.daemon.hooks = [("page", ["/bin/true"], ["failure"]), ("pager", ["/bin/true"], ["failure"])]
        cls.daemon.start()
        cls.addClassCleanup(cls.daemon.kill)

    def watch(self, *words, **more):
        terminal = Terminal([CTL, "watch", "--every", "1", "--socket", self.daemon.socket, *words], **more)
        self.addCleanup(terminal.close)
        return terminal

    def frames(self, text):
        """The frames as lists of lines."""
        return [[SEQUENCE.sub("", line) for line in frame.split("\x1b[J")[0].split("\r\n")] for frame in text.split("\x1b[H")[1:]]

    def test_a_small_number_is_not_none(self):
        log = Log(self.daemon.sources["mta1"])
        self.addCleanup(log.close)
        log.write("".join(mail(n) for n in range(100)))

        def status():
            return subprocess.run([CTL, "status", "--socket", self.daemon.socket], capture_output=True, text=True, timeout=60).stdout
        self.daemon.wait_for(lambda: " delay " in status(), 30, "the delay of mail")
        self.assertRegex(status(), r" delay +0\.02\d? ")

    def test_the_whole_screen_and_back(self):
        terminal = self.watch()
        terminal.until(lambda text: text.count("\x1b[H") >= 3, "three frames")
        self.assertTrue(terminal.text.startswith(ENTER), terminal.text[:80])
        self.assertFalse(terminal.cooked())
        for frame in self.frames(terminal.text)[:2]:
            self.assertLessEqual(len(frame), 24)
            self.assertLessEqual(max(len(line) for line in frame), 80, frame)
            self.assertIn(DOMAIN, "".join(frame))
        terminal.resize(10, 80)
        seen = len(terminal.text)
        terminal.until(lambda text: "\x1b[10;1H" in text[seen:], "a frame of ten rows")
        self.assertLessEqual(len(self.frames(terminal.text[seen:])[-1]), 10)
        os.write(terminal.fd, b"q")
        self.assertEqual(terminal.end(), 0)
        self.assertTrue(terminal.text.endswith(LEAVE), terminal.text[-80:])
        self.assertIn("\x1b[?25h", terminal.text)
        self.assertTrue(terminal.cooked())

    def test_signals_give_the_terminal_back(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            terminal = self.watch()
            terminal.until(lambda text: DOMAIN in text, "a frame")
            os.kill(terminal.pid, number)
            self.assertEqual(terminal.end(), -number)
            self.assertTrue(terminal.text.endswith(LEAVE), terminal.text[-80:])
            self.assertTrue(terminal.cooked())

    def test_stopped_and_continued(self):
        terminal = Terminal(["sh", "-mc", f"{CTL} watch --every 1 --socket {self.daemon.socket}; fg"])
        self.addCleanup(terminal.close)
        terminal.until(lambda text: DOMAIN in text, "a frame")
        group = os.tcgetpgrp(terminal.fd)
        self.assertNotEqual(group, terminal.pid, "the shell gave it the terminal")
        os.kill(group, signal.SIGTSTP)
        terminal.until(lambda text: DOMAIN in text.split(ENTER)[-1] and text.count(ENTER) == 2, "it goes on")
        self.assertEqual(terminal.text.count(LEAVE), 1)
        os.write(terminal.fd, b"q")
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(terminal.text.count(LEAVE), 2)

    def test_a_daemon_that_is_gone_is_said_and_waited_for(self):
        terminal = Terminal([CTL, "watch", "--every", "1", "--socket", "/nonexistent/api.sock"])
        self.addCleanup(terminal.close)
        terminal.until(lambda text: text.count("does not answer") >= 2, "it says so, and goes on")
        os.write(terminal.fd, b"q")
        self.assertEqual(terminal.end(), 0)

    def test_no_color(self):
        for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            terminal = self.watch(DOMAIN, env=env)
            terminal.until(lambda text: DOMAIN in text, "a frame")
            os.write(terminal.fd, b"q")
            terminal.end()
            self.assertEqual(bool(re.search(r"\x1b\[(1|3[1-3])m", terminal.text)), coloured, env)

    def test_without_a_terminal_it_prints(self):
        done = subprocess.run([CTL, "watch", "--every", "1", "--count", "2", "--socket", self.daemon.socket],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.count("DOMAIN  "), 2)
        self.assertNotIn("\x1b", done.stdout)
        self.assertLessEqual(max(len(line) for line in done.stdout.splitlines()), 80)
        done = subprocess.run([CTL, "watch", "--count", "1", "--json", "--socket", self.daemon.socket],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(json.loads(done.stdout)["domains"][0]["name"], DOMAIN)

    def test_progress_only_on_a_terminal(self):
        path = os.path.realpath(os.path.join(self.temp.name, "big.log"))
        line = refused(1)
        with open(path, "w") as f:
            for _ in range(300):
                f.write(line * 4000)
        done = subprocess.run([CTL, "classify", "--summary", path], capture_output=True, text=True, timeout=300)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        said = json.loads(done.stdout)
        terminal = Terminal(["sh", "-c", f"exec {CTL} classify --summary {path} >{path}.out"])
        self.addCleanup(terminal.close)
        terminal.hold(path, 1)
        self.assertEqual(terminal.end(300), 0)
        self.assertRegex(terminal.text, r"\r\[#* *\] +\d+ % of \d+ MB")
        self.assertTrue(terminal.text.endswith("\r\x1b[K"), terminal.text[-200:])
        with open(f"{path}.out") as f:
            self.assertEqual(json.load(f), said)

    def test_completion_knows_domains_and_hooks(self):
        completion = Completion()
        self.assertEqual(completion.complete("mxsplitctl hooks test ", {"MXSPLIT_SOCKET": self.daemon.socket}), ["page", "pager"])
        self.assertEqual(completion.complete("mxsplitctl status ", {"MXSPLIT_SOCKET": self.daemon.socket}), [DOMAIN])

    def test_a_stream_is_ended_and_not_cut(self):
        streams = [subprocess.Popen(["curl", "-sN", "--unix-socket", self.daemon.socket, f"http://x/v1/stream?every={n % 2}"],
                                    stdout=subprocess.PIPE, text=True) for n in range(4)]
        for stream in streams:
            self.assertEqual(stream.stdout.readline(), "retry: 2000\n")
        self.daemon.stop()
        self.addCleanup(self.daemon.start)
        for stream in streams:
            stream.communicate(timeout=60)
        self.assertEqual([stream.returncode for stream in streams], [0] * 4, "curl's 18: its last chunk is missing")


if __name__ == "__main__":
    unittest.main()
