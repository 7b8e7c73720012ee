"""Evidence: what the daemon says of a recording of a real Postfix, read as if it happened now, is
what the recording's sender wrote down (NAME.truth.jsonl); a restart keeps it.
"""
import datetime
import ipaddress
import itertools
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import unittest

from daemon import DOMAIN, ROOT, Daemon, mail, program, refused, stamp

RECORDING = os.path.join(ROOT, "tests", "samples", "postfix", "classic")
STAMP = re.compile(rb"^(\w{3} \d\d \d\d:\d\d:\d\d) ")
LOADING = ("bounce-accepted", "bounce-refused", "bounce-deferred", "bounce-refused-late")


def lines_of_now():
    """The recording, with its last line now."""
    with open(RECORDING + ".log", "rb") as f:
        lines = f.read().splitlines()
    times = [datetime.datetime.strptime("2026 " + STAMP.match(line).group(1).decode(), "%Y %b %d %H:%M:%S")
             for line in lines]
    now = datetime.datetime.now(datetime.timezone.utc)
    for line, time in zip(lines, times):
        stamp = (now - (times[-1] - time)).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        yield stamp.encode() + line[15:] + b"\n"


def truth():
    with open(RECORDING + ".truth.jsonl") as f:
        return [json.loads(line) for line in f]


def network(address):
    address = ipaddress.ip_address(address)
    return ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False)


def client(record):
    """The address that the MTA believed: what XCLIENT said, or the peer's; None: not written down."""
    told = re.search(r"ADDR=(?:IPV6:)?(\S+)", record.get("client", ""))
    address = told.group(1) if told else record.get("client")
    loopback = address == "127.0.0.1" and "samecon" not in record["kind"]
    return None if loopback else address


def replies(record):
    return [reply for address, reply in record.get("rcpts", []) if address.lower().endswith("@" + DOMAIN)]


def unknown_users(records):
    """Those that are written down, and the one recipient of the pipelined session."""
    return 1 + sum(reply.startswith("550 5.1.1 ") for record in records if record.get("sender") == ""
                   for reply in replies(record))


def new_networks(records):
    """Networks whose first mail was a bounce, and the one of postscreen's clients (no address there)."""
    known, new = set(), set()
    for record in records:
        if not client(record) or "samecon" in record["kind"]:  # these come from 127.0.2.95
            continue
        if record.get("sender") and record.get("accepted"):
            known.add(network(client(record)))
        elif record.get("sender") == "" and replies(record) and network(client(record)) not in known:
            new.add(network(client(record)))
    return len(new) + 1


def bounce(n, address):
    return refused(n).replace(re.search(r"\[(\S+)\]: 550", refused(n)).group(1), address)


def ago(**time):
    return stamp(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**time))


class Evidence(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.daemon = Daemon(self.directory.name)
        self.daemon.settings.update(mode="observe", least_excess=100000)
        for path in self.daemon.sources.values():
            open(path, "w").close()

    def tearDown(self):
        self.daemon.stop()
        self.directory.cleanup()

    def write(self, data):
        with open(self.daemon.sources["mta1"], "ab") as log:
            log.write(data)

    def evidence(self):
        return self.daemon.domain()["evidence"]

    def wait_read(self, lines):
        self.daemon.wait_for(lambda: self.daemon.status()["sources"][0]["lines"] >= lines, 30, "all is read")

    def wait_client(self, clients):
        self.daemon.wait_for(lambda: self.evidence()["with_client"] == clients, 30, f"{clients} bounces are seen")

    def test_a_recording_of_postfix_gives_the_evidence_that_was_sent(self):
        lines, records = list(lines_of_now()), truth()
        here = sum(record["kind"] in ("null-accepted-v6lo", "pipelined-null-reject") for record in records)
        self.daemon.start()
        self.write(b"".join(lines))
        self.wait_read(len(lines))
        self.daemon.wait_for(lambda: self.evidence()["probes"], 30, "the last pass is shown")
        said, counts = self.evidence(), self.daemon.domain()["counts"]
        self.assertEqual(said, {
            "unknown_users": unknown_users(records),
            "tagged": None,  # those of this site are refused as unknown: it gives no tags
            "probes": 14,  # sixteen, of which two named an unknown user
            "with_client": sum(counts[kind] for kind in LOADING) - here,
            "new_clients": new_networks(records),
            "asked": 0,
            "sent": sum(record["kind"] == "submission-outbound" for record in records)})
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.evidence(), said, "a restart keeps it")
        new = said["new_clients"]
        self.write((bounce(1, "127.0.2.200") + bounce(2, "203.0.113.200") + bounce(3, "198.51.100.1")).encode())
        self.wait_client(said["with_client"] + 3)
        self.assertEqual(self.evidence()["new_clients"], new + 1, "who was seen before is not new again")

    def test_history_and_our_own_mail_say_who_is_no_stranger(self):
        delivery = ("{0} mx1 postfix/qmgr[2]: 40275A7E389: from=<u1@" + DOMAIN + ">, size=9, nrcpt=1 (queue active)\n"
                    "{0} mx1 postfix/smtp[3]: 40275A7E389: to=<a@shop.example>, relay=mx.shop.example[{1}]:25, delay=1, "
                    "delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n")
        regular = mail(1).replace(stamp()[:10], ago(days=8)[:10])
        self.write((regular + delivery.format(ago(hours=3), "198.51.100.9")
                    + delivery.format(ago(days=30), "203.0.113.9")).encode())
        self.daemon.start()
        self.wait_read(9)
        self.assertIsNone(self.evidence()["sent"], "history is no evidence")
        self.write((bounce(1, "192.0.2.99") + bounce(2, "198.51.100.77") + bounce(3, "203.0.113.77")
                    + delivery.format(stamp(), "203.0.113.9")).encode())
        self.wait_client(3)
        said = self.evidence()
        self.assertEqual((said["new_clients"], said["asked"], said["sent"]), (2, 1, 1))
        self.daemon.stop()
        self.daemon.start()
        self.write((bounce(4, "203.0.113.78") + bounce(5, "198.51.100.78")).encode())
        self.wait_client(5)
        self.assertEqual(self.evidence()["asked"], 3, "whom we wrote to is known after a restart")
        status = subprocess.run([program("mxsplitctl"), "status", DOMAIN, "--socket", self.daemon.socket],
                                capture_output=True, text=True, timeout=60).stdout
        said = self.evidence()
        self.assertIn(f"5 with a known client, {said['new_clients']} of new clients, 3 of hosts we wrote to",
                      " ".join(status.split()))

    def test_a_surge_is_told_with_its_evidence(self):
        self.daemon.settings.update(least_excess=100)
        self.daemon.start()
        numbers = itertools.count()

        def surge():
            self.write("".join(bounce(n, f"198.51.{n % 100}.1")
                               for n in itertools.islice(numbers, 100)).encode())
            return "surge" in self.daemon.kinds()

        self.write((mail(1) + bounce(1, "192.0.2.25")).encode())
        self.wait_client(1)
        self.daemon.wait_for(surge, 60, "the surge is told")
        event = next(event for event in self.daemon.events() if event["kind"] == "surge")
        self.assertEqual(event["numbers"]["unknown_users"], event["numbers"]["with_client"])
        self.assertEqual(event["numbers"]["new_clients"], 100, "the one that writes mail is none of them")
        self.assertNotIn("tagged", event["numbers"], "what is zero is left out")

    def test_what_is_stored_and_not_understood_begins_anew(self):
        self.write((bounce(1, "192.0.2.99")).encode())
        self.daemon.start()
        self.wait_client(1)
        self.daemon.stop()
        with sqlite3.connect(self.daemon.database) as database:
            names = [name for name, in database.execute("SELECT name FROM states WHERE domain = ''")]
            self.assertIn("contacts", names)
            database.execute("UPDATE states SET bytes = zeroblob(length(bytes)) WHERE name IN ('young', 'clues')")
        database.close()
        self.daemon.start()
        said = [event["text"] for event in self.daemon.events()]
        self.assertTrue(any("whom this site knows is stored in another version" in text for text in said), said)
        self.assertTrue(any("evidence of the last minutes is of another version" in text for text in said), said)
        self.write((bounce(2, "192.0.2.99")).encode())
        self.wait_client(1)
        self.assertEqual(self.evidence()["new_clients"], 1)


if __name__ == "__main__":
    unittest.main()
