"""/metrics as Prometheus reads it, and the rules and the dashboard in contrib against it.

promtool comes from the Debian package prometheus, unpacked into the build directory and not installed; where that cannot
be had, those tests are skipped.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

from daemon import BUILD, DOMAIN, ROOT
from test_incident import World

NAME = re.compile(r"\bmxsplitd_[a-z_]+")


def promtool():
    """Its path, or None."""
    found = shutil.which("promtool")
    place = os.path.join(BUILD, "promtool")
    if found or os.path.exists(place):
        return found or place
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        return None
    with tempfile.TemporaryDirectory(prefix="mxsplit-promtool-") as directory:
        try:
            subprocess.run(["apt-get", "download", "prometheus"], cwd=directory, capture_output=True, timeout=300, check=True)
            subprocess.run(["dpkg", "-x", *glob.glob(f"{directory}/*.deb"), f"{directory}/x"], capture_output=True, timeout=300,
                           check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        shutil.copy(f"{directory}/x/usr/bin/promtool", f"{place}.{os.getpid()}")
        os.rename(f"{place}.{os.getpid()}", place)
    return place


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.promtool = promtool()
        with World(secondaries=1, mode="manual") as world:
            world.daemon.counters = [dict(name="pushed", mta=f"mta1.{DOMAIN}", push="yes")]
            world.daemon.hooks = [("page", ["/bin/true"], ["start", "override"]),
                                  dict(name="lost", run="[/bin/false]", on="[override]")]
            daemon = world.ready()
            sample = {"mta": f"mta1.{DOMAIN}", "name": "load1", "type": "gauge", "value": 2.5}
            for mode in ("split", "normal"):
                order = {"mode": mode, "for": "1h", "reason": "a test"}
                assert daemon.request("PUT", f"/v1/domains/{DOMAIN}/override", order)[0] == 200
                daemon.wait_state(mode)
            assert daemon.request("POST", "/v1/counters", sample)[0] == 200

            def whole():
                cls.text = daemon.request("GET", "/metrics")[1]
                return all(said in cls.text for said in (
                    "mxsplitd_agent_reading{", "override_expires_timestamp_seconds{", 'hook_last_success_timestamp_seconds{hook="page"}',
                    'hook_last_failure_timestamp_seconds{hook="lost"}'))
            daemon.wait_for(whole, 30, "the order and the sample are in the numbers")

    def tool(self, *words, **more):
        if not self.promtool:
            self.skipTest("no promtool: the Debian package prometheus cannot be had here")
        return subprocess.run([self.promtool, *words], capture_output=True, text=True, timeout=120, **more)

    def test_each_hook_has_its_numbers(self):
        def value(name, labels):
            return float(re.search(rf"^mxsplitd_{name}{{{labels}}} (\S+)$", self.text, re.M).group(1))
        self.assertEqual((value("hook_queue_length", 'hook="lost"'), value("hook_failing", 'hook="lost"')), (2, 1))
        self.assertEqual((value("hook_failing", 'hook="page"'), value("hook_dead_letters", 'hook="page"')), (0, 0))
        self.assertGreaterEqual(value("hook_attempts_total", 'hook="page",result="told"'), 1)
        self.assertGreaterEqual(value("hook_attempts_total", 'hook="lost",result="later"'), 1)
        self.assertEqual(value("hook_attempts_total", 'hook="lost",result="told"'), 0)
        self.assertNotIn('hook_last_success_timestamp_seconds{hook="lost"}', self.text)

    def test_updates_are_counted_by_their_end(self):
        updates = dict(re.findall(rf'^mxsplitd_dns_updates_total{{domain="{DOMAIN}",result="(\w+)"}} (\d+)$', self.text, re.M))
        self.assertEqual(updates, {"proved": "2", "unproved": "0", "conflict": "0", "refused": "0", "failed": "0", "unknown": "0"})

    def test_promtool_has_nothing_to_say(self):
        done = self.tool("check", "metrics", input=self.text)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_rules_are_rules(self):
        done = self.tool("check", "rules", os.path.join(ROOT, "contrib", "prometheus", "rules.yml"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_rules_and_dashboard_name_what_there_is(self):
        known = set(re.findall(r"^# TYPE (\S+)", self.text, re.M))
        with open(os.path.join(ROOT, "contrib", "prometheus", "rules.yml")) as f:
            rules = [rule["expr"] for group in yaml.safe_load(f)["groups"] for rule in group["rules"]]
        with open(os.path.join(ROOT, "contrib", "grafana", "mxsplit.json")) as f:
            board = json.load(f)
        panels = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        self.assertGreater(len(rules), 10)
        self.assertGreater(len(panels), 5)
        for text in rules + panels + [v["query"]["query"] for v in board["templating"]["list"] if v["type"] == "query"]:
            for name in NAME.findall(text):
                self.assertIn(name, known, text)

    def test_every_rule_speaks_of_labels_that_there_are(self):
        with open(os.path.join(ROOT, "contrib", "prometheus", "rules.yml")) as f:
            rules = [rule for group in yaml.safe_load(f)["groups"] for rule in group["rules"]]
        for rule in rules:
            names = NAME.findall(rule["expr"])
            wanted = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))) - {"instance"}
            for label in wanted:
                self.assertTrue(any(re.search(rf"^{name}{{[^}}]*\b{label}=", self.text, re.M) for name in names)
                                or names[0] == "mxsplitd_exchanger_up", (rule["alert"], label))


if __name__ == "__main__":
    unittest.main()
