"""PowerDNS (sqlite) as docs/dns-servers.md has it, with BIND secondaries; used as named.py."""
import os
import shutil
import sqlite3
import subprocess

from bind import MX, ZONE, Bind
from recipes import block, secret

SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
CONF = """gsqlite3-database=%(directory)s/pdns.sqlite3
local-address=%(listen)s
local-port=%(port)d
server-id=%(id)s
socket-dir=%(directory)s
also-notify=%(notify)s
allow-axfr-ips=127.0.0.1
xfr-cycle-interval=1
max-cache-entries=1000
setuid=
setgid=
guardian=no
daemon=no
loglevel=6
webserver=no
"""


class Pdns(Bind):
    has_grants = False
    tells_keys = False

    def __init__(self, signed=False, **more):
        self.signed = signed
        super().__init__(**more)

    def _configure_primary(self, algorithms, mx, ttl, ipv6):
        server = self.primary
        conf = block("pdns", "conf", {}) + CONF % {
            "directory": server.directory, "id": server.id, "port": server.port,
            "listen": "127.0.0.1, ::1" if ipv6 else "127.0.0.1",
            "notify": ", ".join("127.0.0.1:%d" % s.port for s in self.secondaries)}
        self.write("primary/pdns.conf", conf)
        records = "".join("@ %d IN MX %d %s\n" % (ttl, p, x) for p, x in mx or MX)
        file = self.write("primary/%s.db" % self.zone, ZONE + records)
        with open(SCHEMA, encoding="utf-8") as schema:
            sqlite3.connect(os.path.join(server.directory, "pdns.sqlite3")).executescript(schema.read())
        self.util("load-zone", self.zone, file)
        for name, text in self._key_text.items():
            if name not in ("unknown", "mxsplit"):
                self.util("import-tsig-key", *secret(text))
        own = secret(self._key_text["mxsplit"])
        commands = block("pdns", "zone", {"example.jp": self.zone, "SECRET": own[2],
                                          "192.0.2.9/32": "127.0.0.1/32"})
        if ipv6:
            commands = commands.replace("127.0.0.1/32", "127.0.0.1/32 ::1/128")
        if self.signed:
            commands += block("pdns", "sign", {"example.jp": self.zone})
        for line in commands.splitlines():
            self.util(*line.split()[1:])
        server.command = ["pdns_server", "--config-dir=" + server.directory]
        server.ready = lambda: self.serial() is not None

    def util(self, *words):
        run = subprocess.run(["pdnsutil", "--config-dir=" + self.primary.directory, *words],
                             capture_output=True, text=True, timeout=30)
        if run.returncode:
            raise RuntimeError(" ".join(words) + ": " + run.stdout + run.stderr)

    @staticmethod
    def installed():
        return shutil.which("pdns_server") and os.path.exists(SCHEMA)

    def hold(self):
        """PowerDNS freezes nothing; somebody holds the database instead."""
        self._holder = sqlite3.connect(os.path.join(self.primary.directory, "pdns.sqlite3"),
                                       isolation_level=None)
        self._holder.execute("BEGIN IMMEDIATE")

    def release(self):
        self._holder.execute("ROLLBACK")
        self._holder.close()

    def by_hand(self, ttl, records):
        self.util("replace-rrset", self.zone, "@", "MX", str(ttl), *["%d %s" % r for r in records])
        self.util("increase-serial", self.zone)
        subprocess.run(["pdns_control", "--config-dir=" + self.primary.directory,
                        "--socket-dir=" + self.primary.directory, "purge", self.zone + "$"],
                       check=True, capture_output=True, timeout=30)
