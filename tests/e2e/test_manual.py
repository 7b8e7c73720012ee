"""The manual, against the programs: every setting, command and option is in it, and mandoc is content."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from daemon import ROOT, program

PAGES = ("mxsplitd.8", "mxsplitctl.1", "mxsplitd.yaml.5")


def said(name, *arguments):
    return subprocess.run([program(name), *arguments], capture_output=True, text=True, check=True).stdout


def page(name):
    path = os.path.join(ROOT, "docs/man", name)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            return f.read()
    with open(path + ".in", encoding="utf-8") as f:
        return f.read().replace("@SETTINGS@\n", said("mxsplitd", "--print-settings"))


class Manual(unittest.TestCase):
    def test_every_setting(self):
        sample = re.findall(r"^(?:  - |    # |    |)([a-z][a-z-]*):", said("mxsplitd", "--print-config"), re.M)
        self.assertGreater(len(sample), 50)
        self.assertEqual(re.findall(r"^\.It Cm (\S+)$", page("mxsplitd.yaml.5"), re.M), sample)

    def test_every_command(self):
        listed = re.findall(r"^  ([a-z-]+) ", said("mxsplitctl", "--help"), re.M)
        self.assertGreater(len(listed), 10)
        shown = [name for words in re.findall(r"^\.It Ic (\S+)", page("mxsplitctl.1"), re.M) for name in words.split()]
        self.assertEqual(sorted(shown), sorted(listed))

    def test_every_option_of_the_daemon(self):
        options = set(re.findall(r"--([a-z-]+)", said("mxsplitd", "--help")))
        self.assertGreater(len(options), 1)
        for option in options:
            self.assertIn("Fl -" + option, page("mxsplitd.8"))

    def test_help_shows_the_page_or_what_the_command_says(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-man-") as directory:
            with open(os.path.join(directory, "man"), "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\necho page $*\n")
            os.chmod(os.path.join(directory, "man"), 0o755)
            done = subprocess.run([program("mxsplitctl"), "help", "mxsplitd.yaml"], capture_output=True, text=True, check=True,
                                  env=dict(os.environ, PATH=directory + ":" + os.environ["PATH"]))
        self.assertEqual(done.stdout, "page mxsplitd.yaml\n")
        self.assertEqual(said("mxsplitctl", "help", "restore"), said("mxsplitctl", "restore", "--help"))
        self.assertEqual(subprocess.run([program("mxsplitctl"), "help", "nothing"], capture_output=True, check=False).returncode, 64)

    @unittest.skipUnless(shutil.which("man") and shutil.which("mandb"), "no man-db here")
    def test_help_shows_the_page_by_a_real_man(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-man-") as directory:
            for name in PAGES:
                os.makedirs(os.path.join(directory, "man" + name[-1]))
                with open(os.path.join(directory, "man" + name[-1], name), "w", encoding="utf-8") as f:
                    f.write(page(name))
            for name, word in (("mxsplitd", "SIGHUP"), ("mxsplitctl", "preflight"), ("mxsplitd.yaml", "least-excess")):
                done = subprocess.run([program("mxsplitctl"), "help", name], capture_output=True, text=True, check=True,
                                      env=dict(os.environ, MANPATH=directory, LC_ALL="C.UTF-8"))
                self.assertIn("DESCRIPTION", done.stdout, done.stderr)
                self.assertIn(word, done.stdout)

    def test_the_version_names_the_libraries(self):
        lines = said("mxsplitd", "--version").splitlines()
        self.assertRegex(lines[0], r"^mxsplitd \d+\.\d+\.\d+$")
        for library in ("libuv", "libmicrohttpd", "jansson", "sqlite", "ldns", "OpenSSL", "libfyaml", "libcurl",
                        "net-snmp", "zlib", "zstd"):
            self.assertTrue(any(re.match(rf"{library}[ /]\d", line) for line in lines[1:]), library)

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc here")
    def test_mandoc_is_content(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-man-") as directory:
            for name in PAGES:
                path = os.path.join(directory, name)
                with open(path, "w", encoding="utf-8") as f:
                    f.write(page(name))
                done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True,
                                      check=False)
                self.assertEqual((done.returncode, done.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
