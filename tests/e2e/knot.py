"""Knot DNS as docs/dns-servers.md has it, with BIND secondaries; used as named.py."""
import os
import subprocess

from bind import MX, ZONE, Bind
from recipes import block, secret

CONF = """server:
  listen: %(listen)s
  rundir: %(directory)s
  pidfile: %(directory)s/knot.pid
  identity: %(id)s
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: info
control:
  listen: %(directory)s/knot.sock
database:
  storage: %(directory)s/db
  journal-db-max-size: 16M
  kasp-db-max-size: 16M
  timer-db-max-size: 5M
  catalog-db-max-size: 5M
key:
%(keys)s
remote:
%(remotes)s
%(acl)s
  - id: transfer
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    storage: %(directory)s
    file: "%%s.db"
"""


class Knot(Bind):
    has_grants = True
    tells_keys = True

    def __init__(self, signed=False, **more):
        self.signed = signed
        super().__init__(**more)

    def _configure_primary(self, algorithms, mx, ttl, ipv6):
        server, names = self.primary, {"example.jp": self.zone}
        port = server.port
        keys = [secret(text) for name, text in self._key_text.items() if name != "unknown"]
        conf = CONF % {
            "listen": "[ 127.0.0.1@%d%s ]" % (port, ", ::1@%d" % port if ipv6 else ""),
            "directory": server.directory, "id": server.id,
            "keys": "".join("  - id: %s\n    algorithm: %s\n    secret: %s\n" % key for key in keys),
            "remotes": "".join("  - id: secondary%s\n    address: 127.0.0.1@%d\n" % (i or "", s.port)
                               for i, s in enumerate(self.secondaries)),
            "acl": block("knot", "acl", names)}
        if self.signed:
            conf += block("knot", "policy", {})
        zone = block("knot", "signed-zone" if self.signed else "zone", names)
        notify = ", ".join("secondary%s" % (i or "") for i in range(len(self.secondaries)))
        conf += zone.replace("    notify: secondary\n", "    notify: [ %s ]\n" % notify if notify else "")
        records = "".join("@ %d IN MX %d %s\n" % (ttl, p, x) for p, x in mx or MX)
        self.write("primary/%s.db" % self.zone, ZONE + records)
        self.write("primary/knot.conf", conf)
        os.mkdir(os.path.join(server.directory, "db"))
        server.command = ["knotd", "-c", os.path.join(server.directory, "knot.conf")]
        server.ready = lambda: self.serial() is not None

    def knotc(self, *words):
        run = subprocess.run(["knotc", "-s", os.path.join(self.primary.directory, "knot.sock"), *words],
                             capture_output=True, text=True, timeout=30)
        if run.returncode:
            raise RuntimeError(run.stdout + run.stderr)

    def hold(self):
        self.knotc("-b", "zone-freeze", self.zone)

    def release(self):
        self.knotc("-b", "zone-thaw", self.zone)

    def by_hand(self, ttl, records):
        self.knotc("zone-begin", self.zone)
        self.knotc("zone-unset", self.zone, "@", "MX")
        for p, x in records:
            self.knotc("zone-set", self.zone, "@", str(ttl), "MX", "%d %s" % (p, x))
        self.knotc("zone-commit", self.zone)
