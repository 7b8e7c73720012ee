"""What a person changes under the daemon: its settings while the zone is split, the zone itself at the
worst moment, its database. It gets back to a good state by itself, or says what to do and stays away.
"""
import contextlib
import hashlib
import os
import signal
import sqlite3
import unittest

from daemon import DOMAIN, free_port
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World, read

WEEK = 7 * 86400
THREE = [(10, f"mta1.{DOMAIN}."), (20, f"mta2.{DOMAIN}."), (30, f"mta3.{DOMAIN}.")]


class Settled(unittest.TestCase):
    def world(self, **settings):
        w = World(**{"secondaries": 0, "mode": "manual", **settings})
        self.addCleanup(w.close)
        return w

    def order(self, d, mode):
        code, body = d.request("PUT", f"/v1/domains/{DOMAIN}/override",
                               {"mode": mode, "for": "2h", "reason": "a test", "by": "anna"})
        self.assertEqual(code, 200, body)

    def told(self, d, *kinds):
        return [e["kind"] for e in d.events() if e["kind"] in kinds]

    def says(self, d, kind, *words):
        d.wait_for(lambda: any(e["kind"] == kind and all(word in e["text"] for word in words) for e in d.events()),
                   30, f"a {kind} says {words}")

    def store(self, d, sql, *values):
        """Into the database of a daemon that does not run."""
        with contextlib.closing(sqlite3.connect(d.database)) as db, db:
            db.execute(sql, values)

    def ticks(self, d, n=4):
        end = d.status()["ticks"] + n
        d.wait_for(lambda: d.status()["ticks"] >= end, 30, "the loop turns")

    def normal(self, d):
        normal = d.domain()["normal"]
        return normal and [(r["preference"], r["exchange"]) for r in normal["records"]]

    def reload(self, d, taken=True):
        """SIGHUP until it was taken, or refused for good. Gives what was said."""
        d.write_config()
        last = d.events()[-1]["id"]
        os.kill(d.process.pid, signal.SIGHUP)

        def answer():
            return [e for e in d.events() if e["id"] > last and "configuration" in e["text"]]
        d.wait_for(answer, 20, "the reload is answered")
        if "try again" in answer()[0]["text"]:
            return self.reload(d, taken)
        self.assertEqual("not taken" not in answer()[0]["text"], taken, answer())
        return answer()[0]["text"]

    def test_a_server_that_shortens_the_ttl_of_a_restore(self):
        w = self.world()
        w.dns.set_mx(WEEK, NORMAL)
        d = w.ready()
        self.order(d, "split")
        d.wait_state("split")
        conf = os.path.join(w.dns.primary.directory, "named.conf")
        w.dns.primary.stop()
        with open(conf, encoding="utf-8") as file:
            text = file.read()
        with open(conf, "w", encoding="utf-8") as file:
            file.write(text.replace("type primary;", f"type primary; max-zone-ttl {TTL};"))
        w.dns.primary.start()
        self.order(d, "normal")
        self.says(d, "restore", f"made the TTL {TTL} of {WEEK} (BIND: max-zone-ttl)")
        d.wait_state("normal")
        self.assertTrue(w.shows(TTL, NORMAL), "no record is missing")
        self.says(d, "drift", f"TTL {TTL} instead of {WEEK}")
        d.wait_for(lambda: d.domain()["normal"]["ttl"] == TTL, 60, "what the zone shows is normal")
        self.order(d, "split")
        d.wait_state("split")
        self.assertTrue(w.shows(SPLIT_TTL, SPLIT))

    # Settings that change while the zone is split

    def dropped(self, restart):
        w = self.world()
        w.dns.set_mx(TTL, THREE)
        d = w.ready()
        self.order(d, "split")
        d.wait_state("split")
        self.assertTrue(w.shows(SPLIT_TTL, THREE[1:]))
        d.drop = f"[mta2.{DOMAIN}]"  # from what is shown now, a split could be planned, too
        if restart:
            d.stop()
            d.start()
        else:
            self.reload(d)
        self.ticks(d, 8)
        self.assertEqual((d.domain()["state"], self.normal(d), d.kinds().count("drift")), ("split", THREE, 0))
        self.assertEqual(d.domain()["wanted"], d.domain()["shown"])
        self.order(d, "normal")
        d.wait_state("normal")
        self.assertTrue(w.shows(TTL, THREE))
        self.order(d, "split")
        d.wait_state("split")
        self.assertTrue(w.shows(SPLIT_TTL, [THREE[0], THREE[2]]), "the next split follows the settings")

    def test_another_drop_by_restart(self):
        self.dropped(restart=True)

    def test_another_drop_by_reload(self):
        self.dropped(restart=False)

    def test_a_drop_that_names_nothing(self):
        w = self.world()
        d = w.ready()
        for by_hand in (True, False):
            self.order(d, "split")
            d.wait_state("split")
            d.drop = f"[mta9.{DOMAIN}]"
            d.stop()
            d.start()
            d.wait_state("split")
            if by_hand:
                self.ticks(d)
                w.dns.set_mx(TTL, NORMAL)
            else:
                self.order(d, "normal")
            d.wait_state("normal")
            self.assertTrue(w.shows(TTL, NORMAL))
            self.says(d, "drift", "no split can be planned", f"mta9.{DOMAIN}")
            self.order(d, "normal")
            d.drop = f"[mta1.{DOMAIN}]"
            d.stop()
            d.start()

    def test_another_server(self):
        w = self.world()
        d = w.ready()
        self.order(d, "split")
        d.wait_state("split")
        d.server["name"] = "ns2"
        self.assertIn("ns1", self.reload(d, taken=False))
        d.stop()
        d.start()
        self.says(d, "failure", "ns1", "ns2")
        self.ticks(d)
        self.assertEqual((d.domain()["state"], self.normal(d)), ("split", NORMAL))
        self.order(d, "normal")
        d.wait_state("normal")
        self.assertTrue(w.shows(TTL, NORMAL))
        self.reload(d)

    def test_a_start_without_a_domain_that_is_split(self):
        w = self.world()
        w.daemon.hooks = [("tell", ["/bin/true"], ["failure"])]
        d = w.ready()
        self.order(d, "split")
        d.wait_state("split")
        for n in range(2):
            d.stop()
            d.write_config()
            with open(d.config_path) as f:
                text = f.read().replace(f"name: {DOMAIN}\n    server", f"name: other.{DOMAIN}\n    server")
            with open(d.config_path, "w") as f:
                f.write(text)
            d.start(write=False)
            self.assertEqual(len([e for e in d.events() if e["kind"] == "failure" and e["domain"] == DOMAIN and
                                  f"10 mta1.{DOMAIN}." in e["text"]]), n + 1)
        d.stop()
        d.start()
        self.order(d, "normal")
        d.wait_state("normal")
        self.assertTrue(w.shows(TTL, NORMAL))

    def test_a_stored_normal_set_from_which_no_split_can_be_planned(self):
        w = self.world()
        d = w.ready()
        d.stop()
        d.drop = f"[mta3.{DOMAIN}]"
        d.start()
        self.says(d, "drift", "no split can be planned", f"mta3.{DOMAIN}")
        self.says(d, "decision", "held back", f"mta3.{DOMAIN}")
        self.assertFalse([e["text"] for e in d.events() if "somebody changed it" in e["text"]], "nobody did")
        serial = w.dns.serial()
        self.order(d, "split")
        self.ticks(d, 8)
        self.assertEqual((w.dns.serial(), d.domain()["state"]), (serial, "normal"))
        w.dns.set_mx(TTL, THREE)
        d.wait_state("split", 60)
        self.assertTrue(w.shows(SPLIT_TTL, NORMAL), "mta3 is dropped")

    def test_a_reload_tells_nothing_twice_and_what_it_does_not_take(self):
        w = self.world()
        hook, runs, go, tokens = (os.path.join(w.directory, name) for name in ("hook", "runs", "go", "others"))
        with open(hook, "w") as f:
            f.write(f"#!/bin/sh\necho run >>{runs}\nwhile ! [ -e {go} ]; do sleep 0.1; done\necho end >>{runs}\n")
        os.chmod(hook, 0o755)
        with open(os.open(tokens, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write("op operate " + hashlib.sha256(b"mxs_secret").hexdigest() + "\n")
        w.daemon.hooks = [("first", ["/bin/true"], ["surge"]), ("tell", [hook], ["split"])]
        d = w.ready()
        with_token = {"Authorization": "Bearer mxs_secret", "If-Match": "*"}
        order = {"mode": "split", "for": "2h", "reason": "a test"}
        path = f"/v1/domains/{DOMAIN}/override"
        self.assertEqual(d.request("PUT", path, order, tcp=True, headers=with_token)[0], 401)
        self.order(d, "split")
        d.wait_for(lambda: os.path.exists(runs), 20, "the hook runs")
        before = d.events()[-1]["id"]
        d.hooks = d.hooks[1:]  # it has another number now
        d.tokens, d.more_listen = tokens, f', "127.0.0.1:{free_port()}"'
        said = self.reload(d)
        self.assertIn("(needs a restart)", said)
        self.assertRegex(said, r"listen: [^;]* \(needs a restart\)")
        self.assertRegex(said, r"tokens: [^;(]*(;|$)")
        self.assertEqual(d.request("PUT", path, order, tcp=True, headers=with_token)[0], 200)
        open(go, "w").close()
        d.wait_for(lambda: d.status()["hooks"]["waiting"] == 0, 30, "the hook ended")
        self.ticks(d, 8)
        self.assertEqual(read(runs), "run\nend\n")
        self.assertEqual([e["text"] for e in d.events() if e["id"] > before and e["kind"] == "source"], [])

    # People who change the zone

    def edited(self, ttl, records):
        """The edit falls between our last reading and the update."""
        w = self.world()
        w.daemon.daemon_settings["watch"] = "60s"
        d = w.ready()
        w.dns.set_mx(ttl, records)
        self.order(d, "split")
        self.says(d, "failure", "conflict")
        return w, d

    def test_an_edit_just_before_a_split_is_taken_over(self):
        theirs = [(10, f"mta1.{DOMAIN}."), (30, f"mta3.{DOMAIN}.")]
        w, d = self.edited(TTL, theirs)
        d.wait_state("split", 60)
        self.assertEqual(self.normal(d), theirs)
        self.assertTrue(w.shows(SPLIT_TTL, theirs[1:]))
        self.order(d, "normal")
        d.wait_state("normal", 60)
        self.assertTrue(w.shows(TTL, theirs))

    def test_an_edit_just_before_a_split_that_leaves_nothing_to_split(self):
        theirs = [(5, f"mta3.{DOMAIN}.")]
        w, d = self.edited(777, theirs)
        self.says(d, "drift", "no split can be planned")
        self.ticks(d, 8)
        self.assertTrue(w.shows(777, theirs), "nobody's records were touched")
        w.dns.set_mx(TTL, NORMAL)
        d.wait_state("split", 60)
        self.assertTrue(w.shows(SPLIT_TTL, SPLIT))

    def test_splits_and_restores_by_hand_are_told(self):
        w = self.world()
        d = w.ready()
        for set_by_hand, state in (((SPLIT_TTL, SPLIT), "split"), ((TTL, NORMAL), "normal")):
            w.dns.set_mx(*set_by_hand)
            d.wait_state(state)
            d.wait_for(lambda: d.domain()["wanted"] == d.domain()["shown"], 20, "what was taken over is wanted")
        self.order(d, "split")
        d.wait_state("split")
        w.dns.set_mx(TTL, NORMAL)
        d.wait_for(lambda: len(self.told(d, "restore")) == 2, 30, "told")
        d.wait_for(lambda: w.shows(SPLIT_TTL, SPLIT), 30, "the order is still in force")
        d.wait_state("split")
        self.order(d, "normal")
        d.wait_state("normal")
        self.assertEqual(self.told(d, "split", "restore"), ["split", "restore"] * 3)

    def test_a_restore_by_hand_with_another_ttl(self):
        w = self.world(mode="auto", min_split="1h")
        d = w.ready()
        self.order(d, "split")
        d.wait_state("split")
        self.order(d, "auto")
        w.dns.set_mx(TTL // 24, NORMAL)
        d.wait_state("normal")
        d.wait_for(lambda: d.domain()["normal"]["ttl"] == TTL // 24, 30, "what the zone shows is normal")
        self.assertEqual(self.told(d, "split", "restore"), ["split", "restore"])
        self.assertTrue(w.shows(TTL // 24, NORMAL))
        self.order(d, "split")
        d.wait_state("split")
        self.order(d, "normal")
        d.wait_state("normal")
        self.assertTrue(w.shows(TTL // 24, NORMAL))

    def test_a_split_that_is_first_seen_at_a_start(self):
        """By hand while the daemon was down; then the daemon's own, whose state is of another version."""
        w = self.world()
        d = w.ready()
        d.stop()
        w.dns.set_mx(SPLIT_TTL, SPLIT)
        d.start()
        d.wait_state("split")
        self.order(d, "normal")
        d.wait_state("normal")
        self.assertTrue(w.shows(TTL, NORMAL))
        self.order(d, "split")
        d.wait_state("split")
        d.kill()
        self.store(d, "UPDATE states SET bytes = ? WHERE name = 'decide'", b"\x09" * 100)
        d.start()
        self.says(d, "start", "the stored state is of another version")
        d.wait_state("split")
        self.order(d, "normal")
        d.wait_state("normal")
        self.assertTrue(w.shows(TTL, NORMAL))

    def test_a_store_that_holds_what_cannot_be_read(self):
        w = self.world()
        d = w.ready()
        self.order(d, "split")
        d.wait_state("split")
        d.stop()
        for name in ("rhythm", "clues", "effect"):  # of a version that has more to say
            self.store(d, "UPDATE states SET bytes = ? WHERE name = ?", bytes(1 << 20), name)
        self.store(d, "UPDATE intents SET closed = NULL, want = 'none'")
        d.start()
        self.says(d, "update", "cannot be read")
        self.order(d, "normal")
        d.wait_state("normal")
        self.assertTrue(w.shows(TTL, NORMAL))
        self.assertEqual(len([e for e in d.events() if "of another version" in e["text"]]), 3)

    def test_an_exchanger_that_was_taken_out_for_good(self):
        """The records of a split, but with the TTL of ordinary times: nobody wants it back."""
        w = self.world(mode="auto")
        d = w.ready()
        for start in (False, True):
            if start:
                d.stop()
            w.dns.set_mx(TTL, SPLIT)
            if start:
                d.start()
            self.says(d, "drift", "no split can be planned")
            self.ticks(d, 12)  # calm is 2 s
            self.assertTrue(w.shows(TTL, SPLIT))
            self.assertEqual((d.domain()["state"], self.told(d, "split", "restore")), ("normal", []))
            w.dns.set_mx(TTL, NORMAL)
            d.wait_for(lambda: "drift" not in self.told(d, "drift", "decision")[-1], 30, "the zone is as it was")

    def test_a_database_lost_in_a_split(self):
        w = self.world()
        d = w.ready()
        self.order(d, "split")
        d.wait_state("split")
        d.kill()
        for name in os.listdir(w.directory):
            if name.startswith("mxsplit.db"):
                os.unlink(os.path.join(w.directory, name))
        d.start()
        self.says(d, "drift", "MX records for", f"mta1.{DOMAIN}")
        self.assertTrue(w.shows(SPLIT_TTL, SPLIT))
        w.dns.set_mx(TTL, NORMAL)
        d.wait_for(lambda: self.normal(d) == NORMAL, 30, "the zone was put right")


if __name__ == "__main__":
    unittest.main()
