"""From the logs of the exchangers and senders to figures. Every time is in seconds of the run's clock; a log's line has
the moment at which it was seen in the file."""
import collections
import re

DELIVERY = re.compile(r": ([0-9A-F]+): to=<([a-z]+[0-9]*)\.(\d+)@[^>]*>, relay=([^,]*),.* delay=([\d.]+),.* status=(\w+) \((.*)\)$")
QUEUED = re.compile(r"queued as ([0-9A-F]+)")
LATE = 5.0


def share(part, whole):
    return round(part / whole, 4) if whole else None


def quantile(values, q):
    values = sorted(values)
    return round(values[min(len(values) - 1, int(q * len(values)))], 2) if values else None


def deliveries(lines):
    for at, line in lines:
        found = DELIVERY.search(line)
        if found:
            yield (at, *found.groups())


def exchanger_of(relay):
    return relay.split(".")[0] if relay.startswith("mta") else None


class Measured:
    """logs: {host: lines}, of mta1, mta2 and the senders; streams: {prefix: Stream}."""

    def __init__(self, logs, streams):
        self.streams = streams
        finished = {(mta, queue_id): float(delay) for mta in ("mta1", "mta2")
                    for _, queue_id, _, _, _, delay, status, _ in deliveries(logs[mta]) if status == "sent"}
        self.delay, self.went, self.seen, self.deferred = {}, {}, {}, collections.Counter()
        for host, lines in logs.items():
            if host in ("mta1", "mta2"):
                continue
            for at, _, prefix, number, relay, delay, status, text in deliveries(lines):
                mta = exchanger_of(relay)
                if status != "sent":
                    self.deferred[prefix] += 1
                    continue
                key = (prefix, int(number))
                self.went[key], self.seen[key] = mta, at
                queued = QUEUED.search(text)
                behind = finished.get((mta, queued[1])) if queued else None
                if behind is not None:
                    self.delay[key] = float(delay) + behind

    def of(self, kind):
        return [key for key in self.went if key[0].startswith(kind)]

    def counts(self, kind):
        went = collections.Counter(self.went[key] for key in self.of(kind))
        return {"sent": sum(len(s.due) for p, s in self.streams.items() if p.startswith(kind)), "mta1": went["mta1"],
                "mta2": went["mta2"], "deferrals": sum(n for p, n in self.deferred.items() if p.startswith(kind))}

    def regulars(self):
        delays = [self.delay[key] for key in self.of("regular") if key in self.delay]
        counts = self.counts("regular")
        return dict(counts, delivered=len(delays), mean=round(sum(delays) / len(delays), 2) if delays else None,
                    p50=quantile(delays, .5), p90=quantile(delays, .9), p99=quantile(delays, .99), most=quantile(delays, 1),
                    late=share(sum(d > LATE for d in delays), len(delays)), kept=share(counts["mta1"], counts["mta1"] + counts["mta2"]))

    def series(self, end):
        """In steps of some seconds: bounces accepted by each exchanger; of the regulars' mail sent then the mean delay and how
        much of it MTA1 took."""
        step = 2 if end <= 300 else 30
        rows = [{"t": t, "mta1": 0, "mta2": 0, "delays": [], "kept": []} for t in range(0, int(end) + 1, step)]
        for key in self.of("flood"):
            if self.seen[key] < len(rows) * step:
                rows[int(self.seen[key] // step)][self.went[key]] += 1
        for key in self.of("regular"):
            due = self.streams[key[0]].due[key[1]]
            if due < len(rows) * step:
                row = rows[int(due // step)]
                row["kept"].append(self.went[key] == "mta1")
                row["delays"] += [self.delay[key]] if key in self.delay else []
        return {"t": [row["t"] for row in rows], "mta1": [row["mta1"] for row in rows], "mta2": [row["mta2"] for row in rows],
                "delay": [round(sum(row["delays"]) / len(row["delays"]), 2) if row["delays"] else None for row in rows],
                "kept": [share(sum(row["kept"]), len(row["kept"])) for row in rows]}

    def first(self, kind, mta, since=0):
        return min((self.seen[key] for key in self.of(kind) if self.went[key] == mta and self.seen[key] >= since), default=None)

    def last(self, kind, mta):
        return max((self.seen[key] for key in self.of(kind) if self.went[key] == mta), default=None)
