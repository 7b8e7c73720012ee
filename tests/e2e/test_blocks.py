"""README.md and docs/: every command and every block is run as it stands there, or has the reason here why it is not. A new
one fails until somebody decides.

The blocks marked `runs` are test_docs.py's, those marked `tried` the fixtures' (recipes.py, test_sources_doc.py), those marked
`checked` this file's.
"""
import base64
import glob
import hashlib
import hmac
import json
import os
import re
import subprocess
import tempfile
import unittest

import jsonschema
import yaml
from daemon import ROOT, program, refused
from receiver import Receiver
from recipes import BLOCKS as RECIPES
from test_docs import ZONE, Walk, page
from test_incident import World
from test_sources_doc import BLOCKS as SOURCES

MARK = re.compile(r"<!-- (runs|tried|checked): (.*?) -->\n$")
COMMANDS = ("mxsplitctl", "mxsplitd", "make", "tsig-keygen", "keymgr", "systemctl", "python3", "build/tools/", "curl", "(umask", "sudo")
FROM_START = ("getting-started.md", "runbook.md", "api.md")  # all of their blocks are test_docs.py's
NOT_HERE = {  # lines of README and docs that no test of `make check` runs, and why
    "make demo": "is a run of its own, by hand and in a clean clone",
    "make check": "runs this",
    "make deb && sudo apt install ./build/deb/mxsplit_*.deb": "`make package` does both",
    "make && sudo make install            # into /usr/local: mxsplitd into sbin, mxsplitctl into bin": "debian/rules installs so",
    "sudo adduser --system --group --no-create-home --home /var/lib/mxsplit mxsplit": "`make package` runs it",
    "sudo install -d -o mxsplit -g mxsplit -m 750 /var/lib/mxsplit /run/mxsplit": "`make package` runs it",
    "sudo install -d -g mxsplit -m 750 /etc/mxsplit": "`make package` runs it",
    "sudo -u mxsplit mxsplitd -f -c /etc/mxsplit/mxsplitd.yaml": "does not end: `systemctl` of the walk starts it so",
}
LAB = "make lab"  # its lines run for hours


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def pages():
    return ["README.md"] + sorted(os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(ROOT, "docs", "*.md"))
                                  if not p.endswith("decisions.md"))


def fenced(name):
    """(mark, its words, text) of each block between fences."""
    text, out = read(name), []
    for found in re.finditer(r"^```(\S*)\n(.*?)^```", text, re.M | re.S):
        mark = MARK.search(text[:found.start()])
        out.append((mark.group(1), mark.group(2), found.group(2)) if mark else (None, found.group(1), found.group(2)))
    return out


def commands(name):
    """The indented lines that are commands, with what goes on behind a backslash."""
    text = re.sub(r"^```.*?^```", "", read(name), flags=re.M | re.S).replace("\\\n", " ")
    return [line[4:] for line in text.splitlines() if line.startswith("    ") and line[4:].startswith(COMMANDS)]


def checked(name, key):
    (text,) = [text for mark, words, text in fenced(name) if (mark, words) == ("checked", key)]
    return text


class Blocks(unittest.TestCase):
    def test_every_block_is_somebodys(self):
        mine = {("docs/alerts.md", k) for k in ("hooks", "notice", "schema", "signature")} | {("README.md", "least")}
        recipes = {" ".join(key) for key in {**RECIPES, **SOURCES}}
        for name in pages():
            for mark, words, text in fenced(name):
                with self.subTest(name, block=text.splitlines()[0]):
                    self.assertIsNotNone(mark, "a block that no test has: mark it as the head of this file says")
                    if mark == "runs":
                        self.assertIn(os.path.basename(name), FROM_START)
                    elif mark == "tried":
                        self.assertIn(words, recipes)
                    else:
                        self.assertIn((name, words), mine)
        self.assertEqual(len({**RECIPES, **SOURCES}), sum(mark == "tried" for name in pages() for mark, _, _ in fenced(name)))

    def test_every_recipe_is_taken(self):
        """A block marked `tried` that no fixture asks for would stand there untried."""
        code = "".join(read(os.path.relpath(p, ROOT)) for p in glob.glob(os.path.join(ROOT, "tests/e2e/*.py")))
        for words in [*RECIPES, *[key for key in SOURCES if key[0] != "yaml"]]:
            for word in words:
                self.assertRegex(code, rf'"{word}"')

    def test_every_command_line_is_run_or_has_a_reason(self):
        lines = {line for name in pages() for line in commands(name)}
        run = {line for text in self.runs().values() for line in text}
        for line in sorted(lines - run):
            with self.subTest(line):
                self.assertTrue(line in NOT_HERE or line.startswith(LAB) or "tests/lab" in line or "bench" in line,
                                "a command that no test has: run it here, or say why not")
        self.assertLessEqual(set(NOT_HERE), lines, "a reason for a line that is not there any more")

    @staticmethod
    def runs():
        """The lines that the tests below take from the pages."""
        return {"README.md": commands("README.md"), "docs/upgrade.md": commands("docs/upgrade.md"),
                "docs/alerts.md": commands("docs/alerts.md"), "docs/dns-servers.md": commands("docs/dns-servers.md"),
                "docs/sources.md": commands("docs/sources.md")}


class Lines(unittest.TestCase):
    """The command lines, on one machine that was set up by getting-started.md."""

    def setUp(self):
        start = page("getting-started.md")
        self.walk = walk = Walk(self)
        walk.run(start, "key")
        walk.name_server(start)
        walk.configure(start)
        with open(walk.path("run/mail.log"), "a", encoding="utf-8") as f:
            f.write("".join(refused(n, ZONE) for n in range(3)))
        walk.run({"mode": "sed -i 's/mode: observe/mode: manual/' /etc/mxsplit/mxsplitd.yaml\n"}, "mode")
        walk.run(start, "start")
        walk.wait_state("normal")

    def line(self, line, codes=(0,)):
        return self.walk.run({line: line + "\n"}, line, codes)

    def test_readme(self):
        walk = self.walk
        with open(walk.path("run/counts.csv"), "w", encoding="utf-8") as f:
            f.write("".join(f"{1764000000 + 10 * n},1\n" for n in range(1000)))
        instead = {"mxsplitd --print-config > /etc/mxsplit/mxsplitd.yaml":  # the walk goes on with its own
                   "mxsplitd --print-config > sample && cmp sample " + os.path.join(ROOT, "contrib/mxsplitd.yaml")}
        with open(walk.path("run/mail.log.1"), "w", encoding="utf-8") as f:
            f.write(refused(1, ZONE))
        for line in commands("README.md"):
            if line in NOT_HERE:
                continue
            if line.startswith("mxsplitctl totals"):
                walk.wait_state("normal")
            if line.startswith("mxsplitctl restore"):
                self.line("mxsplitctl split example.jp --for 1h --reason test")
                walk.wait_state("split")
                self.line("systemctl stop mxsplitd")
            line = instead.get(line, line).replace("--db FILE", "--db " + walk.path("run/old.db"))
            codes = (0, 65) if "preflight" in line else (0,)  # 65: mta1 and mta2 are nobody here
            said = self.line(line, codes)
            if line.startswith("mxsplitctl split"):
                walk.wait_state("split")
            if "--summary" in line:
                self.assertEqual(json.loads(said)["domains"][ZONE]["bounce-refused"], 3, said)
        self.assertEqual(walk.bind.mx()[1], [(10, "mta1.example.jp."), (20, "mta2.example.jp.")])

    def test_upgrade(self):
        for line in commands("docs/upgrade.md"):
            self.line(line.replace("systemctl restart", "systemctl stop mxsplitd; systemctl start"))
        self.walk.wait_state("normal")

    def test_other_pages(self):
        """The keys, the secret of a hook, and what is tried on one's own log."""
        with open(self.walk.path("run/mail.log.1"), "w", encoding="utf-8") as f:
            f.write(refused(1, ZONE))
        subprocess.run(["gzip", "-k", "-S", ".gz", self.walk.path("run/mail.log.1")], check=True)
        os.rename(self.walk.path("run/mail.log.1.gz"), self.walk.path("run/mail.log.2.gz"))
        for name in ("docs/alerts.md", "docs/dns-servers.md", "docs/sources.md"):
            for line in commands(name):
                with self.subTest(line):
                    said = self.line(("systemctl stop mxsplitd; " if " import " in line else "") + line)
                    if "--summary" in line:
                        self.assertIn("bounce-refused", said)
        with open(self.walk.path("etc/ops.secret"), encoding="ascii") as f:
            self.assertEqual(len(base64.b64decode(f.read().removeprefix("whsec_"))), 32)


class Texts(unittest.TestCase):
    """Settings, notices and programs that a page shows."""

    def check_config(self, text):
        with tempfile.TemporaryDirectory(prefix="mxsplit-blocks-") as directory:
            path = os.path.join(directory, "mxsplitd.yaml")
            for name, content in (("ns1.key", 'key "mxsplit" { algorithm hmac-sha256; secret "MDEyMzQ1Njc4OWFiY2RlZg=="; };\n'),
                                  ("ops.secret", "0123456789abcdef\n"), ("pager.key", "0123456789abcdef\n"),
                                  ("nms.snmp", "community public\n"), ("mail.log", "")):
                with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
                    f.write(content)
                os.chmod(os.path.join(directory, name), 0o600)
            os.mkdir(os.path.join(directory, "hooks"))
            with open(os.path.join(directory, "hooks/page"), "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\n")
            os.chmod(os.path.join(directory, "hooks/page"), 0o755)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace("/etc/mxsplit", directory).replace("/var/log", directory)
                        + f"database: {directory}/mxsplit.db\n")
            done = subprocess.run([program("mxsplitctl"), "check-config", path], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_least_configuration_and_the_hooks_are_taken(self):
        least = checked("README.md", "least")
        self.check_config(least)
        self.check_config(least + checked("docs/alerts.md", "hooks"))

    def test_the_conditions_are_taken(self):
        least = yaml.safe_load(checked("README.md", "least"))
        lines = [line.strip() for line in read("docs/rules.md").splitlines() if line.startswith("    when: ")]
        self.assertGreater(len(lines), 4)

        def threshold(line):
            least["domains"][0].pop("threshold", None)
            return {"threshold": "300/5m"} if "threshold" in line else {}
        for line in lines:
            with self.subTest(line):
                least["domains"][0].update({"when": line.removeprefix("when: "), **threshold(line)})
                least["counters"] = [{"name": name, "mta": "mta1.example.jp", "push": True} for name in ("load1", "queue")]
                self.check_config(yaml.safe_dump(least))

    def test_the_notice_is_as_its_schema_says(self):
        schema = json.loads(checked("docs/alerts.md", "schema"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(json.loads(checked("docs/alerts.md", "notice")), schema)

    def test_the_signature_is_checked_by_the_lines_of_the_page(self):
        code = checked("docs/alerts.md", "signature")
        last = code.rstrip().splitlines()[-1]
        code = code.replace(last, "result = " + last)
        with Receiver() as at, World(secondaries=0, mode="manual") as w:
            secret = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
            path = os.path.join(w.directory, "secret")
            with open(path, "w", encoding="ascii") as f:
                f.write(secret + "\n")
            os.chmod(path, 0o600)
            w.daemon.hooks = [dict(name="ops", url=at.url, secret_file=path, on="[start]")]
            d = w.ready()
            d.wait_for(lambda: at.got, 30, "the notice comes")
            headers, sent, _ = at.got[0]
            for body, good in ((sent, True), (sent + b" ", False)):
                names = dict(base64=base64, hmac=hmac, hashlib=hashlib, secret=secret, body=body,
                             headers={k.lower(): v for k, v in headers.items()})
                exec(code, names)  # pylint: disable=exec-used
                self.assertIs(names["result"], good)


if __name__ == "__main__":
    unittest.main()
