"""Strangers of whom each sends one bounce: every message comes from another network, which asks for the MX set by itself
and has nothing in its cache. Postfix behind Unbound for each of thousands does not fit on a machine; so these ask one of
the zone's two servers, as their resolvers would, and speak SMTP to what the answer prefers, then to the next."""
import random
import socket
import threading
import time

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

import hosts
from streams import Stream, one_message

NETWORKS = "10.64.0.0/10"  # all of it is the run's own
AGAIN = 10  # seconds until the next attempt


def network(number):
    """An address in a /24 of its own, for 16,384 of them."""
    return f"10.{64 + number // 256 % 64}.{number % 256}.1"


class Crowd(Stream):
    """Like a stream; what became of each message is in `lines` as Postfix would have logged it."""

    def __init__(self, prefix, rate, span, clock, seed):
        super().__init__(None, "", prefix, rate, span, clock, seed)
        self.lines, self.running = [], []
        self.chance = random.Random(f"servers {seed}")

    def run(self):
        for number, due in enumerate(self.planned):
            time.sleep(max(0, due - self.clock()))
            self.due.append(due)
            thread = threading.Thread(target=self.one, args=(number, self.chance.choice((hosts.PRIMARY, hosts.SECONDARY))),
                                      daemon=True)
            thread.start()
            self.running.append(thread)

    def one(self, number, server):
        """Until it is taken; gives up when the run is over."""
        begin, self_at = time.monotonic(), network(number)
        while True:
            exchangers, ttl = self.look_up(self_at, server)
            fresh_until = time.monotonic() + ttl
            while True:
                for name in exchangers:
                    text = self.attempt(self_at, name, number)
                    if text:
                        self.tell(number, name, time.monotonic() - begin, "sent", text)
                        return
                self.tell(number, "none", time.monotonic() - begin, "deferred", "-")
                time.sleep(AGAIN)
                if time.monotonic() > fresh_until:
                    break

    def tell(self, number, name, delay, status, text):
        self.lines.append((self.clock(), f": 0: to=<{self.prefix}.{number}@{hosts.DOMAIN}>, relay={name}, delays=-, "
                           f"delay={delay:.2f}, status={status} ({text})"))

    @staticmethod
    def look_up(at, server):
        query = dns.message.make_query(hosts.DOMAIN, dns.rdatatype.MX)
        query.flags = 0
        for _ in range(5):
            try:
                answer = dns.query.udp(query, server, timeout=2, source=at).answer[0]
                return [r.exchange.to_text().rstrip(".") for r in sorted(answer, key=lambda r: r.preference)], answer.ttl
            except (OSError, dns.exception.DNSException, IndexError):
                continue
        return [], 0

    def attempt(self, at, name, number):
        """What the exchanger said when it took the message, or None."""
        address = {f"mta1.{hosts.DOMAIN}": hosts.MTA1, f"mta2.{hosts.DOMAIN}": hosts.MTA2}[name]
        try:
            with socket.create_connection((address, 25), 30, (at, 0)) as connection:
                return one_message(connection.makefile("rwb"), "", f"{self.prefix}.{number}@{hosts.DOMAIN}")
        except OSError:
            return None
