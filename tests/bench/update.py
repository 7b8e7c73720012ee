"""From decision to shown: a change by zone_change (update, answer, read back) beside the same change made
by hand, in the same run and by turns, on BIND, Knot and PowerDNS. One line a server:

    ours         zonetool --loop: the line is written -> "proved" is read
    bare         the same signed update as prepared bytes, its answer, and one question back: a floor
    nsupdate     the program with its start, and one question back; knsupdate likewise

Environment: ROUNDS (100). The ratio that counts is ours to the better of the two programs; ours to bare is
what our own work and the loop cost.
"""
import os
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
import dns.message  # noqa: E402
import dns.query  # noqa: E402
import dns.tsigkeyring  # noqa: E402
import dns.update  # noqa: E402

from knot import Knot  # noqa: E402
from named import Named  # noqa: E402
from pdns import Pdns  # noqa: E402
from recipes import secret  # noqa: E402
from test_zone import TOOL  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "100"))
SETS = [(604800, [(10, "mta1.example.test."), (20, "mta2.example.test.")]), (300, [(20, "mta2.example.test.")])]


def text(rrset):
    return " ".join([str(rrset[0])] + ["%d %s" % record for record in rrset[1]])


class Ways:
    def __init__(self, fixture):
        self.dns = fixture
        with open(fixture.key_file, encoding="utf-8") as file:
            self.name, self.algorithm, self.secret = secret(file.read())
        self.ring = dns.tsigkeyring.from_text({self.name: (self.algorithm + ".", self.secret)})
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", fixture.primary.port))
        self.socket.settimeout(10)
        self.loop = subprocess.Popen([TOOL, "change", "--zone", fixture.zone, "--server", fixture.address, "--key",
                                      fixture.key_file, "--loop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.question = dns.message.make_query(fixture.zone, "MX", flags=0).to_wire()

    def close(self):
        self.loop.stdin.close()
        self.loop.wait()
        self.loop.stdout.close()
        self.socket.close()

    def ours(self, old, new):
        self.loop.stdin.write(("%s\t%s\n" % (text(old), text(new))).encode())
        begin = time.perf_counter()
        self.loop.stdin.flush()
        line = self.loop.stdout.readline()
        took = time.perf_counter() - begin
        assert line.startswith(b"proved\t"), line
        return took

    def bare(self, old, new):
        change = dns.update.UpdateMessage(self.dns.zone, keyring=self.ring, keyname=self.name + ".")
        for preference, name in old[1]:
            change.present("@", "MX", "%d %s" % (preference, name))
        change.delete("@", "MX")
        for preference, name in new[1]:
            change.add("@", new[0], "MX", "%d %s" % (preference, name))
        wire = change.to_wire()
        begin = time.perf_counter()
        self.socket.send(wire)
        answer = self.socket.recv(65535)
        self.socket.send(self.question)
        self.socket.recv(65535)
        took = time.perf_counter() - begin
        assert answer[3] & 15 == 0, answer[3]
        return took

    def program(self, words, old, new):
        zone = self.dns.zone
        lines = ["server 127.0.0.1 %d" % self.dns.primary.port, "zone %s." % zone]
        lines += ["prereq yxrrset %s. MX %d %s" % (zone, p, x) for p, x in old[1]]
        lines += ["update delete %s. MX" % zone]
        lines += ["update add %s. %d MX %d %s" % (zone, new[0], p, x) for p, x in new[1]]
        begin = time.perf_counter()
        run = subprocess.run(words + ["-y", ":".join((self.algorithm, self.name, self.secret))],
                             input="\n".join(lines + ["send", ""]), text=True, capture_output=True)
        assert run.returncode == 0, run.stdout + run.stderr
        self.socket.send(self.question)
        self.socket.recv(65535)
        return time.perf_counter() - begin

    def nsupdate(self, old, new):
        return self.program(["nsupdate"], old, new)

    def knsupdate(self, old, new):
        return self.program(["knsupdate"], old, new)


def main():
    names = ("ours", "bare", "nsupdate", "knsupdate")
    print("%-9s %9s %9s %9s %9s   median of %d, ms; ours/program  ours/bare" % (("server",) + names + (ROUNDS,)))
    worst = 0
    for server in (Named, Knot, Pdns):
        with server() as fixture:
            ways = Ways(fixture)
            took = {name: [] for name in names}
            for turn in range(ROUNDS):
                for name in names:  # there and back, so that each begins with the same set
                    took[name].append(getattr(ways, name)(*SETS))
                    took[name].append(getattr(ways, name)(*reversed(SETS)))
            ways.close()
        median = {name: statistics.median(took[name]) * 1000 for name in names}
        ratio = median["ours"] / min(median["nsupdate"], median["knsupdate"])
        worst = max(worst, ratio)
        print("%-9s %9.2f %9.2f %9.2f %9.2f   %s %5.2f  %5.2f" % (
            (server.__name__,) + tuple(median[name] for name in names) + (" " * 24, ratio, median["ours"] / median["bare"])))
    print("worst ratio %.2f, goal 1.5" % worst)
    return 0 if worst <= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
