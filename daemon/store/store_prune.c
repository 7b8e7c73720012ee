#include "daemon/store/store_prune.h"

#include "daemon/store/store_files.h"
#include "daemon/store/store_sql.h"

#define HOURS_A_CALL 24	 /* hours made of minutes in one call */
#define ROWS_A_CALL 1000 /* rows dropped of a table in one call */
#define NAMES_MANY 4096	 /* names are looked through only when there are more */
#define DAY_HOURS 24
#define WAL_MANY 16777216 /* bytes: from here the log is cut by force */

/* Runs a statement with two numbers; adds the rows it touched. */
static bool
run(struct store *store, const char *doing, const char *text, int64_t a, int64_t b, int64_t *rows,
    struct err *err)
{
	struct store_sql sql = store_sql_start(store, doing, text);

	store_sql_integer(&sql, a);
	store_sql_integer(&sql, b);
	if (!store_sql_end(&sql, err))
		return false;
	*rows = sqlite3_changes(store->db);
	return true;
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
make_hours(struct store *store, int64_t end_minute, bool *more, struct err *err)
{
	int64_t oldest = end_minute, to, rows;

	if (!number(store, "SELECT ifnull(min(minute), 9223372036854775807) FROM count_minutes",
		    &oldest, err))
		return false;
	if (oldest >= end_minute)
		return true;
	to = (oldest - (oldest % 60 + 60) % 60) + HOURS_A_CALL * 60;
	if (to < end_minute)
		*more = true;
	else
		to = end_minute;
	return run(store, "make hours of minutes",
		   "INSERT INTO count_hours (hour, source, domain, kind, count)"
		   " SELECT (minute - (minute % 60 + 60) % 60) / 60, source, domain, kind, "
		   "sum(count)"
		   " FROM count_minutes WHERE minute >= ?1 AND minute < ?2"
		   " GROUP BY 1, source, domain, kind"
		   " ON CONFLICT DO UPDATE SET count = count + excluded.count",
		   oldest, to, &rows, err) &&
	       run(store, "drop minutes",
		   "DELETE FROM count_minutes WHERE minute >= ?1 AND minute < ?2", oldest, to,
		   &rows, err);
}

static bool
drop_hours(struct store *store, int64_t end_hour, bool *more, struct err *err)
{
	int64_t rows, names = 0;

	if (!run(store, "drop old hours",
		 "DELETE FROM count_hours WHERE (hour, source, domain, kind) IN"
		 " (SELECT hour, source, domain, kind FROM count_hours WHERE hour < ?1 LIMIT ?2)",
		 end_hour, ROWS_A_CALL, &rows, err))
		return false;
	if (rows == 0)
		return true;
	*more |= rows == ROWS_A_CALL;
	if (!number(store, "SELECT count(*) FROM names", &names, err))
		return false;
	return names <= NAMES_MANY ||
	       store_sql_run(
		       store, "drop unused names",
		       "DELETE FROM names WHERE id NOT IN"
		       " (SELECT source FROM count_minutes UNION SELECT source FROM count_hours"
		       " UNION SELECT domain FROM count_minutes"
		       " UNION SELECT domain FROM count_hours"
		       " UNION SELECT kind FROM count_minutes"
		       " UNION SELECT kind FROM count_hours)",
		       err);
}

static bool
drop_rows(struct store *store, const struct store_prune_keep *keep, struct store_prune_done *done,
	  struct err *err)
{
	int64_t rows = 0;

	if (!run(store, "drop told messages",
		 "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"
		 " WHERE delivered <= ?1 LIMIT ?2)",
		 INT64_MAX, ROWS_A_CALL, &rows, err))
		return false;
	done->more |= rows == ROWS_A_CALL;
	if (keep->outbox_rows &&
	    !run(store, "give up messages",
		 "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE delivered IS NULL"
		 " ORDER BY id LIMIT max(0, min(?2, (SELECT count(*) FROM outbox"
		 " WHERE delivered IS NULL) - ?1)))",
		 keep->outbox_rows, ROWS_A_CALL, &done->given_up, err))
		return false;
	if (keep->journal_rows &&
	    !run(store, "drop old journal entries",
		 "DELETE FROM journal WHERE id IN (SELECT id FROM journal"
		 " WHERE id <= (SELECT max(id) FROM journal) - ?1 ORDER BY id LIMIT ?2)",
		 keep->journal_rows, ROWS_A_CALL, &rows, err))
		return false;
	done->more |= done->given_up == ROWS_A_CALL || rows == ROWS_A_CALL;
	return !keep->intent_rows ||
	       run(store, "drop old intents",
		   "DELETE FROM intents WHERE id IN (SELECT id FROM intents"
		   " WHERE id <= (SELECT max(id) FROM intents) - ?1 AND closed IS NOT NULL"
		   " ORDER BY id LIMIT ?2)",
		   keep->intent_rows, ROWS_A_CALL, &rows, err);
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
store_prune(struct store *store, int64_t now, const struct store_prune_keep *keep,
	    struct store_prune_done *done_out, struct err *err)
{
	struct store_prune_done done = { .more = false };
	int64_t hour = now / 3600;
	bool good;

	if (!store_begin(store, err))
		return false;
	good = make_hours(store, (hour - (int64_t)keep->minutes_days * DAY_HOURS) * 60, &done.more,
			  err) &&
	       (!keep->hours_days ||
		drop_hours(store, hour - (int64_t)keep->hours_days * DAY_HOURS, &done.more, err)) &&
	       drop_rows(store, keep, &done, err);
	if (!good) {
		store_rollback(store);
		return false;
	}
	if (!store_commit(store, err))
		return false;
	cut_log(store);
	store_files_keep_reserve(store->path);
	if (done_out)
		*done_out = done;
	return true;
}
