"""make lab: a flood of bounces against real servers, with and without mxsplitd.

    run.py [--scenarios NAME,...] [--runs N] [--out FILE] [--keep DIRECTORY] [--set KEY=VALUE,...] [--list]

One JSON object a run is written to FILE, with the scenario's settings and the figures of measure.py; report.py makes the
tables and the picture. Needs root, and leaves nothing behind (net.py).
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
sys.dont_write_bytecode = True

import dns.message
import dns.query
import dns.rdatatype

import hosts
from crowd import NETWORKS, Crowd
from daemon import Daemon, program
from measure import Measured
from net import RUN, Net, Tail, enter
from streams import Stream
from watch import Watch, daemon_said, updates_accepted

BASE = {
    "bound": "queue",        # what limits an exchanger: its queue or its smtpd processes (hosts.exchanger)
    "capacity": 8,           # messages a second
    "mta2": 1,               # times the capacity, at MTA2
    "flood": 3,              # times the capacity, while it lasts
    "flood_from": 15, "flood_to": 60, "regulars_to": 120,
    "crowd": False,          # each bounce of the flood from another stranger (crowd.py), or from `strangers` hosts
    "learned": 21,           # days that the daemon's detector has seen before, at three bounces a minute (tests/tools/learn.c)
    "cap": 2,                # seconds that the strangers' resolvers keep anything: after that they are new strangers
    "sessions": False,       # the strangers keep SMTP sessions open (Postfix's default for a backlog)
    "daemon": "auto",        # mode, or None: no daemon
    "shed": False,           # the daemon's hook makes MTA1 answer 421 to null senders while bounces surge
    "split_ttl": 20,
    "strangers": 10,         # hosts of theirs
    "regular_rate": 1,       # messages a second of the regulars
    "regular_caps": [86400, hosts.TTL],  # seconds that the resolver of each regular keeps anything
    "seed": 1,
    "fail": False,           # a step fails, for selftest.py
    "settings": {},          # of the daemon's domain, others than SETTINGS
}
SCENARIOS = {
    # each stranger sends one bounce and has never asked before
    "crowd-alone": {"daemon": None, "crowd": True},
    "crowd-split": {"crowd": True},
    "crowd-default": {"crowd": True, "settings": {"least_excess": 150}},
    "crowd-new": {"crowd": True, "learned": 0, "settings": {"least_excess": 50}},
    # ten strangers send everything, and ask every 2 s, every 10 s, or had asked before
    "hosts-alone": {"daemon": None},
    "hosts-split": {},
    "hosts-10s-split": {"cap": 10},
    "known-alone": {"daemon": None, "cap": 604800},
    "known-split": {"cap": 604800},
    "known-421": {"cap": 604800, "daemon": "observe", "shed": True},
    # smtpd processes are what MTA1 has too few of; with `sessions` as Postfix's default is, senders keep them
    "smtpd-alone": {"bound": "smtpd", "daemon": None},
    "smtpd-split": {"bound": "smtpd"},
    "smtpd-crowd-alone": {"bound": "smtpd", "crowd": True, "daemon": None},
    "smtpd-crowd-split": {"bound": "smtpd", "crowd": True},
    "sessions-alone": {"bound": "smtpd", "daemon": None, "sessions": True, "cap": 10},
    "sessions-split": {"bound": "smtpd", "sessions": True, "cap": 10},
    "sessions-421": {"bound": "smtpd", "sessions": True, "cap": 10, "daemon": "observe", "shed": True},
    # a day in four minutes: the answers of twelve regulars run out one after another
    "ageing": {"crowd": True, "capacity": 4, "regular_rate": 1.2, "flood_to": 255, "regulars_to": 270,
               "regular_caps": [25 + 20 * n for n in range(12)]},
    # long enough for the daemon to judge a split: ten minutes
    "known-long": {"cap": 604800, "capacity": 2, "flood_to": 780, "regulars_to": 800},
    "sessions-long": {"bound": "smtpd", "sessions": True, "cap": 10, "capacity": 2, "flood_to": 780, "regulars_to": 800},
    "sessions-strong-long": {"bound": "smtpd", "sessions": True, "cap": 10, "capacity": 2, "mta2": 8, "flood_to": 680, "regulars_to": 690},
    "backlog-long": {"crowd": True, "capacity": 2, "flood_to": 780, "regulars_to": 800, "settings": {"least_excess": 200}},
    "ordinary-hour": {"flood": 0, "regulars_to": 3600},
    "flood-hour": {"crowd": True, "capacity": 1, "regular_rate": 0.25, "flood_from": 60, "flood_to": 3540, "regulars_to": 3540,
                   "split_ttl": 300, "settings": {"min_split": "30m", "calm": "30m", "quiet": "90m", "max_split": "24h"}},
}
# Times of calm as short as the flood is. The detector knows three weeks of three bounces a minute (`learned`).
SETTINGS = {"least_excess": 10, "prior_rate": 3, "min_split": "10s", "calm": "10s", "quiet": "10s", "max_split": "1h", "warm_up": "0s"}


class Run:
    def __init__(self, scenario):
        self.scenario = scenario
        self.net = Net(hosts.OWN, NETWORKS)
        self.regulars = hosts.regulars(scenario["regular_caps"])
        self.zero = None
        self.tails, self.streams = {}, {}

    def clock(self):
        return time.monotonic() - self.zero if self.zero else 0

    def build(self):
        s = self.scenario
        self.key = hosts.name_servers(self.net)
        self.mta1 = hosts.exchanger(self.net, "mta1", hosts.MTA1, s["bound"], s["capacity"])
        hosts.exchanger(self.net, "mta2", hosts.MTA2, s["bound"], s["capacity"] * s["mta2"])
        for host, (at, cap) in self.regulars.items():
            self.net.host(host, at)
            if cap == hosts.TTL:
                hosts.bind_resolver(self.net, host, at)
            else:
                hosts.unbound(self.net, host, at, cap)
            hosts.sender(self.net, host, host, at, False)
        self.net.host("strangers", *(hosts.stranger(n) for n in range(s["strangers"] + 1)))
        for n in range(s["strangers"] + 1):  # the last one comes late, with a resolver as most are
            hosts.unbound(self.net, "strangers", hosts.stranger(n), s["cap"] if n < s["strangers"] else 86400)
            hosts.sender(self.net, "strangers", f"stranger{n}", hosts.stranger(n), s["sessions"])
        self.senders = {**{host: at for host, (at, _) in self.regulars.items()},
                        **{f"stranger{n}": hosts.stranger(n) for n in range(s["strangers"] + 1)}}
        for at in [hosts.MTA1, hosts.MTA2, *self.senders.values()]:
            self.wait_port(at)
        for host, at in self.senders.items():
            self.wait_resolver(at, look_up=host in self.regulars or s["cap"] > 3600 and at != hosts.stranger(s["strangers"]))
        self.net.check()
        if s["fail"]:
            raise AssertionError("a step that fails")

    def wait_port(self, at):
        self.wait(lambda: subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/{at}/25"], stderr=subprocess.DEVNULL, check=False).returncode == 0,
                  f"{at} takes mail")

    def wait_resolver(self, at, look_up):
        """It answers; with look_up it holds the MX set from now on, as one does who wrote or was written to before."""
        name = hosts.DOMAIN if look_up else "ready.test"

        def answers():
            try:
                return dns.query.udp(dns.message.make_query(name, "MX"), at, timeout=1).rcode() in (0, 3)
            except (OSError, dns.exception.Timeout):
                return False
        self.wait(answers, f"{at} resolves")

    def wait(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.net.check()
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}")
            time.sleep(0.1)

    def start_daemon(self):
        s = self.scenario
        directory = os.path.join(RUN, "mxsplitd")
        os.mkdir(directory)
        self.daemon = Daemon(directory, server={"address": hosts.PRIMARY, "zone": hosts.DOMAIN, "key_file": self.key,
                                                "check": [hosts.SECONDARY]})
        self.daemon.sources = {mta: f"{RUN}/{mta}/maillog" for mta in ("mta1", "mta2")}
        self.daemon.settings.update({**SETTINGS, **s["settings"]}, mode=s["daemon"], split_ttl=f"{s['split_ttl']}s")
        self.daemon.daemon_settings.update(
            watch="2s", probe="10s", probe_at=f'["mta1.{hosts.DOMAIN}={hosts.MTA1}", "mta2.{hosts.DOMAIN}={hosts.MTA2}"]')
        if s["shed"]:
            script = hosts.write("shed", "#!/bin/sh\nset -e\ncase $MXSPLIT_KIND in surge) to='check_sender_access inline:{ { <> = 421 4.3.2 "
                                 "Too many bounces here, please try our next exchanger } }' ;; *) to= ;; esac\n"
                                 f"{' '.join(self.mta1[:4])} postconf -c {self.mta1[-1]} \"smtpd_sender_restrictions=$to\"\n"
                                 f"{' '.join(self.mta1)} reload\n", 0o755)
            self.daemon.hooks = [("shed", [script], ["surge", "calm"])]
        if s["learned"]:
            self.learn(s["learned"])
        self.daemon.start()
        self.daemon.wait_for(lambda: self.daemon.domain()["shown"], 30, "the zone was read")

    def learn(self, days):
        counts = os.path.join(RUN, "counts.csv")
        with open(counts, "w", encoding="ascii") as f:
            subprocess.run([program("tools/scenario"), "poisson", "--days", str(days), "--rate", "3", "--evidence", "1", "--seed",
                            str(self.scenario["seed"])], stdout=f, check=True)
        with open(counts, encoding="ascii") as f:
            subprocess.run([program("tools/learn"), self.daemon.database, hosts.DOMAIN,
                            str(self.daemon.settings["least_excess"])], stdin=f, check=True, capture_output=True)

    def mail(self):
        s = self.scenario
        streams = [(at, f"anna@{host}.senders.test", f"regular{n}", s["regular_rate"] / len(self.regulars), 0, s["regulars_to"])
                   for n, (host, (at, _)) in enumerate(self.regulars.items())]
        if s["crowd"] and s["flood"]:
            self.streams["flood"] = Crowd("flood", s["flood"] * s["capacity"], (s["flood_from"], s["flood_to"]), self.clock, s["seed"])
        for n in range(s["strangers"]):  # ordinary mail and ordinary bounces of strangers, and the flood
            at = hosts.stranger(n)
            streams.append((at, f"info@s{n}.senders.test", f"ordinary{n}", 0.03, 0, s["regulars_to"]))
            streams.append((at, "", f"bounce{n}", 0.005, 0, s["regulars_to"]))
            if s["flood"] and not s["crowd"]:
                rate = s["flood"] * s["capacity"] / s["strangers"]
                streams.append((at, "", f"flood{n}", rate, s["flood_from"], s["flood_to"]))
        if s["flood"]:
            streams.append((hosts.stranger(s["strangers"]), "info@late.senders.test", "late", 1, s["flood_to"] - 10, s["regulars_to"]))
        for at, mail_from, prefix, rate, begin, end in streams:
            self.streams[prefix] = Stream(at, mail_from, prefix, rate, (begin, end), self.clock, s["seed"])

    def play(self):
        self.build()
        self.daemon = None
        if self.scenario["daemon"]:
            self.start_daemon()
        self.zero = time.monotonic() + 1
        self.mail()
        for host in ("mta1", "mta2", *self.senders):
            self.tails[host] = Tail(f"{RUN}/{host}/maillog", self.zero)
        watch = Watch(self.clock, self.daemon)
        for part in (watch, *self.streams.values()):
            part.start()
        for stream in self.streams.values():
            stream.join()
        self.drain()
        watch.end()
        logs = {host: tail.end() for host, tail in self.tails.items()}
        logs.update(self.crowd_log())
        if self.daemon:
            self.daemon.stop()
        measured = Measured(logs, self.streams)
        return self.figures(measured, watch), measured.series(self.scenario["regulars_to"])

    def crowd_log(self):
        return {"crowd": list(self.streams["flood"].lines)} if self.scenario["crowd"] else {}

    def drain(self):
        """Until the regulars' mail is through, or for five minutes."""
        wanted = sum(len(s.due) for p, s in self.streams.items() if p.startswith("regular"))
        end = time.monotonic() + 300
        while time.monotonic() < end:
            self.net.check()
            done = Measured({host: list(tail.lines) for host, tail in self.tails.items()}, self.streams).regulars()["delivered"]
            if done >= wanted:
                return
            time.sleep(2)

    def figures(self, measured, watch):
        s = self.scenario
        out = {"regulars": measured.regulars(), "strangers": measured.counts("ordinary"), "bounces": measured.counts("bounce"),
               "flood": measured.counts("flood"), "troubles": sum(stream.troubles for stream in self.streams.values())}
        if self.daemon:
            out["surges"], out["splits"] = (sum(e["kind"] == kind for e in watch.events) for kind in ("surge", "split"))
            out["effects"] = watch.effects[:1] + watch.effects[1:][-2:]
            out["journal"] = [f"{e['seen']:.1f} {e['kind']}: {e['text']}" for e in watch.events if e["seen"] > 0]
        if self.daemon and s["flood"]:
            out["seconds"] = self.seconds(measured, watch)
        return out

    def seconds(self, measured, watch):
        """From the first message of the flood and from its last; from the logs of mxsplitd and named where they say it."""
        floods = [stream.due for p, stream in self.streams.items() if p.startswith("flood") and stream.due]
        first, last = min(due[0] for due in floods), max(due[-1] for due in floods)
        wall = time.time() - self.clock()
        said = {kind: [at - wall for at in daemon_said(self.daemon.log_path, kind)] for kind in ("surge", "calm")}
        accepted = [at - wall for at in updates_accepted(f"{RUN}/primary/log")] + [None, None]
        shown = watch.all_show(1)
        restored = watch.all_show(2, shown) if shown else None

        def after(moment, origin):
            return None if moment is None or origin is None else round(moment - origin, 2)
        return {"onset to surge": after(next(iter(said["surge"]), None), first),
                "surge to update accepted": after(accepted[0], next(iter(said["surge"]), None)),
                "onset to all servers": after(shown, first),
                "onset to first stranger at mta2": after(measured.first("flood", "mta2"), first),
                "end to calm": after(next(iter(said["calm"]), None), last),
                "end to restored on all servers": after(restored, last),
                "restored to a stranger back at mta1": after(measured.first("late", "mta1", restored), restored) if restored else None}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", default=",".join(name for name in SCENARIOS if "hour" not in name and "long" not in name))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--first", type=int, default=1, help="number of the first run: the seed of its chance")
    parser.add_argument("--out", default="lab.json")
    parser.add_argument("--keep", help="copies the logs of the last run there")
    parser.add_argument("--set", default="", metavar="KEY=VALUE,...", help="other values of BASE, and a name: name=flood-6,flood=6")
    parser.add_argument("--list", action="store_true")
    words = parser.parse_args()
    if words.list:
        print("\n".join(SCENARIOS))
        return
    enter()
    more = dict(pair.split("=", 1) for pair in words.set.split(",") if pair)
    label = more.pop("name", None)
    more = {key: json.loads(value) for key, value in more.items()}
    for name in words.scenarios.split(","):
        scenario = {**BASE, **SCENARIOS[name], **more}
        for number in range(words.first, words.first + words.runs):
            scenario["seed"] = number
            begin = time.time()
            run = Run(scenario)
            try:
                figures, series = run.play()
            finally:
                run.net.close()
                if words.keep:
                    shutil.copytree(RUN, words.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("spool", "data", "*.sock"))
            with open(words.out, "a", encoding="utf-8") as f:
                json.dump({"scenario": label or name, "run": number, "seed": scenario["seed"], "versions": hosts.versions(),
                           "began": time.strftime("%FT%TZ", time.gmtime(begin)), "settings": scenario, "figures": figures,
                           "series": series}, f)
                f.write("\n")
            shutil.rmtree(RUN)
            os.mkdir(RUN, 0o755)
            print(f"{label or name} {number}: {json.dumps(figures['regulars'])} {json.dumps(figures.get('seconds'))}", flush=True)


if __name__ == "__main__":
    main()
