"""mxsplitctl restore --offline: the daemon is dead, the zone is split."""
import json
import os
import random
import signal
import subprocess
import time
import unittest

from daemon import DOMAIN, program
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World

LONG = bool(os.environ.get("LONG"))
NOTHING_KNOWN, NEITHER, RUNS, TRY_AGAIN, NOT_ALLOWED = 66, 65, 69, 75, 77


def restore(world, *options, who=DOMAIN):
    done = subprocess.run([program("mxsplitctl"), "restore", *([who] if who else ["--all"]), "--offline", "-c",
                           world.daemon.config_path, *options], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def order(world, word, length="1h"):
    code, answer = world.daemon.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                        {"mode": word, "for": length, "reason": "test", "by": "test"},
                                        headers={"If-None-Match": "*"})
    assert code in (200, 201), (code, answer)


def dead_in_a_split(world):
    world.ready()
    order(world, "split")
    world.daemon.wait_state("split", 60)
    world.daemon.kill()
    assert world.dns.mx() == (SPLIT_TTL, SPLIT)


def age(daemon):
    """Its database looks as if nothing was heard of it for longer than max-split, 1 h."""
    old = time.time() - 3601
    for suffix in ("", "-wal"):
        if os.path.exists(daemon.database + suffix):
            os.utime(daemon.database + suffix, (old, old))


class RestoreTest(unittest.TestCase):
    def test_the_set_that_was_saved_comes_back_and_nothing_else_is_touched(self):
        with World(secondaries=1) as world:
            dead_in_a_split(world)
            code, said = restore(world)
            self.assertEqual((code, world.dns.mx()), (0, (TTL, NORMAL)), said)
            self.assertIn("proved", said)
            self.assertIn("the order to split, by test, was ended", said)
            code, said = restore(world)
            self.assertEqual(code, 0, said)
            self.assertIn("nothing to do", said)
            self.assertNotIn("order", said)
            code, said = restore(world, "--json")
            self.assertEqual((code, json.loads(said)), (0, {"domain": DOMAIN, "exit": 0, "said": ["shows the normal set; nothing to do"]}))
            world.daemon.start()
            world.daemon.wait_for(lambda: world.daemon.domain()["state"] == "normal" and world.daemon.domain()["shown"], 60,
                                  "the daemon goes on from what the zone says")
            self.assertIsNone(world.daemon.domain()["override"])
            self.assertIn("was ended by restore --offline", [e["text"] for e in world.daemon.events() if e["kind"] == "override"][-1])
            self.assertEqual(world.dns.mx(), (TTL, NORMAL))
            code, said = restore(world)
            self.assertEqual(code, RUNS, said)
            self.assertIn(f"mxsplitctl normal {DOMAIN}", said)

    def test_a_set_that_somebody_wrote_is_left_alone(self):
        with World(secondaries=0) as world:
            dead_in_a_split(world)
            world.dns.set_mx(SPLIT_TTL, SPLIT + [(5, f"mta3.{DOMAIN}.")])
            before = world.dns.mx()
            code, said = restore(world)
            self.assertEqual((code, world.dns.mx()), (NEITHER, before), said)
            self.assertIn(f"5 mta3.{DOMAIN}. is new", said)
            code, said = restore(world, "--json", who=None)
            self.assertEqual((code, json.loads(said)["exit"]), (NEITHER, NEITHER), said)
            self.assertIn(f"5 mta3.{DOMAIN}. is new", json.loads(said)["said"][0])

    def test_a_lost_database_needs_the_set_in_the_configuration(self):
        with World(secondaries=0) as world:
            dead_in_a_split(world)
            for suffix in ("", "-wal", "-shm", ".lock"):
                if os.path.exists(world.daemon.database + suffix):
                    os.remove(world.daemon.database + suffix)
            code, said = restore(world)
            self.assertEqual((code, world.dns.mx()), (NOTHING_KNOWN, (SPLIT_TTL, SPLIT)), said)
            self.assertIn("--from-config", said)
            self.assertEqual(restore(world, "--from-config")[0], NOTHING_KNOWN)
            world.daemon.settings["normal"] = f'"{TTL} 10 mta1.{DOMAIN} 20 mta2.{DOMAIN}"'
            world.daemon.write_config()
            code, said = restore(world, "--from-config")
            self.assertEqual((code, world.dns.mx()), (0, (TTL, NORMAL)), said)
            self.assertFalse(os.path.exists(world.daemon.database), "nothing is made that the daemon could not open")

    def test_the_rope_pulls_only_when_the_daemon_was_silent_for_max_split(self):
        with World(secondaries=0) as world:
            dead_in_a_split(world)
            code, said = restore(world, "--if-dead", who=None)
            self.assertEqual((code, world.dns.mx()), (0, (SPLIT_TTL, SPLIT)), said)
            self.assertIn("nothing is done", said)
            age(world.daemon)
            code, said = restore(world, "--if-dead", who=None)
            self.assertEqual((code, world.dns.mx()), (0, (TTL, NORMAL)), said)

    def test_the_rope_pulls_beside_a_daemon_that_hangs_and_that_goes_on_well(self):
        with World(secondaries=0) as world:
            d = world.ready()
            order(world, "split", "10s")
            d.wait_state("split", 60)
            os.kill(d.process.pid, signal.SIGSTOP)
            try:
                code, said = restore(world)
                self.assertEqual((code, world.dns.mx()), (RUNS, (SPLIT_TTL, SPLIT)), said)
                code, said = restore(world, "--if-dead", who=None)
                self.assertEqual((code, world.dns.mx()), (0, (SPLIT_TTL, SPLIT)), said)
                time.sleep(10)  # a stopped daemon cannot end an order, nor can another process
                age(d)
                code, said = restore(world, "--if-dead", who=None)
                self.assertEqual((code, world.dns.mx()), (0, (TTL, NORMAL)), said)
                self.assertIn("an mxsplitd runs and does not answer", said)
            finally:
                os.kill(d.process.pid, signal.SIGCONT)
            d.wait_state("normal", 60)
            d.wait_for(lambda: d.status()["ticks"] > 5 and d.domain()["shown"], 30, "it goes on")
            self.assertEqual(world.dns.mx(), (TTL, NORMAL))
            order(world, "split")
            d.wait_state("split", 60)
            age(d)  # a clock that jumped: it looks as old, and is well
            code, said = restore(world, "--if-dead", who=None)
            self.assertEqual((code, world.dns.mx()), (0, (SPLIT_TTL, SPLIT)), said)
            self.assertRegex(said, "it ends its splits itself|nothing is done")

    @unittest.skipUnless(LONG, "a hundred times: LONG=1")
    def test_a_daemon_that_is_stopped_or_killed_in_a_split_a_hundred_times(self):
        """F21, with the database's age set forward instead of waited for."""
        rng, waits = random.Random(21), []
        with World(secondaries=0) as world:
            d = world.ready()
            for n in range(100):
                order(world, "split", "4s")
                d.wait_state("split", 60)
                time.sleep(rng.uniform(0, 0.5))
                d.process.send_signal(signal.SIGSTOP if n % 2 else signal.SIGKILL)
                time.sleep(4)
                age(d)
                began = time.monotonic()
                code, said = restore(world, "--if-dead", who=None)
                self.assertEqual((code, world.dns.mx()), (0, (TTL, NORMAL)), said)
                waits.append(time.monotonic() - began)
                d.kill()
                d.start()
                d.wait_for(lambda: d.domain()["state"] == "normal" and d.domain()["shown"], 60, "it goes on")
        print(f"100 of 100 restored, after {max(waits):.1f} s at most", flush=True)

    def test_the_rope_leaves_out_what_was_taken_out_for_good(self):
        """Long after the daemon was given up, somebody retires MTA1; a person may still say otherwise."""
        with World(secondaries=0) as world:
            dead_in_a_split(world)
            world.dns.set_mx(TTL, SPLIT)
            age(world.daemon)
            code, said = restore(world, "--if-dead")
            self.assertEqual((code, world.dns.mx()), (NEITHER, (TTL, SPLIT)), said)
            code, said = restore(world)
            self.assertEqual((code, world.dns.mx()), (0, (TTL, NORMAL)), said)

    def test_what_was_split_by_other_settings(self):
        with World(secondaries=0) as world:
            dead_in_a_split(world)
            world.daemon.drop = f"[mta2.{DOMAIN}]"
            world.daemon.write_config()
            code, said = restore(world)
            self.assertEqual((code, world.dns.mx()), (0, (TTL, NORMAL)), said)

    def test_what_the_server_says_has_its_exit_code(self):
        with World(secondaries=0) as world:
            dead_in_a_split(world)
            with open(world.dns.key_file) as f:
                key = f.read()
            other = os.path.join(world.directory, "other.key")
            with open(other, "w") as f:
                f.write('key "mxsplit" { algorithm hmac-sha256; secret "b3RoZXJvdGhlcm90aGVyb3RoZXI="; };\n')
            os.chmod(other, 0o600)
            self.assertNotEqual(key, "")
            world.daemon.server["key_file"] = other
            world.daemon.write_config()
            code, said = restore(world)
            self.assertEqual((code, world.dns.mx()), (NOT_ALLOWED, (SPLIT_TTL, SPLIT)), said)
            world.dns.primary.stop()
            code, said = restore(world)
            self.assertEqual(code, TRY_AGAIN, said)
            self.assertIn("does not say what it shows", said)


if __name__ == "__main__":
    unittest.main()
