"""Faults that must change nothing, in numbers: answers that are lost, people who edit the zone at the
same moment, configurations that are wrong. LONG=1 runs the numbers that the README states.
"""
import collections
import os
import random
import re
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import dns.tsigkeyring
import dns.update

from bad_config import bad_configs
from bind import Bind
from daemon import BUILD, DOMAIN, program
from test_incident import NORMAL, SPLIT, SPLIT_TTL, TTL, World

LONG = bool(os.environ.get("LONG"))
ROUNDS = 1000 if LONG else 50
ORDERS = 50 if LONG else 2       # splits and restores by the daemon, each with its answers lost
CONFIGS = 200 if LONG else 25    # in each state of the daemon
SEED = int(os.environ.get("SEED", "20261124"))
NAME = DOMAIN + "."


def written(ttl, records):
    return " ".join([str(ttl)] + ["%d %s" % record for record in records])


class Changer:
    """One zonetool that makes a change whenever it is asked to. change() = begin() and end()."""

    def __init__(self, bind, server, timeout_ms, prove_ms):
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "tools/zonetool"), "change", "--loop", "--zone", DOMAIN, "--server", server,
             "--key", bind.key_file, "--timeout-ms", str(timeout_ms), "--prove-ms", str(prove_ms)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def begin(self, start, to):
        self.process.stdin.write(f"{written(*start)}\t{written(*to)}\n")

    def end(self):
        """(result, serial, sentence)"""
        result, serial, sentence = self.process.stdout.readline().rstrip("\n").split("\t")
        return result, int(serial), sentence

    def close(self):
        if self.process.returncode is not None:
            return
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.stdout.close()
        code = self.process.wait(20)
        if code or rest:
            raise AssertionError(f"zonetool ended with {code}: {rest}")


def is_update(wire):
    return len(wire) > 2 and (wire[2] >> 3) & 15 == 5


class LossyProxy:
    """Before a primary, UDP. Of each update loses the first `asks` requests, then `replies` answers.

    The counts begin anew with begin(); -1 loses all. `on_loss` is called when an answer is lost.
    """

    def __init__(self, port):
        self.port = port
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.front.getsockname()[1]
        self.backs = collections.OrderedDict()  # one of each client, the oldest first
        self.over, self.lost_in_all = False, 0
        self.on_loss = lambda: None
        self.begin(0, 0)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def begin(self, asks, replies):
        self.asks, self.replies, self.lost = asks, replies, 0

    def back(self, client):
        if client not in self.backs:
            self.backs[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.backs[client].connect(("127.0.0.1", self.port))
            if len(self.backs) > 32:
                self.backs.popitem(last=False)[1].close()
        return self.backs[client]

    def run(self):
        while not self.over:
            clients = {back: client for client, back in self.backs.items()}
            for ready in select.select([self.front, *clients], [], [], 0.05)[0]:
                if ready is self.front:
                    wire, client = ready.recvfrom(65535)
                    if is_update(wire) and self.asks:
                        self.asks -= 1
                        continue
                    self.back(client).send(wire)
                elif ready.fileno() >= 0:
                    self.answer(ready, clients[ready])

    def answer(self, back, client):
        try:
            wire = back.recv(65535)
        except ConnectionRefusedError:
            return
        if is_update(wire) and self.replies:
            self.replies -= 1
            self.lost += 1
            self.lost_in_all += 1
            self.on_loss()
        else:
            self.front.sendto(wire, client)

    def close(self):
        self.over = True
        self.thread.join()
        for back in [self.front, *self.backs.values()]:
            back.close()


class LostReply(unittest.TestCase):
    """F15: the update was applied, its answer never came."""

    def test_read_back_proves_what_was_not_answered(self):
        rng, seen = random.Random(SEED), collections.Counter()
        with Bind(zone=DOMAIN, ttl=TTL) as bind:
            proxy = LossyProxy(bind.primary.port)
            self.addCleanup(proxy.close)
            tool = Changer(bind, proxy.address, timeout_ms=350, prove_ms=2000)
            self.addCleanup(tool.close)
            shown, serial = (TTL, NORMAL), bind.serial()
            for n in range(ROUNDS):
                to = (n + 1, SPLIT) if n % 2 == 0 else (TTL, NORMAL)
                asks, replies = rng.choice([(0, 1), (0, 1), (0, 2), (0, -1), (1, 1), (1, -1)])
                proxy.begin(asks, replies)
                with self.subTest(round=n, asks=asks, replies=replies):
                    tool.begin(shown, to)
                    result, _, sentence = tool.end()
                    self.assertEqual(result, "proved", sentence)
                    self.assertGreater(proxy.lost, 0, "an answer was lost")
                    self.assertEqual(bind.mx(), to)
                    self.assertEqual(bind.serial(), serial + 1, "it was applied exactly once")
                seen[result] += 1
                shown, serial = bind.mx(), bind.serial()
            tool.close()
            print(f"{ROUNDS} updates with lost answers ({proxy.lost_in_all} lost): {dict(seen)}", flush=True)

    def test_an_update_that_never_arrived_has_failed(self):
        with Bind(zone=DOMAIN, ttl=TTL) as bind:
            proxy = LossyProxy(bind.primary.port)
            self.addCleanup(proxy.close)
            tool = Changer(bind, proxy.address, timeout_ms=150, prove_ms=2000)
            self.addCleanup(tool.close)
            serial = bind.serial()
            for n in range(5):
                proxy.begin(-1, -1)
                tool.begin((TTL, NORMAL), (300, SPLIT))
                self.assertEqual(tool.end()[0], "failed")
            self.assertEqual((bind.serial(), bind.mx()), (serial, (TTL, NORMAL)))
            tool.close()

    def test_lost_and_edited_before_it_was_read_back(self):
        """Applied, the answer lost, then edited: nobody may say that nothing was changed."""
        theirs = (777, [(5, f"mta3.{DOMAIN}.")])
        with Bind(zone=DOMAIN, ttl=TTL) as bind:
            proxy = LossyProxy(bind.primary.port)
            self.addCleanup(proxy.close)
            proxy.on_loss = lambda: proxy.lost == 1 and bind.set_mx(*theirs)
            tool = Changer(bind, proxy.address, timeout_ms=350, prove_ms=2000)
            self.addCleanup(tool.close)
            for replies in (-1, 1):
                bind.set_mx(TTL, NORMAL)
                serial = bind.serial()
                proxy.begin(0, replies)
                tool.begin((TTL, NORMAL), (300, SPLIT))
                result, _, sentence = tool.end()
                self.assertEqual(result, "conflict", sentence)
                self.assertIn("5 mta3.example.test. (TTL 777)", sentence)
                self.assertNotIn("nothing was changed", sentence)
                self.assertEqual((bind.serial(), bind.mx()), (serial + 2, theirs))
            tool.close()

    def test_the_daemon_takes_it_for_done(self):
        with World(secondaries=0, mode="manual") as w:
            proxy = LossyProxy(w.dns.primary.port)
            self.addCleanup(proxy.close)
            w.daemon.server["address"] = proxy.address
            w.daemon.timeout = "1s"
            w.daemon.settings.update(min_split="0s", splits_a_day=32)
            d = w.ready()
            serial = w.dns.serial()
            for n in range(ORDERS):
                for mode, state, shown in (("split", "split", (SPLIT_TTL, SPLIT)), ("normal", "normal", (TTL, NORMAL))):
                    proxy.begin(0, 1 if n % 2 else -1)
                    order(self, d, mode)
                    d.wait_for(lambda: w.dns.mx() == shown, 20, f"the zone is {state}")
                    d.wait_state(state, 20)
                    serial += 1
                    self.assertEqual(w.dns.serial(), serial, f"order {n} to {mode}: once")
            self.assertEqual([e for e in d.events() if e["kind"] in ("failure", "drift")], [])
            print(f"{2 * ORDERS} changes by the daemon with lost answers: 0 failures, 0 doubles", flush=True)
            self.assertEqual(d.stop(), 0)


def order(test, daemon, mode):
    code, body = daemon.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                {"mode": mode, "for": "2h", "reason": "a test", "by": "anna"})
    test.assertEqual(code, 200, body)


class Editor:
    """Another person with the same key; each edit is one packet that is ready before it is sent."""

    def __init__(self, bind):
        with open(bind.key_file) as f:
            secret = re.search(r'secret "(.*)"', f.read()).group(1)
        self.ring = dns.tsigkeyring.from_text({"mxsplit.": ("hmac-sha256.", secret)})
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", bind.primary.port))
        self.socket.settimeout(10)

    def update(self):
        return dns.update.UpdateMessage(DOMAIN, keyring=self.ring)

    def replace(self, ttl, records, only_if=None):
        update = self.update()
        if only_if:
            update.present(NAME, "MX", *["%d %s" % record for record in only_if])
        update.delete(NAME, "MX")
        for preference, name in records:
            update.add(NAME, ttl, "MX", "%d %s" % (preference, name))
        return update.to_wire()

    def add(self, ttl, record):
        update = self.update()
        update.add(NAME, ttl, "MX", "%d %s" % record)
        return update.to_wire()

    def delete(self, record):
        update = self.update()
        update.delete(NAME, "MX", "%d %s" % record)
        return update.to_wire()

    def send(self, wires):
        for wire in wires:
            self.socket.send(wire)

    def rcodes(self, wires):
        """The answers' codes; also when several edits were under way at once."""
        return [self.socket.recv(65535)[3] & 15 for _ in wires]

    def now(self, wire):
        self.send([wire])
        return self.rcodes([wire])[0]


def history(bind):
    """Each transaction of the MX set in BIND's own journal: (the set before, the set after)."""
    text = subprocess.run(["named-journalprint", f"{bind.directory}/primary/{DOMAIN}.db.jnl"], check=True,
                          capture_output=True, text=True).stdout
    now, out, open_ = {(TTL, *record) for record in NORMAL}, [], None
    for line in text.splitlines():
        deed, _, ttl, _, kind, data = line.split(None, 5)
        if (deed, kind) == ("del", "SOA"):
            if open_ is not None:
                out.append((open_, frozenset(now)))
            open_ = frozenset(now)
        elif kind == "MX":
            preference, name = data.split()
            (now.remove if deed == "del" else now.add)((int(ttl), int(preference), name))
    return out + [(open_, frozenset(now))] if open_ is not None else out


def as_set(ttl, records):
    return frozenset((ttl, *record) for record in records)


class EditRace(unittest.TestCase):
    """F20: somebody edits the MX set at the moment of our update."""

    def edits(self, editor, kind, n, start):
        ttl, records = start
        theirs = [(5, f"mta3.{DOMAIN}."), (6 + n % 1000, f"mta2.{DOMAIN}.")]
        return {"replace": lambda: [editor.replace(600, theirs)],
                "add": lambda: [editor.add(ttl, (30, f"mta3.{DOMAIN}."))],
                "delete one": lambda: [editor.delete(records[n % len(records)])],
                "delete all": lambda: [editor.replace(0, [])],
                "their own split": lambda: [editor.replace(600, theirs, only_if=records)],
                "there and back": lambda: [editor.replace(600, theirs), editor.replace(ttl, records)],
                "three at once": lambda: [editor.add(ttl, (40 + i, f"mta3.{DOMAIN}.")) for i in range(3)],
                }[kind]()

    def race(self, tool, editor, wires, start, to, lead):
        """The edit leaves `lead` seconds after our order (before it when negative)."""
        if lead < 0:
            editor.send(wires)
        else:
            tool.begin(start, to)
        end = time.perf_counter() + abs(lead)
        while time.perf_counter() < end:
            pass
        if lead < 0:
            tool.begin(start, to)
        else:
            editor.send(wires)
        return editor.rcodes(wires), tool.end()

    def test_nothing_of_theirs_is_ever_overwritten(self):
        rng, lead, results, rounds = random.Random(SEED), 0.0, collections.Counter(), {}
        kinds = ["replace", "add", "delete one", "delete all", "their own split", "there and back", "three at once"]
        with Bind(zone=DOMAIN, ttl=TTL) as bind:
            editor, tool = Editor(bind), Changer(bind, bind.address, timeout_ms=5000, prove_ms=30)
            self.addCleanup(editor.socket.close)
            self.addCleanup(tool.close)
            for n in range(ROUNDS):
                kind, start, to = kinds[n % len(kinds)], (TTL, NORMAL), (n + 1, SPLIT)
                self.assertEqual(editor.now(editor.replace(*start)), 0)
                wires = self.edits(editor, kind, n, start)
                rcodes, (result, _, sentence) = self.race(tool, editor, wires, start, to,
                                                          lead + rng.uniform(-0.0003, 0.0003))
                self.assertIn(result, ("proved", "unproved", "unknown", "conflict"), (n, kind, sentence))
                if kind == "their own split":  # they are as careful as we are: exactly one of us wins
                    self.assertEqual((rcodes[0] == 0) + (result != "conflict"), 1, (n, rcodes, sentence))
                else:
                    self.assertEqual(set(rcodes), {0}, (n, kind))
                rounds[n] = (kind, start, to, result, sentence)
                results["ours first" if result != "conflict" else "theirs first"] += 1
                lead += -0.00005 if result != "conflict" else 0.00005  # keeps the race a close one
            tool.close()
            overwrites = self.judge(rounds, history(bind), bind.mx())
        print(f"{ROUNDS} races: {dict(results)}, {overwrites} overwrites", flush=True)
        self.assertGreater(min(results["ours first"], results["theirs first"]), ROUNDS / 10, "it was no race")

    def judge(self, rounds, transactions, shown):
        """BIND's journal has the order of all that happened."""
        self.assertEqual(transactions[-1][1], as_set(*shown), "the journal is whole")
        applied = collections.defaultdict(list)
        for before, after in transactions:
            for ttl in {ttl for ttl, *_ in after}:
                if after == as_set(ttl, SPLIT) and ttl - 1 in rounds:
                    applied[ttl - 1].append(before)
        overwrites = 0
        for n, (kind, start, to, result, sentence) in rounds.items():
            overwrites += any(before != as_set(*start) for before in applied[n])
            with self.subTest(round=n, kind=kind, result=result):
                ours = result != "conflict"
                self.assertEqual(applied[n], [as_set(*start)] * ours,
                                 "applied once and over the set that we had read, or not at all: " + sentence)
        return overwrites


class BadConfiguration(unittest.TestCase):
    """F34: a configuration with an error changes nothing, whatever the daemon is doing."""
    KEYS = ("state", "since", "mode", "why", "guard", "override", "wanted", "sent", "shown", "normal")

    def behaviour(self, w):
        """As the last tick left it; the times in the sentences pass."""
        d = w.daemon
        domain = d.domain()
        for key in ("why", "guard"):
            domain[key] = re.sub(r"\d+(\.\d+)?", "N", domain[key] or "")
        return {"serial": w.dns.serial(), "mx": w.dns.mx(), "reloads": d.status()["reloads"],
                "sources": [s["name"] for s in d.status()["sources"]], **{key: domain[key] for key in self.KEYS}}

    def ticks(self, d, n=2):
        end = d.status()["ticks"] + n
        d.wait_for(lambda: d.status()["ticks"] >= end, 20, "the loop turns")

    def send(self, d, after):
        """SIGHUP; waits until the journal has one more entry, and gives those that came."""
        os.kill(d.process.pid, signal.SIGHUP)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            code, body = d.request("GET", f"/v1/events?after={after}&limit=100")
            if code == 200 and body["events"]:
                return body["events"]
            time.sleep(0.005)
        raise AssertionError("no answer to SIGHUP:\n" + d.log())

    def refused(self, d, after):
        events = self.send(d, after)
        self.assertEqual([e["kind"] for e in events], ["failure"], events)
        self.assertIn("configuration not taken", events[0]["text"])
        return events[0]

    def storm(self, w, seed):
        d, path = w.daemon, w.daemon.config_path
        with open(path, "rb") as f:
            good = f.read()
        place = re.compile(re.escape(path) + r":\d+:\d+: \S")
        self.ticks(d)
        before, last = self.behaviour(w), d.events()[-1]["id"]
        for what, text in bad_configs(good.decode(), w.directory, seed, CONFIGS):
            with self.subTest(what):
                with open(path, "wb") as f:
                    f.write(text)
                check = subprocess.run([program("mxsplitctl"), "check-config", path], capture_output=True, text=True)
                self.assertEqual((check.returncode, check.stdout), (78, ""), text)
                self.assertRegex(check.stderr, place)
                at = os.path.getsize(d.log_path)
                last = self.refused(d, last)["id"]
                with open(d.log_path) as f:
                    f.seek(at)
                    self.assertRegex(f.read(), place)
                self.assertEqual(self.behaviour(w), before)
        last = self.files(w, good, before, last)
        self.ticks(d)  # nothing comes later either
        self.assertEqual(self.behaviour(w), before)
        self.assertEqual(d.events()[-1]["id"], last)
        print(f"{CONFIGS} wrong configurations in state {before['state']}: 0 changes", flush=True)
        return good

    def files(self, w, good, before, last):
        """What has no place in the file: it is not there, no file, too large; a key or tokens that are wrong."""
        d, path = w.daemon, w.daemon.config_path

        def put(at, data, mode=0o600):
            with open(os.open(at, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as f:
                f.write(data)

        key, tokens = os.path.join(w.directory, "odd.key"), os.path.join(w.directory, "tokens")
        put(key, b'key "mxsplit" { algorithm hmac-sha256; secret "%%%"; };\n')
        odd_key = re.sub(rb"key-file: .*", b"key-file: " + key.encode(), good)
        for what, make in (("not there", lambda: os.unlink(path)),
                           ("a directory", lambda: os.mkdir(path)),
                           ("too large", lambda: (os.rmdir(path), put(path, good + b"# x\n" * 300000))),
                           ("the key is wrong", lambda: put(path, odd_key)),
                           ("the tokens are wrong", lambda: (put(path, good), put(tokens, b"what is this\n")))):
            with self.subTest(what):
                make()
                last = self.refused(d, last)["id"]
                self.assertEqual(self.behaviour(w), before)
        os.unlink(tokens)
        return last

    def forgotten(self, w, good):
        """A domain that is not in ordinary times may not be left out."""
        d, before = w.daemon, self.behaviour(w)
        with open(d.config_path, "wb") as f:
            f.write(good.replace(b"name: %s\n    server" % DOMAIN.encode(), b"name: other.%s\n    server" % DOMAIN.encode()))
        text = self.refused(d, d.events()[-1]["id"])["text"]
        self.assertIn(DOMAIN, text)
        self.assertIn("restore it first", text)
        self.assertEqual(self.behaviour(w), before)

    def take(self, w, good):
        """A good one is taken, and what was under way goes on."""
        d, before = w.daemon, self.behaviour(w)
        with open(d.config_path, "wb") as f:
            f.write(good.replace(b"splits-a-day: 20", b"splits-a-day: 30"))
        for _ in range(20):  # while the zone is being read it asks to be told again
            event = self.send(d, d.events()[-1]["id"])[0]
            if event["kind"] == "start":
                break
            self.assertIn("try again", event["text"])
        self.ticks(d)
        self.assertEqual(d.status()["reloads"], 1)
        self.assertIn("splits-a-day", event["text"])
        self.assertEqual((w.dns.serial(), d.domain()["state"]), (before["serial"], before["state"]))

    def world(self, **settings):
        w = World(secondaries=0, mode="manual", **settings)
        self.addCleanup(w.close)
        w.daemon.hooks = [("tell", ["/bin/true"], ["surge"])]
        return w

    def test_in_ordinary_times(self):
        w = self.world()
        w.ready()
        self.take(w, self.storm(w, SEED))

    def test_while_split(self):
        w = self.world()
        d = w.ready()
        order(self, d, "split")
        d.wait_state("split", 20)
        good = self.storm(w, SEED + 1)
        self.forgotten(w, good)
        self.take(w, good)
        order(self, d, "normal")
        d.wait_state("normal", 20)
        self.assertTrue(w.shows(TTL, NORMAL))

    def test_while_waiting_after_a_refused_update(self):
        w = self.world(retry_first="1h", retry_max="1h")
        w.daemon.server["key_file"] = w.dns.keys["stranger"]
        d = w.ready()
        order(self, d, "split")
        d.wait_state("waiting", 20)
        good = self.storm(w, SEED + 2)
        self.forgotten(w, good)
        self.take(w, good)
        self.assertTrue(w.shows(TTL, NORMAL))


if __name__ == "__main__":
    unittest.main()
