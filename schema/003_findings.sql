-- What the detector found of a domain, by the minute: what a surge is explained with afterwards. Kept
-- as long as counts by the minute are.
CREATE TABLE finding_minutes (
	minute    INTEGER NOT NULL,
	domain    INTEGER NOT NULL,
	expected  REAL NOT NULL,
	upper     REAL NOT NULL,
	evidence  REAL NOT NULL,
	threshold REAL NOT NULL,
	excess    REAL NOT NULL,
	needed    REAL NOT NULL,
	surge     INTEGER NOT NULL,
	split     INTEGER NOT NULL,
	PRIMARY KEY (minute, domain)
) STRICT, WITHOUT ROWID;
