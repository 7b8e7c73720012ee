#include "daemon/store/store_prune.h"

#include "daemon/store/store_files.h"
#include "daemon/store/store_sql.h"

#define HOURS_A_CALL 24	    /* hours made of minutes in one call */
#define ROWS_A_CALL 1000    /* rows dropped of a table in one call */
#define SAMPLES_A_CALL 5000 /* more than come between two calls, with every series in use */
#define SERIES_MANY 1024    /* as NAMES_MANY, of counters */
#define NAMES_MANY 4096	    /* names are looked through only when there are more */
#define DAY_HOURS 24
#define WAL_MANY 16777216 /* bytes: from here the log is cut by force */

static bool
run(struct store *store, const char *doing, const char *text, int64_t a, int64_t b, struct err *err)
{
	struct store_sql sql = store_sql_start(store, doing, text);

	store_sql_integer(&sql, a);
	store_sql_integer(&sql, b);
	return store_sql_end(&sql, err);
}

static bool
number(struct store *store, const char *text, int64_t *out, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "look for old rows", text);

	if (store_sql_row(&sql))
		*out = store_sql_integer_at(&sql, 0);
	return store_sql_end(&sql, err);
}

/* Moves the minutes of whole hours before `end_minute`, the oldest hours first. */
static bool
make_hours(struct store *store, int64_t end_minute, struct err *err)
{
	int64_t oldest = end_minute, to;

	if (!number(store, "SELECT ifnull(min(minute), 9223372036854775807) FROM count_minutes",
		    &oldest, err))
		return false;
	if (oldest >= end_minute)
		return true;
	to = (oldest - (oldest % 60 + 60) % 60) + HOURS_A_CALL * 60;
	if (to > end_minute)
		to = end_minute;
	return run(store, "make hours of minutes",
		   "INSERT INTO count_hours (hour, source, domain, kind, count)"
		   " SELECT (minute - (minute % 60 + 60) % 60) / 60, source, domain, kind, "
		   "sum(count)"
		   " FROM count_minutes WHERE minute >= ?1 AND minute < ?2"
		   " GROUP BY 1, source, domain, kind"
		   " ON CONFLICT DO UPDATE SET count = count + excluded.count",
		   oldest, to, err) &&
	       run(store, "drop minutes",
		   "DELETE FROM count_minutes WHERE minute >= ?1 AND minute < ?2", oldest, to, err);
}

static bool
drop_hours(struct store *store, int64_t end_hour, struct err *err)
{
	int64_t names = 0;

	if (!run(store, "drop old hours",
		 "DELETE FROM count_hours WHERE (hour, source, domain, kind) IN"
		 " (SELECT hour, source, domain, kind FROM count_hours WHERE hour < ?1 LIMIT ?2)",
		 end_hour, ROWS_A_CALL, err))
		return false;
	if (sqlite3_changes(store->db) == 0)
		return true;
	if (!number(store, "SELECT count(*) FROM names", &names, err))
		return false;
	store_sql_forget_names(store); /* to be counted again */
	return names <= NAMES_MANY ||
	       store_sql_run(
		       store, "drop unused names",
		       "DELETE FROM names WHERE id NOT IN"
		       " (SELECT source FROM count_minutes UNION SELECT source FROM count_hours"
		       " UNION SELECT domain FROM count_minutes"
		       " UNION SELECT domain FROM count_hours"
		       " UNION SELECT kind FROM count_minutes"
		       " UNION SELECT kind FROM count_hours"
		       " UNION SELECT domain FROM finding_minutes)",
		       err);
}

static bool
drop_samples(struct store *store, int64_t end_minute, struct err *err)
{
	int64_t series = 0;

	if (!run(store, "drop old samples",
		 "DELETE FROM sample_minutes WHERE (minute, series) IN"
		 " (SELECT minute, series FROM sample_minutes WHERE minute < ?1 LIMIT ?2)",
		 end_minute, SAMPLES_A_CALL, err) ||
	    !number(store, "SELECT count(*) FROM series", &series, err))
		return false;
	return series <= SERIES_MANY || store_sql_run(store, "drop unused series",
						      "DELETE FROM series WHERE id NOT IN"
						      " (SELECT series FROM sample_minutes)",
						      err);
}

static bool
drop_findings(struct store *store, int64_t end_minute, struct err *err)
{
	return run(store, "drop old findings",
		   "DELETE FROM finding_minutes WHERE (minute, domain) IN"
		   " (SELECT minute, domain FROM finding_minutes WHERE minute < ?1 LIMIT ?2)",
		   end_minute, SAMPLES_A_CALL, err);
}

static bool
drop_rows(struct store *store, const struct store_keep *keep, struct err *err)
{
	int64_t journal = keep->journal_rows ? keep->journal_rows : STORE_PRUNE_JOURNAL;
	int64_t intents = keep->intent_rows ? keep->intent_rows : STORE_PRUNE_INTENTS;
	int64_t outbox = keep->outbox_rows ? keep->outbox_rows : STORE_PRUNE_OUTBOX;

	return run(store, "drop told messages",
		   "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"
		   " WHERE delivered <= ?1 LIMIT ?2)",
		   INT64_MAX, ROWS_A_CALL, err) &&
	       run(store, "give up messages",
		   "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"
		   " WHERE delivered IS NULL AND dead IS NULL"
		   " ORDER BY id LIMIT max(0, min(?2, (SELECT count(*) FROM outbox"
		   " WHERE delivered IS NULL AND dead IS NULL) - ?1)))",
		   outbox, ROWS_A_CALL, err) &&
	       run(store, "drop old dead letters",
		   "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE dead IS NOT NULL"
		   " ORDER BY id LIMIT max(0, min(?2, (SELECT count(*) FROM outbox"
		   " WHERE dead IS NOT NULL) - ?1)))",
		   outbox, ROWS_A_CALL, err) &&
	       run(store, "drop old journal entries",
		   "DELETE FROM journal WHERE id IN (SELECT id FROM journal"
		   " WHERE id <= (SELECT max(id) FROM journal) - ?1 ORDER BY id LIMIT ?2)",
		   journal, ROWS_A_CALL, err) &&
	       run(store, "drop old intents",
		   "DELETE FROM intents WHERE id IN (SELECT id FROM intents"
		   " WHERE id <= (SELECT max(id) FROM intents) - ?1 AND closed IS NOT NULL"
		   " ORDER BY id LIMIT ?2)",
		   intents, ROWS_A_CALL, err);
}

/* A reader that stays (a shell, a backup) keeps the log from being cut: then the next call may. */
static void
cut_log(struct store *store)
{
	if (store_files_size(store->path, "-wal") <= WAL_MANY)
		return;
	sqlite3_busy_timeout(store->db, 0);
	sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(store->db, STORE_SQL_BUSY_MS);
}

bool
store_prune(struct store *store, int64_t now, const struct store_keep *keep, struct err *err)
{
	int64_t hour = now / 3600;
	int64_t minutes_end = (hour - (int64_t)keep->minutes_days * DAY_HOURS) * 60;
	int64_t hours_end = hour - (int64_t)keep->hours_days * DAY_HOURS;

	if (!store_begin(store, err))
		return false;
	if (!make_hours(store, minutes_end, err) || !drop_samples(store, minutes_end, err) ||
	    !drop_findings(store, minutes_end, err) ||
	    (keep->hours_days && !drop_hours(store, hours_end, err)) ||
	    !drop_rows(store, keep, err)) {
		store_rollback(store);
		return false;
	}
	if (!store_commit(store, err))
		return false;
	cut_log(store);
	store_files_keep_reserve(store->path);
	return true;
}
