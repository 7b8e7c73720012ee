"""mxsplitctl preflight and dns check, against a real name server and exchangers on loopback."""
import json
import os
import subprocess
import unittest
from unittest import mock

import bind
from daemon import DOMAIN, program
from smtp import Exchanger
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World

POLICY = "version: STSv1\nmode: {}\n{}max_age: 86400\n"


def run(world, *words):
    done = subprocess.run([program("mxsplitctl"), *words, "-c", world.daemon.config_path], capture_output=True,
                          text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def found(output):
    """check -> [(verdict, text), ...]"""
    out = {}
    for row in json.loads(output)["checks"]:
        out.setdefault(row["check"], []).append((row["verdict"], row["text"]))
    return out


def verdicts(rows, *checks):
    return [v for check in checks for v, _ in rows.get(check, [("absent", "")])]


class PreflightTest(unittest.TestCase):
    def setUp(self):
        self.world = World(secondaries=1)
        self.addCleanup(self.world.close)
        pem = os.path.join(self.world.directory, "mta.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        f"/CN=mta1.{DOMAIN}", "-keyout", pem, "-out", pem + ".crt"], check=True, capture_output=True)
        with open(pem, "a") as key, open(pem + ".crt") as certificate:
            key.write(certificate.read())
        self.mta1 = Exchanger(certificate=pem)
        self.mta2 = Exchanger("slow banner", rcpt=b"550 5.1.1 no such user here")
        self.addCleanup(self.mta1.stop)
        self.addCleanup(self.mta2.stop)
        self.world.daemon.daemon_settings["probe_at"] = \
            f'["mta1.{DOMAIN}={self.mta1.address}", "mta2.{DOMAIN}={self.mta2.address}"]'
        self.world.daemon.write_config()
        # the zone's own server is the resolver of these tests: it knows the domain, and nothing else
        self.resolver = ("--resolver", self.world.dns.address)

    def preflight(self, *words):
        code, out, err = run(self.world, "preflight", DOMAIN, "--json", *self.resolver, *words)
        self.assertIn(code, (0, 65), out + err)
        return code, found(out)

    def test_what_is_well_is_said_and_nothing_is_changed(self):
        before = self.world.dns.serial()
        code, rows = self.preflight()
        self.assertEqual(code, 0, rows)
        self.assertEqual(verdicts(rows, "primary", "plan", "ttl", "key", "server", "ns", "refresh"), ["ok"] * 7, rows)
        self.assertEqual(verdicts(rows, "smtp", "address", "source", "mta-sts", "dane"), ["ok"] * 8, rows)
        self.assertEqual(verdicts(rows, "starttls"), ["ok", "warn"], rows)
        self.assertIn("certificate not verified", rows["starttls"][0][1])
        self.assertIn("does not offer", rows["starttls"][1][1])
        self.assertEqual((self.world.dns.serial(), self.world.dns.mx()), (before, (TTL, NORMAL)))
        self.assertEqual({line.split(" ")[0] for line in self.mta1.commands + self.mta2.commands},
                         {"EHLO", "STARTTLS", "QUIT"})

    def test_a_bounce_that_the_kept_exchanger_would_refuse(self):
        code, rows = self.preflight("--rcpt", f"info@{DOMAIN}")
        self.assertEqual((code, verdicts(rows, "rcpt")), (65, ["ok", "fail"]), rows)
        self.assertIn("550 5.1.1 no such user", rows["rcpt"][1][1])
        self.assertIn("MAIL FROM:<>", self.mta2.commands)
        self.assertNotIn("DATA", self.mta1.commands + self.mta2.commands)
        self.assertEqual(run(self.world, "preflight", DOMAIN, "--rcpt", "a@b\r\nDATA")[0], 64)

    def test_a_policy_that_names_only_the_dropped_exchanger(self):
        path = os.path.join(self.world.directory, "policy")
        for mode, lines, code, wanted in (("enforce", f"mx: mta1.{DOMAIN}\n", 65, ["ok", "fail"]),
                                          ("testing", f"mx: mta1.{DOMAIN}\n", 0, ["ok", "warn"]),
                                          ("enforce", f"mx: *.{DOMAIN}\n", 0, ["ok", "ok"]),
                                          ("none", "", 0, ["ok", "ok"]),
                                          ("strict", f"mx: *.{DOMAIN}\n", 65, ["fail"])):
            with self.subTest(mode=mode, lines=lines):
                with open(path, "w") as f:
                    f.write(POLICY.format(mode, lines))
                got, rows = self.preflight("--sts-policy", path)
                self.assertEqual((got, verdicts(rows, "mta-sts")), (code, wanted), rows)

    def test_what_would_hurt_is_named(self):
        self.mta2.stop()
        self.world.dns.secondaries[0].stop()
        self.world.dns.set_mx(60, NORMAL)
        code, rows = self.preflight()
        self.assertEqual((code, verdicts(rows, "smtp", "ttl", "server")), (65, ["ok", "fail", "warn", "fail"]), rows)
        self.assertIn("(kept)", rows["smtp"][1][1])

    def test_dns_check_reads_compares_and_proves_the_key(self):
        code, out, err = run(self.world, "dns", "check", DOMAIN)
        self.assertEqual(code, 0, out + err)
        self.assertNotIn("smtp", out)
        self.assertEqual([line.split()[:2] for line in out.splitlines()[:-1]],
                         [["ok", c] for c in ("primary", "plan", "ttl", "key", "server", "ns", "refresh")], out)
        self.world.dns.set_mx(SPLIT_TTL, SPLIT)
        code, out, err = run(self.world, "dns", "check", DOMAIN)
        self.assertEqual(code, 65, out)
        self.assertIn("Is the zone split now", out)
        self.world.dns.primary.stop()
        code, out, err = run(self.world, "dns", "check", DOMAIN)
        self.assertEqual(code, 65, out)
        self.assertTrue(out.startswith("FAIL  primary"), out)


class NameServers(unittest.TestCase):
    """The NS RRset of the zone beside `address` and `check`."""

    def rows(self, more):
        with mock.patch("bind.ZONE", bind.ZONE + more), World(secondaries=1) as world:
            world.daemon.write_config()
            code, out, err = run(world, "preflight", DOMAIN, "--json", "--resolver", world.dns.address)
            self.assertIn(code, (0, 65), out + err)
            return found(out)["ns"]

    def test_one_that_is_not_in_check_is_named(self):
        rows = self.rows("@ IN NS ns2\n@ IN NS ns3\nns2 IN A 192.0.2.77\nns3 IN AAAA 2001:db8::53\n")
        self.assertEqual([verdict for verdict, _ in rows], ["warn", "warn"], rows)
        said = " ".join(text for _, text in rows)
        for words in (f"ns2.{DOMAIN}. (192.0.2.77) is a name server", f"ns3.{DOMAIN}. (2001:db8::53) is a name server"):
            self.assertIn(words, said)
        self.assertNotIn(f"ns1.{DOMAIN}", said)

    def test_one_of_its_addresses_is_enough(self):
        rows = self.rows("@ IN NS ns2\nns2 IN A 127.0.0.1\nns2 IN AAAA 2001:db8::53\n")
        self.assertEqual([verdict for verdict, _ in rows], ["ok"], rows)
        self.assertIn("(2)", rows[0][1])

    def test_one_whose_address_nobody_knows(self):
        rows = self.rows("@ IN NS ns.elsewhere.example.\n")  # the resolver here knows the zone alone
        self.assertEqual([verdict for verdict, _ in rows], ["warn"], rows)
        self.assertIn("ns.elsewhere.example. is a name server", rows[0][1])


if __name__ == "__main__":
    unittest.main()
