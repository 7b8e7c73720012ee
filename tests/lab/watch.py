"""What the name servers show, what the daemon says, and when the logs of both say that it happened."""
import datetime
import re
import threading
import time

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

import hosts

DAEMON_LINE = re.compile(r"^(\S+Z) \w+ (\w+) domain=")
NAMED_LINE = re.compile(r"^(\S+ \S+) client .*: updating zone '[^']*': adding an RR at ")


class Watch(threading.Thread):
    """What the name servers show and what the daemon's journal says, each with the moment at which it was seen."""

    def __init__(self, clock, daemon):
        super().__init__(daemon=True)
        self.clock, self.daemon, self.ended = clock, daemon, False
        self.shown = {hosts.PRIMARY: [], hosts.SECONDARY: []}
        self.events, self.effects, self.after, self.asked = [], [], 0, -1

    def run(self):
        while not self.ended:
            for server, seen in self.shown.items():
                try:
                    query = dns.message.make_query(hosts.DOMAIN, dns.rdatatype.MX)
                    answer = dns.query.udp(query, server, timeout=0.5)
                    names = sorted(r.exchange.to_text() for rrset in answer.answer for r in rrset)
                except (OSError, dns.exception.Timeout):
                    continue
                if not seen or seen[-1][1] != names:
                    seen.append((round(self.clock(), 3), names))
            if self.daemon:
                self.ask()
            time.sleep(0.05)

    def ask(self):
        try:
            code, page = self.daemon.request("GET", f"/v1/events?after={self.after}&limit=100")
            if code == 200 and page["events"]:
                self.events += [dict(e, seen=round(self.clock(), 3)) for e in page["events"]]
                self.after = page["events"][-1]["id"]
            if self.clock() >= self.asked + 1:
                self.asked = self.clock()
                effect = self.daemon.domain()["effect"]["text"]
                if effect and (not self.effects or self.effects[-1][1] != effect):
                    self.effects.append((round(self.clock()), effect))
        except OSError:
            pass

    def end(self):
        self.ended = True
        self.join()
        if self.daemon:
            self.ask()

    def event(self, kind, since=0):
        return next((e["seen"] for e in self.events if e["kind"] == kind and e["seen"] >= since), None)

    def all_show(self, count, since=0):
        """When both servers showed so many exchangers, first from then on."""
        times = [next((at for at, names in seen if len(names) == count and at >= since), None) for seen in self.shown.values()]
        return None if None in times else max(times)


def daemon_said(path, kind):
    """Wall clock times of a kind of event in mxsplitd's log."""
    with open(path, encoding="utf-8") as f:
        found = [DAEMON_LINE.search(line) for line in f]
    return [datetime.datetime.fromisoformat(m[1]).timestamp() for m in found if m and m[2] == kind]


def updates_accepted(path):
    """Wall clock times of the updates that named carried out."""
    with open(path, encoding="utf-8") as f:
        found = [NAMED_LINE.search(line) for line in f]
    form = "%d-%b-%Y %H:%M:%S.%f"
    return sorted({datetime.datetime.strptime(m[1], form).timestamp() for m in found if m})
