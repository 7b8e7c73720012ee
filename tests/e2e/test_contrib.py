"""What contrib holds besides units: the Nagios check, lines for other programs, init scripts, and the list of libraries."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

from bind import Bind
from daemon import BUILD, DOMAIN, ROOT, Daemon, mail, program
from test_sources_doc import SYSLOG_NG, syslog_ng

CONTRIB = os.path.join(ROOT, "contrib")


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def role_configuration(directory):
    """The file that the Ansible role would write, in this directory, with a key: its path."""
    with open(os.path.join(CONTRIB, "ansible/site.yml"), encoding="utf-8") as f:
        config = yaml.safe_load(f)[0]["roles"][0]["vars"]["mxsplit_config"]
    key = config["servers"][0]["key-file"] = directory + "/ns1.key"
    with open(key, "w", encoding="utf-8") as f:
        f.write('key "mxsplit" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"; };\n')
    os.chmod(key, 0o600)
    with open(directory + "/mxsplitd.yaml", "w", encoding="utf-8") as f:
        yaml.safe_dump(config, f)
    return directory + "/mxsplitd.yaml"


class Nagios(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="mxsplit-contrib-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def check(self, daemon, *arguments):
        done = run(os.path.join(CONTRIB, "nagios/check_mxsplit"), "--socket", daemon.socket, *arguments,
                   env=dict(os.environ, PATH=BUILD + ":" + os.environ["PATH"]))
        self.assertEqual(done.stdout.count("\n"), 1, done.stdout + done.stderr)
        return done.returncode, done.stdout

    def write(self, daemon):
        for path in daemon.sources.values():
            with open(path, "a", encoding="utf-8") as f:
                f.write(mail(1))

    def test_each_answer(self):
        with Bind() as bind:
            daemon = Daemon(self.directory, dict(address=bind.address, zone=bind.zone, key_file=bind.key_file))
            self.addCleanup(daemon.kill)
            daemon.settings["mode"] = "manual"
            code, said = self.check(daemon)
            self.assertEqual((code, said[:18]), (3, "MXSPLIT UNKNOWN - "))
            daemon.start()
            daemon.wait_for(lambda: self.write(daemon) or self.check(daemon)[0] == 0, 30, "the check says OK")
            self.assertEqual(self.check(daemon, DOMAIN),
                             (0, "MXSPLIT OK - all domains normal | domains=1 split=0\n"))
            daemon.request("PUT", f"/v1/domains/{DOMAIN}/override", {"mode": "split", "for": "1h", "reason": "a | test"})
            daemon.wait_state("split")
            self.write(daemon)
            code, said = self.check(daemon)
            self.assertEqual(code, 1, said)
            self.assertRegex(said, rf"^MXSPLIT WARNING - .*{DOMAIN} split: .*a \? test.* \| domains=1 split=1\n$")
            bind.primary.kill()
            daemon.wait_for(lambda: self.check(daemon)[0] == 2, 60, "the check says CRITICAL")
            self.assertIn("ns1: ", self.check(daemon)[1])
            daemon.stop()
            self.assertEqual(self.check(daemon)[0], 3)


class Files(unittest.TestCase):
    def test_rsyslog_takes_the_lines(self):
        done = run("/usr/sbin/rsyslogd", "-N1", "-f", os.path.join(CONTRIB, "rsyslog/90-mxsplit.conf"))
        self.assertNotIn("error", re.sub("/[^ ]*", "", done.stderr.lower().replace("no error", "")))

    def test_syslog_ng_takes_the_lines(self):
        """Beside the page's own (test_sources_doc): that the file with the disk buffer is understood."""
        if not syslog_ng():
            self.skipTest("syslog-ng is not here: set SYSLOG_NG")
        command, environment = syslog_ng()
        with tempfile.TemporaryDirectory(prefix="mxsplit-contrib-") as directory:
            with open(os.path.join(CONTRIB, "syslog-ng/mxsplit.conf"), encoding="utf-8") as f:
                text = SYSLOG_NG.replace("DIR", directory) + f.read()
            with open(directory + "/conf", "w", encoding="utf-8") as f:
                f.write(text)
            done = run(*command, "-s", "--no-caps", "-f", directory + "/conf", env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(os.path.exists("/usr/sbin/logrotate"), "no logrotate here")
    def test_logrotate_takes_the_file(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-contrib-") as directory:
            with open(os.path.join(CONTRIB, "logrotate/mail"), encoding="utf-8") as f:
                text = f.read().replace("/var/log/", directory + "/")
            with open(directory + "/conf", "w", encoding="utf-8") as f:
                f.write(text)
            done = run("/usr/sbin/logrotate", "-d", "-s", directory + "/state", directory + "/conf")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("error:", done.stderr)

    @unittest.skipUnless(os.path.exists("/usr/sbin/apparmor_parser"), "no apparmor_parser here")
    def test_apparmor_takes_the_profiles(self):
        def parsed(path):
            for more in ([], ["-N"]):  # compiled as for a kernel; then its names
                done = run("/usr/sbin/apparmor_parser", "-Q", "-K", *more, path)
                self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout.split()

        self.assertEqual(parsed(os.path.join(CONTRIB, "apparmor/usr.sbin.mxsplitd")), ["mxsplitd"])
        with tempfile.NamedTemporaryFile("w", prefix="mxsplit-contrib-") as f, \
                open(os.path.join(CONTRIB, "apparmor/local-usr.sbin.named"), encoding="utf-8") as local:
            f.write("profile named /usr/sbin/named {\n" + local.read() + "}\n")
            f.flush()
            self.assertEqual(parsed(f.name), ["named"])

    @unittest.skipUnless(shutil.which("ansible-playbook"), "no ansible here")
    def test_ansible_takes_the_role(self):
        """Its configuration is one that the program takes; the role itself was run by hand, twice (docs/decisions.md)."""
        place = os.path.join(CONTRIB, "ansible")
        with tempfile.TemporaryDirectory(prefix="mxsplit-contrib-") as directory:
            env = dict(os.environ, HOME=directory, ANSIBLE_LOCAL_TEMP=directory, ANSIBLE_NOCOLOR="1")
            done = run("ansible-playbook", "--syntax-check", "-i", "localhost,", "site.yml", cwd=place, env=env)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_role_has_a_good_configuration(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-contrib-") as directory:
            done = run(program("mxsplitctl"), "check-config", role_configuration(directory))
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_a_shell_takes_the_scripts(self):
        for name in ("openrc/mxsplitd", "freebsd/mxsplitd", "debian/mxsplit.postinst", "debian/mxsplit.postrm"):
            done = run("sh", "-n", os.path.join(CONTRIB, name))
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)

    @staticmethod
    def init(name, stubs, then):
        """What an init script says and ends with, given a good configuration and a bad one; `stubs` are its host's words."""
        with open(os.path.join(CONTRIB, name), encoding="utf-8") as f:
            text = stubs + f.read().replace(". /etc/rc.subr", ":").replace("/usr/local/bin/mxsplitctl", "mxsplitctl") + then
        with tempfile.TemporaryDirectory(prefix="mxsplit-init-") as directory:
            path, said = role_configuration(directory), []
            text = re.sub("(/usr/local)?/etc/mxsplit/mxsplitd.yaml", path, text)
            for more in ("", "nonsense: yes\n"):
                with open(path, "a", encoding="utf-8") as f:
                    f.write(more)
                done = run("sh", "-c", text, "init", "start", env=dict(os.environ, PATH=BUILD + ":" + os.environ["PATH"]))
                said.append((done.returncode, done.stdout.replace(path, "PATH"), done.stderr))
        return said

    def test_init_scripts_start_what_was_checked(self):
        """Their hosts are not here: what they set is looked at, and a bad configuration must keep the daemon from starting."""
        for name, stubs, then, line in (
                ("openrc/mxsplitd", "checkpath() { :; }\n", '\nstart_pre && echo "$command $command_args"\n',
                 "/usr/sbin/mxsplitd -f -c PATH"),
                ("freebsd/mxsplitd", "load_rc_config() { :; }\ninstall() { :; }\n"
                 'run_rc_command() { $start_precmd && echo "$command $command_args"; }\n', "\n",
                 "/usr/local/sbin/mxsplitd -f -c PATH")):
            with self.subTest(name):
                good, bad = self.init(name, stubs, then)
                self.assertEqual(good[0], 0, good)
                self.assertTrue(good[1].endswith(line + "\n"), good)
                self.assertNotEqual(bad[0], 0, bad)
                self.assertNotIn("mxsplitd -f", bad[1])
                self.assertIn("nonsense", bad[1] + bad[2])

    def test_cron_pulls_the_rope(self):
        with open(os.path.join(CONTRIB, "cron/mxsplit-rope"), encoding="utf-8") as f:
            line = [line for line in f if not line.startswith("#")][0]
        with tempfile.TemporaryDirectory(prefix="mxsplit-cron-") as directory:
            command = line.split(None, 6)[6].replace("/run/systemd/system", directory + "/none").replace(
                "/etc/mxsplit/mxsplitd.yaml", directory).replace("/usr/bin/mxsplitctl", directory + "/ctl")
            with open(directory + "/ctl", "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\necho \"$@\" >&2\n")
            self.assertEqual(run("sh", "-c", command).returncode, 0)
            os.chmod(directory + "/ctl", 0o755)
            self.assertEqual(run("sh", "-c", command).stderr, "restore --all --offline --if-dead\n")
            os.mkdir(directory + "/none")
            self.assertEqual(run("sh", "-c", command).stderr, "")

    @unittest.skipUnless(shutil.which("dpkg-query"), "no dpkg here")
    def test_the_list_of_libraries_is_whole(self):
        done = run("/usr/bin/python3", os.path.join(CONTRIB, "sbom.py"), BUILD, "1.2.3",
                   env=dict(os.environ, SOURCE_DATE_EPOCH="1000000000"), cwd=ROOT)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        document = json.loads(done.stdout)
        self.assertEqual(document["creationInfo"]["created"], "2001-09-09T01:46:40Z")
        known = {thing["SPDXID"] for thing in document["packages"] + document["files"]} | {"SPDXRef-DOCUMENT"}
        for relation in document["relationships"]:
            self.assertLessEqual({relation["spdxElementId"], relation["relatedSpdxElement"]}, known)
        names = {package["name"] for package in document["packages"]}
        lines = run(program("mxsplitd"), "--version").stdout
        for library, package in (("libuv", "libuv1"), ("ldns", "libldns"), ("jansson", "libjansson4"),
                                 ("sqlite", "libsqlite3-0"), ("zstd", "libzstd1")):
            self.assertIn(library, lines)
            self.assertTrue(any(name.startswith(package) for name in names), package)
        linked = set(re.findall(r"\[(lib.+)\]", run("readelf", "-d", program("mxsplitd")).stdout))
        self.assertGreater(len(linked), 8)
        edges = [r for r in document["relationships"] if r["spdxElementId"] == "SPDXRef-mxsplitd"]
        self.assertEqual(len(edges), len({r["relatedSpdxElement"] for r in edges}))
        self.assertGreaterEqual(len(edges), 10)


if __name__ == "__main__":
    unittest.main()
