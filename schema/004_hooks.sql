-- Dead letters: what a hook could not be told, until a person sends it again. `test`: asked for by a
-- person, who waits for the answer; it goes before the others and is tried once.
ALTER TABLE outbox ADD COLUMN dead INTEGER;
ALTER TABLE outbox ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (hook, test DESC, id) WHERE delivered IS NULL AND dead IS NULL;
CREATE INDEX outbox_dead ON outbox (hook, id) WHERE dead IS NOT NULL;

-- The last success and the last failure of each hook.
CREATE TABLE hook_states (
	hook      TEXT NOT NULL PRIMARY KEY,
	told      INTEGER NOT NULL DEFAULT 0,
	told_at   INTEGER NOT NULL DEFAULT 0,
	failed    INTEGER NOT NULL DEFAULT 0,
	failed_at INTEGER NOT NULL DEFAULT 0,
	why       TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- Of each alert that begins and ends, what the hook was told last: what is firing is said again to
-- those who forget, and nothing that was overtaken is told afterwards.
CREATE TABLE hook_alerts (
	hook    TEXT NOT NULL,
	domain  TEXT NOT NULL,
	alert   TEXT NOT NULL,
	item    INTEGER NOT NULL,
	firing  INTEGER NOT NULL,
	payload TEXT NOT NULL,
	PRIMARY KEY (hook, domain, alert)
) STRICT, WITHOUT ROWID;
