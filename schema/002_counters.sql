-- Counters: what a minute held of each series. Kept as long as counts by the minute are.
CREATE TABLE series (
	id   INTEGER PRIMARY KEY,
	mta  TEXT NOT NULL,
	name TEXT NOT NULL,
	UNIQUE (mta, name)
) STRICT;

CREATE TABLE sample_minutes (
	minute   INTEGER NOT NULL,
	series   INTEGER NOT NULL,
	last     REAL NOT NULL,
	least    REAL NOT NULL,
	greatest REAL NOT NULL,
	PRIMARY KEY (minute, series)
) STRICT, WITHOUT ROWID;
