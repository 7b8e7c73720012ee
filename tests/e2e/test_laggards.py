"""A name server that does not show what the primary shows: told once when it lasts, and again when it is over."""
import os
import unittest

from test_incident import NORMAL, TTL, World


def told(world, kind, words):
    return [e["text"] for e in world.daemon.events() if e["kind"] == kind and words in e["text"]]


class Laggards(unittest.TestCase):
    def test_one_that_is_silent_and_one_that_lags(self):
        with World(secondaries=2) as world:
            world.daemon.prove = "3s"
            world.daemon.daemon_settings["watch"] = "1s"
            world.ready()
            secondary = world.dns.secondaries[0]
            name = f"127.0.0.1:{secondary.port}"
            secondary.stop()  # with its copy of the zone written
            world.daemon.wait_for(lambda: told(world, "failure", f"{name} does not say what it shows"), 60, "its silence is told")
            secondary.start()
            world.daemon.wait_for(lambda: told(world, "update", "every name server shows"), 60, "its return is told")

            secondary.stop()  # it comes back with the copy that it had, and asks where nobody is
            with open(os.path.join(secondary.directory, "named.conf"), "r+", encoding="ascii") as f:
                conf = f.read().replace(f"port {world.dns.primary.port}; }}", "port 1; }")
                f.seek(0)
                f.write(conf)
                f.truncate()
            secondary.start()
            changed = [*NORMAL, (30, "mta3.example.test.")]
            world.dns.set_mx(TTL, changed)
            world.daemon.wait_for(lambda: len(told(world, "failure", "name servers disagree")) == 2, 60, "that it lags is told")
            said = told(world, "failure", "name servers disagree")[1]
            self.assertIn(f"but {name} shows 10 mta1", said)
            self.assertNotIn(f"127.0.0.1:{world.dns.secondaries[1].port}", said)
            self.assertEqual(len(told(world, "failure", "name servers disagree")), 2)


if __name__ == "__main__":
    unittest.main()
