-- The first schema. Every table can be lost without moving an MX: the zone is the truth.
-- Times are seconds since 1970 unless the name says otherwise; minutes and hours count from there.

-- Names of sources, domains and kinds of events, so that a row of counts has a fixed size.
CREATE TABLE names (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE count_minutes (
	minute INTEGER NOT NULL,
	source INTEGER NOT NULL,
	domain INTEGER NOT NULL,
	kind   INTEGER NOT NULL,
	count  INTEGER NOT NULL,
	PRIMARY KEY (minute, source, domain, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE count_hours (
	hour   INTEGER NOT NULL,
	source INTEGER NOT NULL,
	domain INTEGER NOT NULL,
	kind   INTEGER NOT NULL,
	count  INTEGER NOT NULL,
	PRIMARY KEY (hour, source, domain, kind)
) STRICT, WITHOUT ROWID;

-- How far each source was read, and the queue ids that it still has open: written with the counts.
CREATE TABLE cursors (
	source TEXT NOT NULL PRIMARY KEY,
	bytes  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE open_ids (
	source TEXT NOT NULL,
	key    BLOB NOT NULL,
	value  BLOB NOT NULL,
	PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

-- What the core keeps for a domain: detector, decision, the set to restore.
CREATE TABLE states (
	domain TEXT NOT NULL,
	name   TEXT NOT NULL,
	bytes  BLOB NOT NULL,
	PRIMARY KEY (domain, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE overrides (
	domain  TEXT NOT NULL PRIMARY KEY,
	word    TEXT NOT NULL CHECK (word IN ('split', 'normal')),
	since   INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	by      TEXT NOT NULL,
	reason  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Written before the first packet of a change leaves; closed when its end is known.
CREATE TABLE intents (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	domain TEXT NOT NULL,
	before TEXT NOT NULL,
	want   TEXT NOT NULL,
	opened INTEGER NOT NULL,
	closed INTEGER,
	result TEXT
) STRICT;

CREATE TABLE journal (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	time_us INTEGER NOT NULL,
	kind    TEXT NOT NULL,
	domain  TEXT NOT NULL,
	text    TEXT NOT NULL,
	numbers TEXT NOT NULL
) STRICT;

CREATE TABLE outbox (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	hook       TEXT NOT NULL,
	journal_id INTEGER NOT NULL,
	payload    TEXT NOT NULL,
	added      INTEGER NOT NULL,
	attempts   INTEGER NOT NULL DEFAULT 0,
	not_before INTEGER NOT NULL DEFAULT 0,
	why        TEXT NOT NULL DEFAULT '',
	delivered  INTEGER
) STRICT;

CREATE INDEX outbox_waiting ON outbox (hook, id) WHERE delivered IS NULL;
