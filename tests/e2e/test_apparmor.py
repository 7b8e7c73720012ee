"""The AppArmor profile against what the daemon does, as no kernel of ours enforces one: each file that it opens, makes,
renames, locks, maps or runs in a split and a restore, with every way in and a hook, is allowed by a rule."""
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from bind import Bind
from daemon import DOMAIN, ROOT, Daemon, free_port, mail, refused

PARSER = "/usr/sbin/apparmor_parser"
NAMED = "/etc/apparmor.d/usr.sbin.named"
PROFILE = os.path.join(ROOT, "contrib/apparmor/usr.sbin.mxsplitd")
CALLS = "open,openat,execve,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,truncate,bind,fcntl"
CONFIG = """database: DIR/var/lib/mxsplit/mxsplit.db
listen: ["unix:DIR/run/mxsplit/api.sock"]
tokens: DIR/etc/mxsplit/tokens
watch: 2s
probe: 0s
servers:
  - name: ns1
    address: ADDRESS
    zone: DOMAIN
    key-file: DIR/etc/mxsplit/ns1.key
domains:
  - name: DOMAIN
    server: ns1
    mode: manual
    drop: [mta1.DOMAIN]
    warm-up: 0s
sources:
  - name: mta1-log
    mta: mta1.DOMAIN
    follow: DIR/var/log/mail.log
    history: yes
  - name: mta2-log
    mta: mta2.DOMAIN
    journal: yes
counters:
  - name: load
    mta: mta1.DOMAIN
    loadavg: yes
    every: 1s
  - name: queue
    mta: mta1.DOMAIN
    postfix-spool: DIR/var/spool/postfix
    every: 1s
  - name: agent
    mta: mta1.DOMAIN
    snmp: 127.0.0.1:PORT
    secret-file: DIR/etc/mxsplit/mta1.snmp
    sets: [ucd-load, mta-mib]
    every: 1s
    timeout: 1s
hooks:
  - name: page
    run: [DIR/etc/mxsplit/hooks/page]
    on: [start, split, restore]
"""


def pattern(text, variables):
    """A path of a profile as a regular expression: apparmor.d(5), "Globbing"."""
    for name, values in variables.items():
        if f"@{{{name}}}" in text:
            return "|".join(pattern(text.replace(f"@{{{name}}}", value), variables) for value in values)
    out, depth, n = "", 0, 0
    while n < len(text):
        c = text[n]
        if c == "*":
            stars = 2 if text[n:n + 2] == "**" else 1
            n += stars - 1
            some = "+" if text[n - stars] == "/" and n + 1 == len(text) else "*"
            out += ("[^\0]" if stars == 2 else "[^/]") + some
        elif c == "{":
            depth += 1
            out += "(?:"
        elif c == "}":
            depth -= 1
            out += ")"
        elif c == "," and depth:
            out += "|"
        elif c == "[":
            end = text.index("]", n)
            out += text[n:end + 1]
            n = end
        else:
            out += "[^/]" if c == "?" else re.escape(c)
        n += 1
    return out.replace("//", "/")


class Profile:
    def __init__(self, path):
        text = subprocess.run([PARSER, "-p", path], capture_output=True, text=True, check=True).stdout
        text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
        variables = {name: values.split() for name, values in re.findall(r"^@\{(\w+)\} *= *(.*)$", text, re.M)}
        found = re.findall(r"^\s*((?:(?:deny|owner|audit|file) )*)([/@]\S*)\s+([a-zA-Z]+)\s*,", text, re.M)
        self.rules = [(before, re.compile(pattern(what, variables)), letters) for before, what, letters in found]

    def allows(self, path, letter):
        said = ["deny" in before for before, expression, letters in self.rules
                if letter in letters and expression.fullmatch(path)]
        return bool(said) and not any(said)


def deeds(directory):
    """(path, letter of the permission) of each call that succeeded, by strace -ff -y in a directory."""
    found = set()
    for path in glob.glob(directory + "/trace.*"):
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                call = re.match(r"(\w+)\((.*)\) += (\d+)", line)
                if call:
                    found.update(wanted(call[1], call[2]))
    return found


def wanted(call, arguments):
    if call == "fcntl":
        locked = re.match(r"\d+<(/[^>]*)>, F_(?:OFD_)?SETLK", arguments)
        return [(locked[1], "k")] if locked and "F_UNLCK" not in arguments else []
    if call == "bind":
        address = re.search(r'sun_path="([^"]*)"', arguments)
        return [(address[1], "w")] if address else []
    places = re.findall(r'(?:<(/[^>]*)>, )?"([^"]*)"', arguments)
    paths = [os.path.join(base or "/", name) for base, name in places[:2 if call.startswith(("rename", "link")) else 1]]
    if call == "execve":
        return [(os.path.realpath(paths[0]), "x")]
    if not call.startswith("open"):
        return [(path, "w") for path in paths]
    if "O_PATH" in arguments:
        return []
    path = os.path.realpath(paths[0])
    path += "/" if os.path.isdir(path) else ""
    letters = "w" if "O_WRONLY" in arguments else "rw" if "O_RDWR" in arguments else "r"
    return [(path, letter) for letter in letters + ("m" if ".so" in os.path.basename(path) else "")]


@unittest.skipUnless(os.path.exists(PARSER), "no apparmor_parser here")
class AppArmor(unittest.TestCase):
    def setUp(self):
        self.directory = os.path.realpath(tempfile.mkdtemp(prefix="mxsplit-apparmor-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def place(self, name, text, mode=0o600):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def daemon(self, bind):
        """With files where the package has them, below our directory."""
        with open(bind.key_file, encoding="utf-8") as f:
            self.place("etc/mxsplit/ns1.key", f.read())
        self.place("etc/mxsplit/tokens", "")
        self.place("etc/mxsplit/mta1.snmp", "community public\n")
        self.place("etc/mxsplit/hooks/page", "#!/bin/sh\ncat >/dev/null\n", 0o755)
        self.log = self.place("var/log/mail.log", mail(1))
        self.place("var/log/mail.log.1", mail(2))
        self.place("var/spool/postfix/active/A1", "")
        for name in ("var/lib/mxsplit", "run/mxsplit"):
            os.makedirs(os.path.join(self.directory, name))
        text = CONFIG
        for word, value in (("ADDRESS", bind.address), ("DOMAIN", DOMAIN), ("DIR", self.directory), ("PORT", str(free_port()))):
            text = text.replace(word, value)
        daemon = Daemon(self.directory, wrap=("strace", "-D", "-ff", "-y", "-qq", "-s", "4096", "-o", self.directory + "/trace",
                                              "-e", "trace=" + CALLS, "-e", "signal=none"),
                        env={"ASAN_OPTIONS": "detect_leaks=0"})
        daemon.config_path = self.place("etc/mxsplit/mxsplitd.yaml", text)
        daemon.socket = self.directory + "/run/mxsplit/api.sock"
        self.addCleanup(daemon.kill)
        return daemon

    def order(self, daemon, mode):
        code, body = daemon.request("PUT", f"/v1/domains/{DOMAIN}/override", {"mode": mode, "for": "1h", "reason": "a test"})
        self.assertEqual(code, 200, body)
        daemon.wait_state(mode)

    @staticmethod
    def hook(daemon):
        return daemon.request("GET", "/v1/hooks")[1]["hooks"][0]

    def story(self):
        with Bind() as bind:
            daemon = self.daemon(bind)
            daemon.start(write=False)
            with open(self.log, "a", encoding="utf-8") as f:
                f.write(refused(1))
            self.order(daemon, "split")
            os.rename(self.log, self.log + ".1")
            self.place("var/log/mail.log", refused(2))
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for(lambda: daemon.status()["reloads"], 30, "the file was read again")
            self.order(daemon, "normal")
            daemon.wait_for(lambda: self.hook(daemon)["last_success"] and not self.hook(daemon)["waiting"], 60,
                            "the hook was told")
            self.assertEqual(daemon.stop(), 0)

    def test_all_that_it_does_is_allowed(self):
        self.story()
        found, own = set(), os.path.join(ROOT, "")
        for path, letter in deeds(self.directory):
            if path.startswith(self.directory + "/"):
                path = path[len(self.directory):]
            elif path.startswith(own):  # the program itself, from where it was built
                continue
            found.add((path, letter))
        for must in (("/etc/mxsplit/mxsplitd.yaml", "r"), ("/etc/mxsplit/ns1.key", "r"), ("/etc/mxsplit/hooks/page", "x"),
                     ("/var/lib/mxsplit/mxsplit.db", "k"), ("/var/lib/mxsplit/mxsplit.db-wal", "w"), ("/proc/loadavg", "r"),
                     ("/run/mxsplit/api.sock", "w"), ("/var/log/mail.log", "r"), ("/var/spool/postfix/active/", "r")):
            self.assertIn(must, found, "strace saw less than the daemon does")
        profile = Profile(PROFILE)
        self.assertEqual(sorted((path, letter) for path, letter in found if not profile.allows(path, letter)), [])

    def test_what_no_rule_names_is_not_allowed(self):
        profile = Profile(PROFILE)
        for path, letter, allowed in (
                ("/etc/mxsplit/ns1.key", "r", True), ("/etc/mxsplit/ns1.key", "w", False), ("/etc/shadow", "r", False),
                ("/var/lib/mxsplit/mxsplit.db", "w", True), ("/var/lib/mxsplit", "w", False), ("/usr/bin/nc", "x", False),
                ("/usr/bin/dash", "x", True), ("/bin/dash", "x", True), ("/proc/loadavg", "r", True),
                ("/proc/1234/maps", "r", True), ("/etc/mxsplit/hooks/", "x", False), ("/etc/mxsplit/hooks/a/b", "x", False),
                ("/home/anna/.ssh/id_rsa", "r", False)):
            self.assertEqual(profile.allows(path, letter), allowed, (path, letter))

    @unittest.skipUnless(os.path.exists(NAMED), "no profile of named here")
    def test_named_may_what_the_page_asks_of_it(self):
        """docs/getting-started.md has named read a key and write a zone where Debian's own profile lets it."""
        profile = Profile(NAMED)
        for path, letter, allowed in (("/etc/bind/mxsplit.key", "r", True), ("/var/lib/bind/example.jp.db", "w", True),
                                      ("/var/lib/bind/example.jp.db.jnl", "w", True), ("/etc/mxsplit/ns1.key", "r", False),
                                      ("/etc/bind/example.jp.db.jnl", "w", False)):
            self.assertEqual(profile.allows(path, letter), allowed, (path, letter))


if __name__ == "__main__":
    unittest.main()
