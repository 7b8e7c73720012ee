"""make demo: one surge from the first bounce to the restored zone, with real parts, in about a minute.

A real named (generated TSIG key, loopback, free port) and a secondary serve example.test. The real
mxsplitd follows the logs of two MTAs. The lines are those that a real Postfix wrote (tests/samples),
stamped now. The senders obey the DNS: strangers ask the zone for its MX before each bounce; regular
correspondents have both exchangers in their caches and keep to the first. Ends with 0 only when every
step of the story was seen.
"""
import argparse
import datetime
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
SAMPLE = os.path.join(HERE, "..", "samples", "postfix", "classic.log")
DOMAIN = "example.test"
QUIET_SECONDS, LONGEST = 12, 85
ORDINARY, FLOOD = 0.3, 40  # bounces a second


class Senders(threading.Thread):
    """Strangers with bounces and regulars with mail, writing what Postfix would log."""

    def __init__(self, dns, logs):
        super().__init__(daemon=True)
        self.dns, self.logs = dns, logs
        self.rate, self.over = ORDINARY, threading.Event()
        self.sent = {"mta1": 0, "mta2": 0}
        with open(SAMPLE, encoding="utf-8", errors="surrogateescape") as f:
            lines = [line[16:] for line in f]
        self.bounces = [line for line in lines if re.search(
            r"smtpd\[\d+\]: NOQUEUE: reject: RCPT from \S+: 550 5\.1\.1 <ghost\d*@example\.test>.*"
            r"; from=<> to=<ghost\d*@example\.test> ", line)]
        self.mail = self.one_message(lines)

    @staticmethod
    def one_message(lines):
        """Every line of the first ordinary message, from its client to its removal."""
        queue_id = next(m.group(1) for m in (re.search(r": (\w+): client=mail\.isp-a", line)
                                             for line in lines) if m)
        life = []
        for line in lines:
            if f": {queue_id}: " in line:
                life.append(line)
                if line.rstrip().endswith(": removed"):
                    return life
        raise SystemExit("the sample holds no whole message")

    def write(self, mta, line):
        now = datetime.datetime.now()  # as syslogd: by the clock of this machine
        self.logs[mta].write(now.strftime("%b %e %H:%M:%S ") + line)

    def run(self):
        due, n = 0.0, 0
        while not self.over.wait(0.1):
            due += self.rate / 10
            to = "mta1"
            if due >= 1:
                records = self.dns.mx()[1]
                to = min(records)[1].split(".")[0]
            while due >= 1:
                due -= 1
                n += 1
                self.sent[to] += 1
                self.write(to, self.bounces[n % len(self.bounces)])
            if int(time.monotonic() * 10) % 10 == 0:
                for line in self.mail:
                    self.write("mta1", line)


class Story:
    def __init__(self):
        self.began = time.monotonic()

    def tell(self, text):
        print(f"{time.monotonic() - self.began:5.1f} s  {text}", flush=True)

    def dig(self, dns, title):
        out = subprocess.run(["dig", "+noall", "+answer", "+norecurse", "@127.0.0.1", "-p",
                              str(dns.primary.port), DOMAIN, "MX"], capture_output=True, text=True,
                             check=True).stdout
        print(f"\n        $ dig {DOMAIN} MX        # {title}")
        print("        " + out.strip().replace("\n", "\n        ") + "\n", flush=True)
        return out


class Watcher:
    """Prints the journal as it grows and the numbers every four seconds, until a condition holds."""

    def __init__(self, story, daemon, senders):
        self.story, self.daemon, self.senders = story, daemon, senders
        self.after, self.told, self.seen = 0, 0.0, []

    def journal(self):
        _, body = self.daemon.request("GET", f"/v1/events?after={self.after}&limit=100")
        for event in body["events"]:
            self.after = event["id"]
            self.seen.append(event["kind"])
            self.story.tell(f"{event['kind'].upper():9} {event['text']}")

    def numbers(self):
        d = self.daemon.domain()
        m, sent = d["measured"], self.senders.sent
        self.story.tell(
            f"{d['state']:9} {m['rate_per_minute'] or 0:6.0f} bounces/min, expected "
            f"{m['expected_per_minute'] or 0:5.1f}, evidence {m['evidence'] or 0:5.1f} of "
            f"{m['threshold'] or 0:.0f} | sent to MTA1 {sent['mta1']}, to MTA2 {sent['mta2']}")

    def until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.journal()
            if condition():
                return
            if time.monotonic() - self.told > 4:
                self.told = time.monotonic()
                self.numbers()
            time.sleep(0.1)
        raise SystemExit(f"demo: not seen within {seconds} s: {what}")


def play(dns, daemon, logs, story):
    senders = Senders(dns, logs)
    watcher = Watcher(story, daemon, senders)
    left = lambda: LONGEST - (time.monotonic() - story.began)
    before = story.dig(dns, "before")
    senders.start()
    try:
        story.tell("ordinary traffic: regular mail, now and then a bounce")
        watcher.until(lambda: time.monotonic() - story.began > QUIET_SECONDS, 60, "quiet time")
        story.tell(f"a spammer forges {DOMAIN}: strangers send {FLOOD} bounces a second")
        onset, senders.rate = time.monotonic(), FLOOD
        watcher.until(lambda: "surge" in watcher.seen, left(), "the surge is found")
        story.tell(f"found {time.monotonic() - onset:.1f} s after it began")
        watcher.until(lambda: "split" in watcher.seen, left(), "the split is proved")
        during = story.dig(dns, "during the split")
        mark = dict(senders.sent)
        watcher.until(lambda: senders.sent["mta2"] > mark["mta2"] + 100, left(), "strangers at MTA2")
        effect = {m["name"]: m for m in daemon.domain()["mtas"]}
        story.tell("effect, last ten minutes: " + ", ".join(
            f"{name}: {m['bounces']} bounces, {m['mail']} mails" for name, m in effect.items()))
        story.tell("the flood ends (this demo waits 5 s of quiet and 5 s of calm instead of 90 and 30 "
                   "minutes; the rate shown is the last minute's)")
        senders.rate = ORDINARY
        watcher.until(lambda: "calm" in watcher.seen, left(), "calm is found")
        watcher.until(lambda: "restore" in watcher.seen, left(), "the restore is proved")
        after = story.dig(dns, "after")
    finally:
        senders.over.set()
        senders.join()
    assert "mta1" in before and "mta1" not in during and "mta2" in during, "the split removed MTA1 only"
    assert sorted(before.split("\n")) == sorted(after.split("\n")), "the set is back as it was"
    story.tell("done: split and restored, each proved on both name servers. With yours: docs/getting-started.md")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="build")
    os.environ["MXSPLIT_BUILD"] = parser.parse_args().bin
    from bind import Bind
    from daemon import Daemon, Log
    story = Story()
    with tempfile.TemporaryDirectory(prefix="mxsplit-demo-") as directory, \
            Bind(zone=DOMAIN, secondaries=1, ttl=86400) as dns:
        daemon = Daemon(directory, dict(address=dns.address, zone=DOMAIN, key_file=dns.key_file,
                                        check=dns.checks))
        daemon.settings.update(min_split="5s", calm="5s", quiet="5s", split_ttl="5s")
        logs = {name: Log(path) for name, path in daemon.sources.items()}
        try:
            story.tell(f"named serves {DOMAIN} at {dns.address}, its secondary at {dns.checks[0]}")
            daemon.start()
            play(dns, daemon, logs, story)
            code = daemon.stop()
            if code != 0:
                raise SystemExit(f"demo: mxsplitd ended with {code}")
        finally:
            daemon.kill()
            for log in logs.values():
                log.close()


if __name__ == "__main__":
    main()
