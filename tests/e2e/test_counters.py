"""Counters end to end: a real snmpd, a fake agent that lies, a queue, pushes. LONG=1 lies more often."""
import contextlib
import os
import random
import re
import sqlite3
import struct
import subprocess
import tempfile
import time
import unittest

from agents import (COUNTER32, COUNTER64, GAUGE32, INTEGER, NO_OBJECT, OID, OPAQUE, STRING, SYS_UPTIME, TIMETICKS,
                    FakeAgent, Snmpd)
from daemon import DOMAIN, Daemon, Log, mail, program

LONG = bool(os.environ.get("LONG"))
SECONDS = 240 if LONG else 20
SEED = int(os.environ.get("SEED", "20261125"))
MTA = f"mta1.{DOMAIN}"
V2 = "community letmein\n"
V3 = "# v3\nuser mxsplit\nauth SHA-256 authentication-phrase\npriv AES privacy-phrase\n"
LOAD1 = (1, 3, 6, 1, 4, 1, 2021, 10, 1, 5, 1)
RECEIVED = (1, 3, 6, 1, 2, 1, 28, 1, 1, 1, 1)
STORED = (1, 3, 6, 1, 2, 1, 28, 1, 1, 2, 1)
BYTES = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6, 1)


class Counters(unittest.TestCase):
    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="mxsplit-counters-")
        self.addCleanup(temp.cleanup)
        self.directory = temp.name
        self.daemon = Daemon(self.directory)
        for path in self.daemon.sources.values():
            open(path, "w").close()
        self.addCleanup(lambda: self.daemon.process and self.daemon.kill())

    def secret(self, text, mode=0o600):
        path = os.path.join(self.directory, f"secret{len(os.listdir(self.directory))}")
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def snmpd(self, more=""):
        agent = Snmpd(self.directory, more).start()
        self.addCleanup(agent.stop)
        return agent

    def fake(self, objects):
        agent = FakeAgent()
        agent.objects = objects
        self.addCleanup(agent.close)
        return agent

    def polled(self, name, agent, secret, **settings):
        return dict(dict(name=name, mta=MTA, snmp=agent.address, secret_file=self.secret(secret), every="1s",
                         timeout="2s"), **settings)

    def start(self, *entries):
        self.daemon.counters = list(entries)
        self.daemon.start()
        return self.daemon

    def agent(self, name):
        return next(a for a in self.daemon.status()["agents"] if a["name"] == name)

    def counter(self, name):
        return next((c for c in self.daemon.status()["counters"] if c["name"] == name), None)

    def greatest(self, name):
        """The greatest value that was stored: the status may pass over one that lasts a second."""
        with contextlib.closing(sqlite3.connect(f"file:{self.daemon.database}?mode=ro", uri=True)) as db:
            return db.execute("SELECT max(greatest) FROM sample_minutes JOIN series ON id = series WHERE name = ?",
                              (name,)).fetchone()[0]

    def wait(self, condition, what, seconds=30):
        self.daemon.wait_for(condition, seconds, what)

    def value(self, name):
        found = self.counter(name)
        return found and found["value"]

    def untouched(self):
        """Whatever counters said: no domain moved, nothing was found, wished or done."""
        self.assertEqual(self.daemon.domain()["state"], "normal")
        self.assertIsNot(self.daemon.domain()["measured"]["surge"], True)
        self.assertEqual(set(self.daemon.kinds()) & {"surge", "calm", "split", "restore", "update"}, set())


class RealAgent(Counters):
    def everything(self, secret):
        agent = self.snmpd()
        self.start(self.polled("host", agent, secret, oids="[sysuptime=sysUpTime.0, nothing=1.3.6.1.4.1.99999.1.0]"))
        self.wait(lambda: self.agent("host")["last"], "the agent is read")
        status = self.daemon.status()
        names = {c["name"]: c for c in status["counters"]}
        with open("/proc/loadavg") as f:
            load = float(f.read().split()[0])
        self.assertLess(abs(names["load1"]["value"] - load), 64)
        # cpu comes when snmpd has watched for a minute
        for name, least, most in (("memory", 0, 100), ("disk", 0, 100), ("processes", 1, 1e6), ("sysuptime", 0, 600), ("load5", 0, 1000), ("load15", 0, 1000)):
            self.assertIn(name, names, status["agents"])
            self.assertTrue(least <= names[name]["value"] <= most, names[name])
            self.assertFalse(names[name]["stale"])
            self.assertEqual(names[name]["mta"], MTA)
        self.assertNotIn("nothing", names)
        self.assertIn("nothing is not ", self.agent("host")["note"])
        self.assertIn("noSuch", self.agent("host")["note"])
        self.assertIsNone(self.agent("host")["error"])
        shown = subprocess.run([program("mxsplitctl"), "status", "--socket", self.daemon.socket], check=True,
                               capture_output=True, text=True).stdout
        self.assertRegex(shown, rf"{MTA} +load1 +[0-9.]+ ")
        code, page = self.daemon.request("GET", "/metrics")
        self.assertIn('mxsplitd_agent_reading{mta="%s",name="load1"} ' % MTA, page)
        self.assertIn('mxsplitd_agent_up{agent="host",mta="%s"} 1\n' % MTA, page)
        return agent

    def restarted_and_gone(self, agent):
        self.wait(lambda: self.agent("host")["readings"] >= 2, "a second reading")
        agent.stop()
        self.wait(lambda: re.search("no answer in time|does not listen", self.agent("host")["error"] or ""),
                  "its silence is said")  # its last word may be genError
        ticks = self.daemon.status()["ticks"]
        self.wait(lambda: self.daemon.status()["ticks"] > ticks + 3, "the daemon ticks on", 10)
        self.wait(lambda: any("counters host of" in e["text"] and "cannot be read" in e["text"]
                              for e in self.daemon.events()), "the journal has it")
        self.wait(lambda: self.counter("load1")["stale"], "the value grows stale")
        agent.start()
        self.wait(lambda: not self.agent("host")["error"], "it is read again")
        self.wait(lambda: not self.counter("load1")["stale"], "the value is fresh again")
        self.wait(lambda: any("are read again" in e["text"] for e in self.daemon.events()), "the journal has that")
        self.untouched()

    def test_v2c(self):
        self.restarted_and_gone(self.everything(V2))

    def test_v3_with_authentication_and_privacy(self):
        self.restarted_and_gone(self.everything(V3))

    def statistics(self, received):
        """Sendmail's file of statistics, version 4 (mailstats.h): messages and kilobytes from and to each of 25 mailers."""
        none = [0] * 25
        head = struct.pack("<iiqh6x3q", 0x1B1DE, 4, int(time.time()), 0, received, received, 0)
        columns = [[received] + none[1:], none, none, none, none, none, none]
        data = head + b"".join(struct.pack("<25q", *column) for column in columns)
        data = data[:16] + struct.pack("<h", len(data)) + data[18:]
        with os.fdopen(os.open(os.path.join(self.directory, "statistics"), os.O_WRONLY | os.O_CREAT, 0o644), "wb") as f:
            f.write(data)  # in place: snmpd keeps it open

    def test_the_mta_mib_of_snmpd(self):
        """Sendmail's, which net-snmp makes of its statistics and its queue; and over a restart of the agent."""
        queue = os.path.join(self.directory, "queue")
        os.mkdir(queue)
        for n in range(3):
            open(os.path.join(queue, f"qf{n}"), "w").close()
        with open(os.path.join(self.directory, "sendmail.cf"), "w") as f:
            f.write(f"O StatusFile={self.directory}/statistics\nMlocal, P=x\nMesmtp, P=[IPC]\n")
        self.statistics(1000000)
        agent = self.snmpd(f"sendmail_config {self.directory}/sendmail.cf\nsendmail_stats {self.directory}/statistics\n"
                           f"sendmail_queue {queue}\nsendmail_stats_t 1\nsendmail_queue_t 1\n")
        self.start(self.polled("host", agent, V2, sets="[mta-mib]"))
        self.wait(lambda: self.value("stored") == 3, "the queue's length")
        received = 1000000

        def more():
            nonlocal received
            received += 50
            self.statistics(received)
            return self.greatest("received")  # the agent reads its file each 2 s: of two readings one is 0
        self.wait(more, "a rate of what is received")
        readings = self.agent("host")["readings"]
        agent.stop()
        self.statistics(10)  # mailstats -z: smaller than it was, under another uptime
        agent.start()
        self.wait(lambda: not self.agent("host")["error"] and self.agent("host")["readings"] > readings + 2, "it is read again")
        self.assertLess(self.greatest("received"), 100000)
        self.untouched()

    def test_wrong_secrets_are_named_and_never_shown(self):
        agent = self.snmpd()
        self.start(self.polled("community", agent, "community wrongly\n", timeout="1s"),
                   self.polled("user", agent, V3.replace("user mxsplit", "user nobody")),
                   self.polled("auth", agent, V3.replace("authentication-phrase", "another-phrase")),
                   self.polled("priv", agent, V3.replace("privacy-phrase", "another-phrase")))
        for name, said in (("community", "does not answer to this community"), ("user", "does not know the user nobody"),
                           ("auth", "authentication of the user mxsplit failed"),
                           ("priv", "the privacy passphrase or protocol of the user mxsplit may be wrong")):
            self.wait(lambda: self.agent(name)["error"], f"{name} is refused")
            self.assertRegex(self.agent(name)["error"], said)
        self.assertEqual(self.daemon.status()["counters"], [])
        said = self.daemon.log() + str(self.daemon.status()) + str(self.daemon.events())
        for secret in ("letmein", "wrongly", "another-phrase", "privacy-phrase"):
            self.assertNotIn(secret, said)
        with open(f"/proc/{self.daemon.process.pid}/cmdline") as f:
            self.assertNotIn("wrongly", f.read())

    def test_nothing_is_read_or_written_elsewhere(self):
        home = os.path.join(self.directory, "home")
        os.mkdir(home)
        self.daemon.env.update(HOME=home, SNMPCONFPATH=home, SNMP_PERSISTENT_DIR=home)
        with open(os.path.join(home, "snmp.conf"), "w") as f:
            f.write("defVersion 1\nclientaddr 192.0.2.99\nthis is not a setting\n")
        self.start(self.polled("host", self.snmpd(), V3))
        self.wait(lambda: self.agent("host")["last"], "the agent is read")
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(os.listdir(home), ["snmp.conf"])
        self.assertNotIn("setting", self.daemon.log())

    def test_a_reload_takes_other_agents_and_forgets_their_series(self):
        agent = self.snmpd()
        self.start(self.polled("host", agent, V2), dict(name="own", mta=MTA, loadavg="yes", every="1s"))
        self.wait(lambda: self.agent("host")["last"] and self.agent("own")["last"], "both are read")
        self.assertEqual(len([c for c in self.daemon.status()["counters"] if c["name"] == "load1"]), 1)
        self.assertTrue(self.daemon.status()["counters_refused"])  # only one of them has load1
        self.daemon.counters = [self.polled("host", agent, V3, oids="[up=sysUpTime.0]", sets="[]")]
        self.daemon.write_config()
        self.daemon.process.send_signal(1)
        self.wait(lambda: self.value("up"), "the new objects are there")
        self.assertIsNone(self.agent("host")["error"])
        self.assertEqual([a["name"] for a in self.daemon.status()["agents"]], ["host"])
        self.assertNotIn("own", [c["agent"] for c in self.daemon.status()["counters"]])


class LyingAgent(Counters):
    MOST = 1000

    def lying(self, objects, more=0, **settings):
        """An agent that is asked for mta1, and as often for so many other exchangers."""
        agent = self.fake(objects)
        wished = "[received=mtaReceivedMessages.1, load=laLoadInt.1, bytes=1.3.6.1.2.1.31.1.1.1.6.1]"
        settings = dict(dict(sets="[]", oids=wished, most=self.MOST, timeout="1s"), **settings)
        self.start(self.polled("fake", agent, V2, **settings),
                   *(self.polled(f"fake{n}", agent, V2, **dict(settings, mta=f"mx{n}.{DOMAIN}")) for n in range(more)))
        return agent

    def readings(self, agent, count):
        goal = self.agent("fake")["readings"] + count
        self.wait(lambda: self.agent("fake")["readings"] >= goal, f"{count} readings")

    def test_the_mta_mib_is_read_by_its_first_row(self):
        agent = self.lying({RECEIVED: (COUNTER32, 5000), STORED: (GAUGE32, 12)}, sets="[mta-mib]", oids="[]")
        self.wait(lambda: self.value("stored") == 12, "the queue's length")

        def grow(one, request):
            one.objects[RECEIVED] = (COUNTER32, one.objects[RECEIVED][1] + 200)

        agent.twist = grow
        self.wait(lambda: self.value("received"), "a rate")
        self.assertTrue(0 < self.value("received") <= 400, self.counter("received"))
        self.assertIn("has no row", self.agent("fake")["note"])

    def test_a_wrap_counts_and_a_restart_does_not(self):
        agent = self.lying({RECEIVED: (COUNTER32, 2**32 - 100), LOAD1: (INTEGER, 250), BYTES: (COUNTER64, 2**64 - 300)})
        self.wait(lambda: self.value("load") == 2.5, "the load")
        agent.objects[RECEIVED] = (COUNTER32, 200)
        agent.objects[BYTES] = (COUNTER64, 200)
        self.wait(lambda: self.greatest("received"), "the wrap gives a rate")
        self.assertLessEqual(self.greatest("received"), 600)
        self.readings(agent, 2)
        self.assertEqual(self.greatest("bytes"), 0)
        agent.objects[RECEIVED] = (COUNTER32, 190)

        def restarted():  # again and again, for each is shown until the next reading only
            agent.started -= 1000000  # it says another uptime
            return "restarted" in (self.counter("received")["why"] or "")
        self.wait(restarted, "the restart is seen")

    def test_wrong_types_and_texts_are_noted(self):
        agent = self.lying({RECEIVED: (COUNTER64, 5), LOAD1: (STRING, b"3.25"), BYTES: (STRING, b" 17.5 \n")})
        self.wait(lambda: self.value("bytes") == 17.5, "a text that is a number")
        self.assertIn("received has another type", self.agent("fake")["note"])
        self.assertIsNone(self.counter("received"))
        for value in ((STRING, b"<script>"), (STRING, b""), (OID, (1, 3, 6)), (OPAQUE, b"\x9f\x78\x04\x7f\xc0\0\0"),
                      (0x40, b"\x7f\0\0\1"), (NO_OBJECT, None), (STRING, b"1e99")):
            agent.objects[BYTES] = value
            self.readings(agent, 3)
            self.assertEqual(self.value("bytes"), 17.5, value)

    def test_answers_that_are_not_ours_are_not_taken(self):
        def wrong_id(one, request):
            return [(one.response(request, request_id=request["id"] ^ 1), one.socket)]

        def spoofed(one, request):
            return [(one.response(request), one.other)]

        def silence(one, request):
            return []

        def garbage(one, request):
            return [(random.Random(n).randbytes(n), one.socket) for n in range(1, 60)] + [
                (one.response(request)[:n], one.socket) for n in range(1, 40)]

        def other_names(one, request):
            bindings = [(n[:-1] + (n[-1] + 7,), v) for n, v in one.bindings(request)]
            return [(one.response(request, bindings), one.socket)]

        def short(one, request):
            return [(one.response(request, one.bindings(request)[:1]), one.socket)]

        agent = self.lying({RECEIVED: (COUNTER32, 1), LOAD1: (INTEGER, 100), BYTES: (COUNTER64, 1)})
        self.wait(lambda: self.value("load") == 1, "the load")
        agent.objects[LOAD1] = (INTEGER, 900)
        for twist in (wrong_id, spoofed, silence, garbage, other_names, short):
            agent.twist = twist
            self.readings(agent, 2)
            self.assertEqual(self.value("load"), 1, twist.__name__)
            self.assertTrue(self.agent("fake")["error"] or self.agent("fake")["note"], twist.__name__)
        agent.twist = None
        self.wait(lambda: self.value("load") == 9, "the honest answer")

    def test_a_table_without_end_ends(self):
        self.loops = 0

        def circle(one, request):
            self.loops += 1
            root = (1, 3, 6, 1, 2, 1, 25, 3, 3, 1, 2)
            return [(one.response(request, [(root + (self.loops * 20 + n,), (INTEGER, 50)) for n in range(20)]),
                     one.socket)] if request["kind"] != 0xA0 else None

        agent = self.fake({})
        agent.twist = circle
        self.start(self.polled("fake", agent, V2, sets="[host-resources]"))
        self.wait(lambda: self.value("cpu") == 50, "the mean of what was looked at")

    def test_random_lies_give_no_spike_and_move_nothing(self):
        chance = random.Random(SEED)
        agent = self.lying({RECEIVED: (COUNTER32, 0), LOAD1: (INTEGER, 0), BYTES: (COUNTER64, 0)}, more=9)
        log = Log(self.daemon.sources["mta1"])
        self.addCleanup(log.close)
        end, asked, seen = time.monotonic() + SECONDS, 0, 0

        def lie(one, request):
            kind = chance.randrange(8)
            one.objects[RECEIVED] = (chance.choice([COUNTER32] * 6 + [GAUGE32, TIMETICKS]), chance.choice(
                [0, 1, 2**31, 2**32 - 1, chance.randrange(2**32)]))
            one.objects[LOAD1] = (INTEGER, chance.choice([-2**31, 2**31 - 1, 0, chance.randrange(10000)]))
            one.objects[BYTES] = (COUNTER64, chance.choice([0, 2**64 - 1, 2**63, chance.randrange(2**64)]))
            one.uptime = chance.choice([None, None, 0, 2**32 - 1, chance.randrange(2**32)])
            if kind == 0:
                return [(one.response(request, request_id=7), one.socket)]
            if kind == 1:
                return [(one.response(request), one.other)]
            if kind == 2:
                return [(one.response(request), one.socket)] * 3
            return None

        agent.twist = lie
        while time.monotonic() < end:
            asked += 1
            log.write(mail(asked))
            for counter in self.daemon.status()["counters"]:
                if counter["value"] is not None:
                    seen += 1
                    self.assertLessEqual(abs(counter["value"]), self.MOST, counter)
            time.sleep(0.2)
        self.assertGreater(agent.asked, SECONDS)
        self.assertGreater(seen, 0)
        self.untouched()


class OwnMachine(Counters):
    def test_postfix_queue_is_counted_through_its_hashed_directories(self):
        spool = os.path.join(self.directory, "spool")
        for number, queue in enumerate(("incoming", "active", "deferred/A/B", "deferred/C", "hold", "maildrop")):
            os.makedirs(os.path.join(spool, queue))
            for n in range(number + 1):
                open(os.path.join(spool, queue, f"ABC{number}{n}"), "w").close()
        self.start(dict(name="queue", mta=MTA, postfix_spool=spool, every="1s"),
                   dict(name="load", mta=f"mta2.{DOMAIN}", loadavg="yes", every="1s"))
        self.wait(lambda: self.value("queue") == 21, "the queue is counted")
        self.assertEqual([self.value(q) for q in ("incoming", "active", "deferred", "hold", "maildrop")], [1, 2, 7, 5, 6])
        self.wait(lambda: self.value("load1") is not None, "the load is read")
        os.rename(spool, spool + ".gone")
        self.wait(lambda: self.agent("queue")["error"], "its loss is said")
        self.assertIn("cannot be read: No such file", self.agent("queue")["error"])

    def test_minutes_are_stored(self):
        self.start(dict(name="load", mta=MTA, loadavg="yes", every="1s"))
        self.wait(lambda: self.value("load1") is not None and self.agent("load")["readings"] > 1, "the load is read")
        self.assertEqual(self.daemon.stop(), 0)
        with contextlib.closing(sqlite3.connect(self.daemon.database)) as db:
            rows = db.execute("SELECT mta, name, least, last, greatest FROM sample_minutes JOIN series ON id = series"
                              " WHERE name = 'load1'").fetchall()
        self.assertIn(len(rows), (1, 2, 3))
        self.assertTrue(all(r[0] == MTA and r[2] <= r[3] <= r[4] for r in rows), rows)


class Pushed(Counters):
    def push(self, body, **kind):
        return self.daemon.request("POST", "/v1/counters", body, **kind)

    def test_pushes_are_taken_by_name_or_refused_whole(self):
        self.start(dict(name="pushed", mta=MTA, push="yes"), dict(name="load", mta=f"mta2.{DOMAIN}", loadavg="yes"))
        queue = dict(mta=MTA.upper() + ".", name="queue", type="gauge", value=12)
        code, answer = self.push(queue)
        self.assertEqual((code, answer["counters"]), (200, [dict(mta=MTA, name="queue", value=12, why=None)]))
        code, answer = self.push({"counters": [dict(queue, name="in", type="counter64", value=str(2**64 - 1)),
                                               dict(queue, value=13)]})
        self.assertEqual(code, 200, answer)
        self.assertEqual(answer["counters"][0]["why"], "a rate needs a second sample")
        self.wait(lambda: self.value("queue") == 13, "the value is seen")
        for wrong in (dict(queue, mta=f"mta2.{DOMAIN}"), dict(queue, mta=f"mta3.{DOMAIN}")):
            code, answer = self.push({"counters": [dict(queue, value=99), wrong]})
            self.assertEqual(code, 422, answer)
        self.assertEqual(self.value("queue"), 13)
        self.assertEqual(self.push(queue, tcp=True)[0], 401)
        for n in range(40):
            code, answer = self.push(dict(queue, name=f"n{n}"))
            self.assertEqual(code, 200)
        self.assertIn("no room", answer["counters"][0]["why"])
        self.wait(lambda: self.daemon.status()["counters_refused"], "that is counted")
        self.assertEqual(len([c for c in self.daemon.status()["counters"] if c["agent"] == "pushed"]), 32)
        self.wait(lambda: any("a counter was not kept" in e["text"] for e in self.daemon.events()), "and said")
        self.untouched()


if __name__ == "__main__":
    unittest.main()
