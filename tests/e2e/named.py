"""BIND as docs/dns-servers.md has it. What Bind does, and for a zone that is signed or frozen:

    with Named(signed=True) as dns:
        dns.hold(); dns.release()             # rndc freeze, rndc thaw
        dns.by_hand(300, [(20, "mta2.example.test.")])    # the file edited by its own tools
"""
import os
import subprocess
import time

import dns.name
import dns.rdataset
import dns.zone

from bind import MX, PRIMARY_OPTIONS, ZONE, Bind, free_port
from recipes import block


class Named(Bind):
    has_grants = True            # a key can be kept to one RRset
    tells_keys = True            # BADKEY, BADSIG and BADTIME are said

    def __init__(self, signed=False, **more):
        self.signed = signed
        self.control, self._control_lock = free_port()
        super().__init__(**more)

    def _configure_primary(self, algorithms, mx, ttl, ipv6):
        notify = " ".join("127.0.0.1 port %d;" % s.port for s in self.secondaries)
        conf = "".join(text for name, text in self._key_text.items() if name != "unknown")
        conf += self._options(self.primary, PRIMARY_OPTIONS % notify, ipv6).replace(
            "controls { };", 'controls { inet 127.0.0.1 port %d allow { 127.0.0.1; } keys { "stranger"; }; };'
            % self.control)
        if self.signed:
            conf += block("bind", "policy", {})
        conf += block("bind", "signed-zone" if self.signed else "zone",
                      {"example.jp": self.zone, "/var/lib/bind/": ""})
        records = "".join("@ %d IN MX %d %s\n" % (ttl, p, x) for p, x in mx or MX)
        self.write("primary/%s.db" % self.zone, ZONE + records)
        self.write("primary/named.conf", conf)

    def rndc(self, *words):
        subprocess.run(["rndc", "-s", "127.0.0.1", "-p", str(self.control), "-k", self.keys["stranger"],
                        "-y", "stranger", *words], check=True, capture_output=True, timeout=30)

    def hold(self):
        self.rndc("freeze", self.zone)

    def release(self):
        self.rndc("thaw", self.zone)

    def by_hand(self, ttl, records):
        self.rndc("freeze", self.zone)
        path = os.path.join(self.primary.directory, self.zone + ".db")
        top = dns.name.from_text(self.zone + ".")
        end = time.monotonic() + 30
        while True:  # rndc comes back before the file is written
            zone = dns.zone.from_file(path, origin=top, relativize=False, check_origin=False)
            if zone.find_rdataset(top, "SOA")[0].serial == self.serial():
                break
            assert time.monotonic() < end, "the frozen zone's file is old"
            time.sleep(0.05)
        zone.delete_rdataset(top, "RRSIG", "MX")
        zone.replace_rdataset(top, dns.rdataset.from_text(
            "IN", "MX", ttl, *["%d %s" % record for record in records]))
        soa = zone.find_rdataset(top, "SOA")
        soa.add(soa[0].replace(serial=soa[0].serial + 1), soa.ttl)
        zone.to_file(path, relativize=False)
        self.rndc("thaw", self.zone)
