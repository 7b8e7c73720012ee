"""mxsplitctl preflight and dns check, against a real name server and exchangers on loopback."""
import json
import os
import subprocess
import tempfile
import unittest
from unittest import mock

import bind
from daemon import DOMAIN, Daemon, program
from smtp import Exchanger
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World

POLICY = "version: STSv1\nmode: {}\n{}max_age: 86400\n"


def run(world, *words, wrap=()):
    done = subprocess.run([*wrap, program("mxsplitctl"), *words, "-c", world.daemon.config_path], capture_output=True,
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
                        f"/CN=mta1.{DOMAIN}", "-addext", f"subjectAltName=DNS:mta1.{DOMAIN},DNS:mta2.{DOMAIN}", "-keyout", pem, "-out", pem + ".crt"], check=True, capture_output=True)
        with open(pem, "a") as key, open(pem + ".crt") as certificate:
            key.write(certificate.read())
        self.certificate = pem
        self.mta1 = Exchanger(certificate=pem)
        self.mta2 = Exchanger("slow banner", rcpt=b"550 5.1.1 no such user here")
        self.addCleanup(self.mta1.stop)
        self.addCleanup(self.mta2.stop)
        self.world.daemon.daemon_settings["probe_at"] = \
            f'["mta1.{DOMAIN}={self.mta1.address}", "mta2.{DOMAIN}={self.mta2.address}"]'
        self.world.daemon.write_config()
        # the zone's own server is the resolver of these tests: it knows the domain, and nothing else
        self.resolver = ("--resolver", self.world.dns.address)

    def preflight(self, *words, wrap=()):
        code, out, err = run(self.world, "preflight", DOMAIN, "--json", *self.resolver, *words, wrap=wrap)
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
        # no certificate verifies here: that stops mail at the kept one, and stops it already at the other
        for mode, lines, code, wanted in (("enforce", f"mx: mta1.{DOMAIN}\n", 65, ["ok", "warn", "fail", "fail"]),
                                          ("testing", f"mx: mta1.{DOMAIN}\n", 0, ["ok", "warn"]),
                                          ("enforce", f"mx: *.{DOMAIN}\n", 65, ["ok", "warn", "ok", "fail"]),
                                          ("testing", f"mx: *.{DOMAIN}\n", 0, ["ok", "ok"]),
                                          ("none", "", 0, ["ok", "ok"]),
                                          ("strict", f"mx: *.{DOMAIN}\n", 65, ["fail"])):
            with self.subTest(mode=mode, lines=lines):
                with open(path, "w") as f:
                    f.write(POLICY.format(mode, lines))
                got, rows = self.preflight("--sts-policy", path)
                self.assertEqual((got, verdicts(rows, "mta-sts")), (code, wanted), rows)

    def test_a_policy_and_certificates_that_verify(self):
        self.mta2.stop()
        self.mta2 = Exchanger(certificate=self.certificate)
        self.addCleanup(self.mta2.stop)
        self.world.daemon.daemon_settings["probe_at"] = \
            f'["mta1.{DOMAIN}={self.mta1.address}", "mta2.{DOMAIN}={self.mta2.address}"]'
        self.world.daemon.write_config()
        path = os.path.join(self.world.directory, "policy")
        with open(path, "w") as f:
            f.write(POLICY.format("enforce", f"mx: *.{DOMAIN}\n"))
        got, rows = self.preflight("--sts-policy", path, wrap=[
            "unshare", "-rm", "sh", "-c", 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"',
            self.certificate + ".crt"])
        self.assertEqual((got, verdicts(rows, "mta-sts", "starttls")), (0, ["ok"] * 4), rows)

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


class OldKeys(unittest.TestCase):
    """check-config warns of algorithms that are out of date, and says where the key file is named."""

    def check(self, algorithms, written):
        with tempfile.TemporaryDirectory(prefix="mxsplit-keys-") as directory:
            daemon, keys = Daemon(directory), []
            for algorithm in algorithms:
                keys.append(os.path.join(directory, algorithm))
                with open(os.open(keys[-1], os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
                    file.write(f'key "mxsplit" {{ algorithm {algorithm}; secret "c2VjcmV0IHNlY3JldCBzZWNyZXQ="; }};\n')
            daemon.server = dict(address="127.0.0.1:1", zone=DOMAIN, key_file=written(keys))
            daemon.write_config()
            done = subprocess.run([program("mxsplitctl"), "check-config", daemon.config_path], capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            with open(daemon.config_path, encoding="utf-8") as file:
                lines = file.read().splitlines()
            number = next(n for n, line in enumerate(lines, 1) if "key-file:" in line)
            places = [f"{daemon.config_path}:{number}:{lines[number - 1].index(key) + 1}" for key in keys]
            return places, done.stderr.splitlines()

    def test_each_algorithm(self):
        for algorithm, old in (("hmac-md5", True), ("hmac-sha1", True), ("hmac-sha224", False), ("hmac-sha512", False)):
            with self.subTest(algorithm):
                places, said = self.check([algorithm], lambda keys: keys[0])
                self.assertEqual(said, [f"{places[0]}: warning: the key mxsplit. of ns1 is for {algorithm}, which is "
                                        "out of date: use hmac-sha256"] * old)

    def test_the_second_of_two(self):
        places, said = self.check(["hmac-sha256", "hmac-md5"], lambda keys: f"[{', '.join(keys)}]")
        self.assertEqual(len(said), 1, said)
        self.assertTrue(said[0].startswith(places[1] + ": warning: "), said)


class Exchangers(unittest.TestCase):
    """What the zone says of the exchangers' names."""

    def rows(self, zone):
        mta1, mta2 = Exchanger(), Exchanger("slow banner")  # neither has a certificate
        self.addCleanup(mta1.stop)
        self.addCleanup(mta2.stop)
        with mock.patch("bind.ZONE", zone), World(secondaries=0) as world:
            world.daemon.daemon_settings["probe_at"] = \
                f'["mta1.{DOMAIN}={mta1.address}", "mta2.{DOMAIN}={mta2.address}"]'
            world.daemon.write_config()
            code, out, err = run(world, "preflight", DOMAIN, "--json", "--resolver", world.dns.address)
            self.assertIn(code, (0, 65), out + err)
            return code, found(out)

    def test_an_alias_and_a_name_without_address(self):
        for line, said in (("mta2 IN CNAME mta3\n", "is an alias (CNAME)"), ("", "has no address")):
            with self.subTest(line):
                # BIND itself would not load an MX that names an alias
                with mock.patch("bind.PRIMARY_OPTIONS", bind.PRIMARY_OPTIONS + " check-mx-cname ignore; check-integrity no;"):
                    code, rows = self.rows(bind.ZONE.replace("mta2 IN A 127.0.0.1\n", line))
                self.assertEqual((code, verdicts(rows, "address")), (65, ["ok", "fail"]), rows)
                self.assertIn(f"mta2.{DOMAIN}. {said}", rows["address"][1][1])

    def test_tlsa_records(self):
        tlsa = "_25._tcp.%s IN TLSA 3 1 1 " + "ab" * 32 + "\n"
        for hosts, code, wanted in ((["mta1", "mta2"], 65, ["warn", "fail", "ok"]), (["mta1"], 0, ["warn", "warn"]),
                                    (["mta2"], 65, ["fail", "warn"]), ([], 0, ["ok"])):
            with self.subTest(hosts):
                got, rows = self.rows(bind.ZONE + "".join(tlsa % host for host in hosts))
                self.assertEqual((got, verdicts(rows, "dane")), (code, wanted), rows)


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
