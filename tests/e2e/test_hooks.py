"""Webhooks against receivers that are down, slow, hostile or strict; dead letters; a test of a hook."""
import base64
import hashlib
import hmac
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import unittest

from daemon import DOMAIN, ROOT, Daemon, program
from receiver import Receiver
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def secret_file(directory, text=SECRET):
    path = os.path.join(directory, "secret")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write(text + "\n")
    return path


def hook(name, url, on="override", **more):
    return dict(dict(name=name, url=url, on=f"[{on}]", timeout="2s"), **more)


def order(d, mode, reason):
    code, body = d.request("PUT", f"/v1/domains/{DOMAIN}/override",
                           {"mode": mode, "for": "1h", "reason": reason, "by": "anna"})
    assert code == 200, (code, body)


def hooks(d):
    code, body = d.request("GET", "/v1/hooks")
    assert code == 200, (code, body)
    return {h["name"]: h for h in body["hooks"]}


def ctl(d, *arguments):
    return subprocess.run([program("mxsplitctl"), "hooks", *arguments, "--socket", d.socket],
                          capture_output=True, text=True, timeout=120)


class Small:
    """A daemon without name servers: orders in its journal are notices enough."""

    def __init__(self, *hooks_):
        self.temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.d = Daemon(self.temp.name)
        for path in self.d.sources.values():
            open(path, "w").close()
        self.d.hooks = list(hooks_)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.d.stop()
        finally:
            self.temp.cleanup()


class Webhooks(unittest.TestCase):
    def test_a_signed_notice_keeps_its_id_until_it_is_taken(self):
        with Receiver() as at, Small() as w:
            w.d.hooks = [hook("chat", at.url, secret_file=secret_file(w.temp.name))]
            d = w.d.start()
            at.behave = at.answer(503, body=b"busy\x1b[31m")
            order(d, "normal", "first")
            d.wait_for(lambda: len(at.got) >= 2, 30, "it is tried again")
            shown = hooks(d)["chat"]
            self.assertEqual((shown["how"], shown["failing"], shown["waiting"]),
                             (f"json to http://127.0.0.1:{at.port}/...", True, 1))
            self.assertIn("it answered 503: busy\ufffd[31m", shown["last_failure"]["why"])
            at.behave = at.answer(200)
            d.wait_for(lambda: at.bodies(), 30, "it is taken")
            d.wait_for(lambda: hooks(d)["chat"]["last_success"], 10, "and that is known")
            self.assertEqual(len({h["webhook-id"] for h, _, _ in at.got}), 1)
            for headers, body, _ in at.got:
                signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
                mac = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
                self.assertEqual(headers["webhook-signature"], "v1," + mac)
                self.assertEqual(headers["Content-Type"], "application/json")
            notice = at.bodies()[0]
            self.assertEqual((notice["kind"], notice["domain"]), ("override", DOMAIN))
            self.assertIn("first", notice["text"])

    def test_down_and_killed_in_between_all_is_told_in_order_and_once(self):
        with Receiver() as at, Small() as w:
            at.close()
            w.d.hooks = [hook("chat", at.url)]
            d = w.d.start()
            for n in range(4):
                order(d, "normal", f"number {n}")
            d.wait_for(lambda: hooks(d)["chat"]["failing"], 30, "nobody answers")
            d.kill()
            at.behave = at.hang
            at.open()
            d.start()
            d.wait_for(lambda: at.arrived, 60, "a notice is on its way and not answered")
            d.kill()
            at.behave = at.answer(200)
            d.start()
            d.wait_for(lambda: hooks(d)["chat"]["waiting"] == 0, 60, "all are told")
            d.kill()
            d.start()
            for n in range(4, 6):
                order(d, "normal", f"number {n}")
            d.wait_for(lambda: len(at.bodies()) >= 6, 60, "and the later ones")
            d.wait_for(lambda: hooks(d)["chat"]["waiting"] == 0, 30, "nothing waits")
            told = [n["text"] for n in at.bodies()]
            self.assertEqual([t.split()[-1] for t in told], list("012345"), told)

    def test_what_is_refused_is_a_dead_letter_and_is_sent_again_by_a_person(self):
        with Receiver() as at, Receiver() as other, Small() as w:
            w.d.hooks = [hook("strict", at.url, "override, failure"), hook("other", other.url, "failure")]
            d = w.d.start()
            at.behave = at.answer(404, body=b"no such room")
            for n in range(3):
                order(d, "normal", f"number {n}")
            d.wait_for(lambda: hooks(d)["strict"]["dead_letters"] == 4, 30,
                       "three orders and what is said of the first failure")
            self.assertEqual(len(at.got), 4, "each was tried once")
            d.wait_for(lambda: other.bodies(), 30, "somebody else hears of it")
            shown = hooks(d)["strict"]
            self.assertEqual((shown["waiting"], shown["failing"], len(shown["dead"])), (0, False, 4))
            self.assertIn("404: no such room", shown["dead"][0]["why"])
            listed = ctl(d)
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertIn("4 dead letters", listed.stdout)
            words = " ".join(listed.stdout.split())
            self.assertIn(" failure: hook strict could not be told of 'override'", words)
            self.assertRegex(words, rf" override of {DOMAIN}: override 'normal' by anna until \S+: number 2 "
                             r"given up \S+Z \(\d+s ago\), 1 attempt: it answered 404: no such room ")
            self.assertLessEqual(max(map(len, listed.stdout.splitlines())), 80)
            self.assertIsNone(shown["first"])
            self.assertNotIn(" first ", words)
            failed = ctl(d, "test", "strict")
            self.assertEqual((failed.returncode, hooks(d)["strict"]["dead_letters"]), (75, 4))
            self.assertIn("404", failed.stderr)
            at.behave = at.answer(204, body=b"")
            d.kill()
            d.start()
            again = ctl(d, "resend", "strict")
            self.assertEqual((again.returncode, again.stdout),
                             (0, "4 dead letters of hook strict wait again\n"))
            d.wait_for(lambda: len(at.bodies(204)) == 4, 30, "they are told")
            kinds = [n["kind"] for n in at.bodies(204)]
            self.assertEqual(kinds.count("override"), 3)
            ids = [n["id"] for n in at.bodies(204)]
            self.assertEqual(ids, sorted(ids))
            tested = ctl(d, "test", "strict")
            self.assertEqual((tested.returncode, tested.stdout), (0, "hook strict took it\n"))
            self.assertEqual(at.bodies(204)[-1]["kind"], "test")
            self.assertEqual(len(other.bodies()), 1, "told once, and never to itself without end")
            self.assertEqual(ctl(d, "test", "nobody").returncode, 65)

    def test_what_waits_is_seen_and_tried_when_a_person_says_so(self):
        with Receiver() as at, Small(hook("chat", at.url)) as w:
            d = w.d.start()
            at.behave = at.answer(429, [("Retry-After", "900")])
            order(d, "normal", "first")
            d.wait_for(lambda: hooks(d)["chat"]["failing"], 30, "it is not taken")
            d.wait_for(lambda: d.status()["hooks"]["failed"], 30, "status has it")
            status = subprocess.run([program("mxsplitctl"), "status", "--socket", d.socket], capture_output=True, text=True,
                                    check=True).stdout
            self.assertIn("people are not told: 1 waiting; 'mxsplitctl hooks' says why", " ".join(status.split()))
            listed = ctl(d)
            self.assertRegex(" ".join(listed.stdout.split()),
                             rf" first override of {DOMAIN}: .*first waits since \S+Z \(\d+s ago\), 1 attempt, "
                             r"next try \S+Z \(in 1[45]m\d*s?\)")
            self.assertLessEqual(max(map(len, listed.stdout.splitlines())), 80)
            first = json.loads(ctl(d, "--json").stdout)["hooks"][0]["first"]
            self.assertEqual((first["attempts"], first["kind"], first["domain"]), (1, "override", DOMAIN))
            self.assertRegex(first["next_try"], r"^\d{4}-.*Z$")
            at.behave = at.answer(200)
            again = ctl(d, "resend", "chat")
            self.assertEqual((again.returncode, again.stdout), (0, "hook chat has no dead letters; what waits is tried now\n"))
            d.wait_for(lambda: at.bodies(), 30, "it is told long before its 15 minutes")
            d.wait_for(lambda: not d.status()["hooks"]["failed"], 30, "that is over")

    def test_a_redirect_is_not_followed_and_an_endless_answer_is_cut(self):
        with Receiver() as at, Receiver() as elsewhere, Small() as w:
            w.d.hooks = [hook("chat", at.url, secret_file=secret_file(w.temp.name))]
            d = w.d.start()
            at.behave = at.redirect(elsewhere.url)
            order(d, "normal", "first")
            d.wait_for(lambda: hooks(d)["chat"]["failing"], 30, "a redirect is a failure")
            self.assertIn("302", hooks(d)["chat"]["last_failure"]["why"])
            at.behave = at.endless(500)
            d.wait_for(lambda: "500" in hooks(d)["chat"]["last_failure"]["why"], 30, "so is 500")
            at.behave = at.drip
            d.wait_for(lambda: "no answer in 2 s" in hooks(d)["chat"]["last_failure"]["why"], 60,
                       "so is an answer that does not begin")
            at.behave = at.endless(200)
            d.wait_for(lambda: hooks(d)["chat"]["last_success"], 60, "the status is an answer")
            self.assertEqual(hooks(d)["chat"]["waiting"], 0)
            self.assertEqual(elsewhere.arrived, [])

    def test_the_daemon_ends_while_a_receiver_hangs(self):
        with Receiver() as at, Small() as w:
            at.behave = at.hang
            w.d.hooks = [hook("slow", at.url, timeout="1h")]
            d = w.d.start()
            order(d, "normal", "first")
            d.wait_for(lambda: at.arrived, 30, "it hangs")
            self.assertEqual(d.stop(), 0)
            at.behave = at.answer(200)
            d.start()
            d.wait_for(lambda: hooks(d)["slow"]["last_success"], 30, "it was no attempt, and is told")

    def test_a_certificate_is_verified(self):
        with tempfile.TemporaryDirectory(prefix="mxsplit-e2e-") as folder:
            certificate, key = os.path.join(folder, "crt"), os.path.join(folder, "key")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=receiver",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
            with Receiver(tls=(certificate, key)) as at, Small() as w:
                w.d.hooks = [hook("unknown", at.url), hook("known", at.url, ca_file=certificate)]
                d = w.d.start()
                order(d, "normal", "first")
                d.wait_for(lambda: hooks(d)["known"]["last_success"], 30, "its signer is known")
                d.wait_for(lambda: hooks(d)["unknown"]["last_failure"], 30, "its signer is not known")
                self.assertIn("certificate", hooks(d)["unknown"]["last_failure"]["why"])
                self.assertEqual(len(at.got), 1)

    def test_shapes_for_slack_and_pagerduty_arrive(self):
        with Receiver() as at, Small() as w:
            key = secret_file(w.temp.name, "R" * 32)
            w.d.hooks = [hook("slack", at.url, format="slack", secret_file=key),
                         hook("pager", at.url, format="pagerduty", secret_file=key)]
            d = w.d.start()
            order(d, "normal", "a <b> & c")
            d.wait_for(lambda: len(at.bodies()) == 2, 30, "both are told")
            by = {("text" in json.loads(b)): (h, json.loads(b)) for h, b, _ in at.got}
            headers, slack = by[True]
            self.assertEqual(headers["Authorization"], "Bearer " + "R" * 32)
            self.assertTrue(slack["text"].startswith(f"[override] {DOMAIN}: "), slack)
            self.assertIn("a &lt;b&gt; &amp; c", slack["text"])
            headers, pager = by[False]
            self.assertNotIn("Authorization", headers)
            self.assertEqual((pager["routing_key"], pager["event_action"]), ("R" * 32, "trigger"))
            self.assertEqual(pager["dedup_key"], f"mxsplit/{DOMAIN}/MxsplitOverride")

    def test_a_secret_that_others_can_read_and_an_open_address_are_refused(self):
        with Small() as w:
            d, path = w.d, secret_file(w.temp.name)
            os.chmod(path, 0o644)
            d.hooks = [hook("chat", "https://127.0.0.1:1/", secret_file=path)]
            d.write_config()
            run = subprocess.run([program("mxsplitctl"), "check-config", d.config_path],
                                 capture_output=True, text=True)
            self.assertIn("is open to others (mode 644), wanted mode 600", run.stdout + run.stderr)
            self.assertNotEqual(run.returncode, 0)


class Locked(unittest.TestCase):
    """Another process holds the database: what is told meanwhile, outside of a pass, waits in memory."""

    def lock(self, d):
        with open(d.config_path, "a") as f:
            f.write("what: is this\n")
        holder = sqlite3.connect(d.database, timeout=10, isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN IMMEDIATE")
        return holder

    def logged(self, d, text):
        with open(d.log_path) as f:
            return f.read().count(text)

    def reload_in_vain(self, d):
        before = self.logged(d, "configuration not taken")
        d.process.send_signal(signal.SIGHUP)
        d.wait_for(lambda: self.logged(d, "configuration not taken") > before, 30, "it is in the log")

    def told(self, d, at, *kinds):
        """(events, notices), each of these kinds; the same, in the same order, once."""
        d.wait_for(lambda: not d.status()["degraded"] and d.status()["hooks"]["waiting"] == 0, 60, "all are told")
        events = [e for e in d.events() if e["kind"] in kinds]
        self.assertEqual([n["id"] for n in at.bodies()], [e["id"] for e in events])
        self.assertEqual([e["time"] for e in events], sorted(e["time"] for e in events))
        return events

    def test_it_is_told_in_order_and_once(self):
        with Receiver() as at, Small(hook("chat", at.url, "failure, source")) as w:
            d = w.d.start()
            holder = self.lock(d)
            self.reload_in_vain(d)
            os.unlink(d.sources["mta1"])
            os.mkdir(d.sources["mta1"])
            d.wait_for(lambda: self.logged(d, "mta1-log cannot be read"), 30, "a source fails")
            self.reload_in_vain(d)
            ticks = d.status()["ticks"]
            d.wait_for(lambda: d.status()["ticks"] > ticks + 1, 30, "passes go by")
            self.assertEqual((self.logged(d, "what is told waits in memory"), at.arrived), (1, []))
            holder.execute("ROLLBACK")
            d.wait_for(lambda: "failure" in d.kinds(), 30, "it is stored")
            self.assertEqual([e["kind"] for e in self.told(d, at, "failure", "source")],
                             ["failure", "source", "failure"])

    def test_what_has_no_room_is_counted(self):
        with Receiver() as at, Small(hook("chat", at.url, "failure")) as w:
            d = w.d.start()
            holder = self.lock(d)
            for _ in range(66):
                self.reload_in_vain(d)
            holder.execute("ROLLBACK")
            d.wait_for(lambda: "failure" in d.kinds(), 30, "it is stored")
            *kept, last = self.told(d, at, "failure")
            self.assertEqual(len(kept), 64)
            self.assertIn("2 entries of the journal are only in the log", last["text"])


class Templates(unittest.TestCase):
    def test_the_templates_work_and_the_notice_is_as_the_documentation_says(self):
        with open(os.path.join(ROOT, "docs/alerts.md")) as f:
            schema = json.loads(f.read().split("```json\n")[2].split("```")[0])
        with Small() as w:
            notices, mails = (os.path.join(w.temp.name, name) for name in ("notices", "mails"))
            sendmail = os.path.join(w.temp.name, "sendmail")
            with open(sendmail, "w") as f:
                f.write(f'#!/bin/sh\necho "$@" >>{mails}\ncat >>{mails}\n')
            os.chmod(sendmail, 0o755)
            template = os.path.join(ROOT, "contrib/hooks", "")
            w.d.hooks = [("example", [template + "example", notices], ["start"]),
                         ("mail", [template + "mail", "postmaster@example.test", sendmail], ["start"])]
            d = w.d.start()
            for name in ("example", "mail"):
                tested = ctl(d, "test", name)
                self.assertEqual(tested.returncode, 0, tested.stderr)
            with open(notices) as f:
                kind, domain, notice = f.read().splitlines()[-1].split(" ", 2)
            notice = json.loads(notice)
            self.assertEqual((kind, domain), ("test", "-"))
            self.assertEqual(sorted(notice), sorted(schema["required"]))
            self.assertEqual(sorted(notice), sorted(schema["properties"]))
            self.assertIn(notice["kind"], schema["properties"]["kind"]["enum"])
            with open(mails) as f:
                mail = f.read()
            self.assertIn("-i -- postmaster@example.test\n", mail)
            self.assertIn("\nSubject: mxsplit: test\n", "\n" + mail)
            self.assertIn("a test of hook mail, asked for by uid 0" if os.getuid() == 0 else "a test of", mail)


class Incident(unittest.TestCase):
    def test_hooks_that_hang_flood_or_die_do_not_delay_a_split(self):
        with Receiver() as hang, Receiver() as flood, Receiver() as dies, World(secondaries=1, mode="manual") as w:
            hang.behave, flood.behave, dies.behave = hang.hang, flood.endless(503), dies.close_early
            flooder = os.path.join(w.directory, "flooder")
            with open(flooder, "w") as f:
                f.write("#!/bin/sh\ntrap '' TERM\nwhile :; do echo flood; done\n")
            os.chmod(flooder, 0o755)
            kinds = "override, decision, update, split, restore"
            w.daemon.hooks = [hook(f"hang{n}", hang.url, kinds) for n in range(6)]
            w.daemon.hooks += [hook("flood", flood.url, kinds), hook("dies", dies.url, kinds),
                               dict(name="program", run=f"[{flooder}]", on=f"[{kinds}]", timeout="2s")]
            d = w.ready()
            order(d, "split", "a test")
            d.wait_state("split", 30)
            self.assertTrue(w.shows(SPLIT_TTL, SPLIT))
            order(d, "normal", "a test")
            d.wait_state("normal", 30)
            self.assertTrue(w.shows(TTL, NORMAL))
            for at in (hang, flood, dies):
                d.wait_for(lambda at=at: at.arrived, 60, "every receiver was asked")
            d.wait_for(lambda: all(h["last_failure"] for h in hooks(d).values()), 120, "and all failed")
            self.assertEqual([h["name"] for h in hooks(d).values() if h["last_success"]], [])

    def test_a_dead_letter_that_was_overtaken_does_not_fire_again(self):
        with Receiver() as at, World(secondaries=0, mode="manual") as w:
            key = secret_file(w.directory, "R" * 32)
            w.daemon.hooks = [hook("pager", at.url, "split, restore", format="pagerduty", secret_file=key)]
            at.behave = at.answer(404)
            d = w.ready()
            order(d, "split", "a test")
            d.wait_for(lambda: hooks(d)["pager"]["dead_letters"] == 1, 60, "the pager does not take it")
            at.behave = at.answer(202)
            order(d, "normal", "a test")
            d.wait_for(lambda: at.bodies(202), 60, "it takes the end")
            self.assertEqual(ctl(d, "resend", "pager").returncode, 0)
            d.wait_for(lambda: hooks(d)["pager"]["dead_letters"] == hooks(d)["pager"]["waiting"] == 0, 30,
                       "nothing is left")
            self.assertEqual([b["event_action"] for b in at.bodies(202)], ["resolve"])
            order(d, "split", "a test")
            d.wait_for(lambda: len(at.bodies(202)) == 2, 60, "a new split fires")
            self.assertEqual(at.bodies(202)[1]["event_action"], "trigger")
            self.assertEqual(len({b["dedup_key"] for b in at.bodies(202)}), 1)


if __name__ == "__main__":
    unittest.main()
