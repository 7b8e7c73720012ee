"""Databases of every schema that was: brought up whole or not at all, by a kill at any write; in a split too."""
import glob
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

from bind import Bind
from daemon import DOMAIN, ROOT, Daemon, program

SCHEMAS = sorted(glob.glob(os.path.join(ROOT, "schema/[0-9][0-9][0-9]_*.sql")))
MARK = 0x4d587370
MINUTE = 29_000_000
WRITES = ("openat", "pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")
MOST = 400  # kills at one kind of call; more would mean that the program never ends


def make(path, version):
    """A database as the program of that schema left it, with a little of everything."""
    with sqlite3.connect(path) as db:
        for schema in SCHEMAS[:version]:
            with open(schema, encoding="utf-8") as f:
                db.executescript(f.read())
        db.execute(f"PRAGMA application_id={MARK}")
        db.execute(f"PRAGMA user_version={version}")
        db.executemany("INSERT INTO names VALUES (?, ?)", [(1, "mta1-log"), (2, DOMAIN), (3, "bounce-refused")])
        db.executemany("INSERT INTO count_minutes VALUES (?, 1, 2, 3, ?)", [(MINUTE + n, n + 1) for n in range(500)])
        db.execute("INSERT INTO states VALUES (?, 'normal-set', ?)", (DOMAIN, b"300 10 mta1.example.test."))
        db.execute("INSERT INTO overrides VALUES (?, 'split', 1, 2, 'anna', 'a reason')", (DOMAIN,))
        db.execute("INSERT INTO journal VALUES (7, 8, 'start', '', 'text', '{}')")
        if version >= 2:
            db.execute("INSERT INTO series VALUES (1, 'mta1', 'load1')")
            db.execute("INSERT INTO sample_minutes VALUES (?, 1, 1.0, 1.0, 1.0)", (MINUTE,))
    db.close()


def content(path):
    """Every row of every table that the database has, and its version."""
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' "
                                               "AND name NOT LIKE 'sqlite_%'")]
        rows = {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall()) for name in tables}
        return db.execute("PRAGMA user_version").fetchone()[0], rows
    finally:
        db.close()


def set_version(path, version):
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={version}")
    db.commit()
    db.close()


def older(path, version):
    """Takes away what later schemas than this added, the rows of the rest stay."""
    with sqlite3.connect(":memory:") as old:
        for schema in SCHEMAS[:version]:
            with open(schema, encoding="utf-8") as f:
                old.executescript(f.read())
        then = old.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql NOT NULL").fetchall()
        columns = {name: ", ".join(row[1] for row in old.execute(f"PRAGMA table_info({name})"))
                   for kind, name, _, _ in then if kind == "table"}
    old.close()
    db = sqlite3.connect(path)
    for name, sql in db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' "
                                "AND name NOT LIKE 'sqlite_%'").fetchall():
        if name not in columns:
            db.execute(f"DROP TABLE {name}")
        elif ("table", name, name, sql) not in then:  # a later schema changed it: as it was, with its rows
            rows = db.execute(f"SELECT {columns[name]} FROM {name}").fetchall()
            db.execute(f"DROP TABLE {name}")
            for _, _, _, statement in [row for row in then if row[2] == name]:
                db.execute(statement)
            if rows:
                db.executemany(f"INSERT INTO {name} ({columns[name]}) VALUES ({', '.join('?' * len(rows[0]))})", rows)
    db.commit()
    db.close()
    set_version(path, version)


class Upgrade(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="mxsplit-upgrade-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.log = os.path.join(self.directory, "empty.log")
        with open(self.log, "w", encoding="utf-8"):
            pass

    def open_it(self, path, wrap=()):
        """Opens the database for writing, as the daemon does, and closes it."""
        options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0")))  # no leak check under strace
        return subprocess.run([*wrap, program("mxsplitctl"), "import", "--db", path, self.log], capture_output=True,
                              text=True, check=False,
                              env=dict(os.environ, ASAN_OPTIONS=options) if wrap else None)

    def same_rows(self, old, new, where):
        for name, rows in old.items():
            self.assertEqual([row for row in new[name] if row in rows], rows, f"{where}: {name}")

    def test_every_schema_is_brought_up(self):
        self.assertGreaterEqual(len(SCHEMAS), 3)
        for version in range(1, len(SCHEMAS) + 1):
            path = os.path.join(self.directory, f"{version}.db")
            make(path, version)
            before = content(path)[1]
            done = self.open_it(path)
            self.assertEqual(done.returncode, 0, done.stderr)
            reached, after = content(path)
            self.assertEqual(reached, len(SCHEMAS))
            self.same_rows(before, after, f"from schema {version}")
            totals = subprocess.run([program("mxsplitctl"), "totals", "--db", path], capture_output=True, text=True,
                                    check=True).stdout
            self.assertIn('"bounce-refused":125250', totals.replace(" ", ""))

    def test_a_kill_at_any_write_leaves_it_whole(self):
        template = os.path.join(self.directory, "template.db")
        make(template, 1)
        before = content(template)[1]
        kills, reached = 0, set()
        for call in WRITES:
            for count in range(1, MOST):
                path = os.path.join(self.directory, f"{call}-{count}.db")
                shutil.copy(template, path)
                done = self.open_it(path, ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                                           "-e", f"inject={call}:signal=KILL:when={count}"))
                if done.returncode == 0:
                    break
                self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
                kills += 1
                version, after = content(path)
                reached.add(version)
                self.same_rows(before, after, f"killed at {call} {count}")
                done = self.open_it(path)
                self.assertEqual(done.returncode, 0, done.stderr)
                version, after = content(path)
                self.assertEqual(version, len(SCHEMAS))
                self.same_rows(before, after, f"after {call} {count}")
            else:
                self.fail(f"still killed at {call} {MOST}")
        self.assertGreater(kills, 20)
        self.assertLessEqual({1, 2, len(SCHEMAS)}, reached, "kills before, between and after the steps")

    def test_a_newer_schema_is_refused_and_not_touched(self):
        path = os.path.join(self.directory, "newer.db")
        make(path, len(SCHEMAS))
        db = sqlite3.connect(path)
        db.execute(f"PRAGMA user_version={len(SCHEMAS) + 1}")
        db.commit()
        db.close()
        before = content(path)
        self.assertIn("made by a newer mxsplit", self.open_it(path).stderr)
        daemon = Daemon(self.directory)
        daemon.database = path
        self.addCleanup(daemon.kill)
        daemon.start(wait=False)
        self.assertEqual(daemon.process.wait(30), 78)
        self.assertIn("made by a newer mxsplit", daemon.log())
        self.assertEqual(content(path), before)

    def test_up_and_down_in_a_split(self):
        """N-1 to N and back, the programs killed: the older refuses what the newer wrote, and the zone stays as it is."""
        with Bind() as bind:
            daemon = Daemon(self.directory, dict(address=bind.address, zone=bind.zone, key_file=bind.key_file))
            self.addCleanup(daemon.kill)
            normal = bind.mx()
            daemon.start()
            self.order(daemon, "split")
            split, serial = bind.mx(), bind.serial()
            self.assertNotEqual(split, normal)
            for version in range(1, len(SCHEMAS) + 1):
                with self.subTest(version=version):
                    daemon.kill()
                    older(daemon.database, version)
                    daemon.start()
                    daemon.wait_state("split")
                    self.assertEqual((bind.mx(), bind.serial()), (split, serial))
            daemon.kill()
            set_version(daemon.database, len(SCHEMAS) + 1)
            before = content(daemon.database)
            daemon.start(wait=False)
            self.assertEqual(daemon.process.wait(30), 78)
            self.assertIn("made by a newer mxsplit", daemon.log())
            self.assertEqual(content(daemon.database), before)
            self.assertEqual((bind.mx(), bind.serial()), (split, serial))
            set_version(daemon.database, len(SCHEMAS))  # the newer again
            daemon.start()
            daemon.wait_state("split")
            self.assertEqual((bind.mx(), bind.serial()), (split, serial))
            self.order(daemon, "normal")
            self.assertEqual(bind.mx(), normal)
            self.assertEqual(daemon.stop(), 0)

    def order(self, daemon, mode):
        code, body = daemon.request("PUT", f"/v1/domains/{DOMAIN}/override",
                                    {"mode": mode, "for": "1h", "reason": "an upgrade", "by": "test"})
        self.assertIn(code, (200, 201), body)
        daemon.wait_state(mode)


if __name__ == "__main__":
    unittest.main()
