"""Prometheus itself scrapes the daemon, and contrib's rules fire: for a split, and for a daemon that is gone."""
import json
import os
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

from bind import free_port
from daemon import DOMAIN, ROOT
from test_alertmanager import find
from test_hooks import order
from test_incident import World

CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: mxsplitd
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


@unittest.skipUnless(os.environ.get("LONG"), "Prometheus itself is fetched and run in make check-long")
class Scrape(unittest.TestCase):
    def ask(self, path, **query):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def value(self, query):
        """Of the one sample that matches, else None; also before Prometheus listens."""
        try:
            found = self.ask("query", query=query)["result"]
        except OSError:
            return None
        return float(found[0]["value"][1]) if len(found) == 1 else None

    def alerts(self):
        return {(a["labels"]["alertname"], a["state"]) for a in self.ask("alerts")["alerts"]}

    def test_it_scrapes_and_its_rules_fire(self):
        temp = tempfile.TemporaryDirectory(prefix="mxsplit-e2e-")
        self.addCleanup(temp.cleanup)
        command = find(temp.name, "prometheus")
        if not command:
            self.skipTest("Debian's prometheus is neither installed nor to be had")
        self.port, lock = free_port()
        self.addCleanup(lock.close)
        with World(secondaries=0, mode="manual") as w:
            w.daemon.hooks = [("lost", ["/bin/false"], ["override"])]
            d = w.ready()
            config = os.path.join(temp.name, "prometheus.yml")
            with open(config, "w") as f:
                f.write(CONFIG.format(port=d.port, rules=os.path.join(ROOT, "contrib/prometheus/rules.yml")))
            with open(os.path.join(temp.name, "log"), "w") as log:
                process = subprocess.Popen(command + [f"--config.file={config}", f"--storage.tsdb.path={temp.name}/data",
                                                      f"--web.listen-address=127.0.0.1:{self.port}"],
                                           stdout=log, stderr=subprocess.STDOUT)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            d.wait_for(lambda: self.value('up{job="mxsplitd"}') == 1, 60, "it is scraped")
            d.wait_for(lambda: self.value(f'mxsplitd_domain_state{{domain="{DOMAIN}",state="normal"}}') == 1, 30, "the state is there")
            order(d, "split", "a test")
            d.wait_for(lambda: ("MxsplitDomainSplit", "firing") in self.alerts(), 60, "the rule fires")
            d.wait_for(lambda: ("MxsplitHookFails", "pending") in self.alerts(), 60, "a hook that fails is seen")
            order(d, "normal", "a test")
            d.wait_for(lambda: ("MxsplitDomainSplit", "firing") not in self.alerts(), 60, "and its end")
            d.kill()
            end = time.monotonic() + 60
            while ("MxsplitdDown", "pending") not in self.alerts():
                self.assertLess(time.monotonic(), end, "nobody misses the daemon")
                time.sleep(0.2)


if __name__ == "__main__":
    unittest.main()
