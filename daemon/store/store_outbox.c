#include "daemon/store/store_outbox.h"

#include "daemon/store/store_sql.h"

bool
store_outbox_add(struct store *store, const char *hook, int64_t journal_id,
		 const char *payload_json, int64_t now, struct err *err)
{
	return store_outbox_put(store, hook, journal_id, payload_json, false, now, err);
}

bool
store_outbox_put(struct store *store, const char *hook, int64_t journal_id,
		 const char *payload_json, bool test, int64_t now, struct err *err)
{
	struct store_sql sql;

	if (strlen(hook) >= STORE_OUTBOX_HOOK || strlen(payload_json) >= STORE_OUTBOX_PAYLOAD)
		return err_set(err, ERR_INPUT,
			       "hook %.80s: its name or what it should be told is too long "
			       "(%zu bytes, at most %d)",
			       hook, strlen(payload_json), STORE_OUTBOX_PAYLOAD - 1);
	sql = store_sql_start(store, "add to the outbox",
			      "INSERT INTO outbox (hook, journal_id, payload, added, test)"
			      " VALUES (?1, ?2, ?3, ?4, ?5)");
	store_sql_text(&sql, span_of(hook));
	store_sql_integer(&sql, journal_id);
	store_sql_text(&sql, span_of(payload_json));
	store_sql_integer(&sql, now);
	store_sql_integer(&sql, test);
	return store_sql_end(&sql, err);
}

int64_t
store_outbox_last(const struct store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}

bool
store_outbox_next(struct store *store, const char *hook, int64_t now, bool *found_out,
		  struct store_outbox_item *out, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "read the outbox",
		"SELECT id, journal_id, not_before, attempts, hook, payload, test, added"
		" FROM outbox"
		" WHERE hook = ?1 AND delivered IS NULL AND dead IS NULL"
		" ORDER BY test DESC, id LIMIT 1");
	bool found = false;

	store_sql_text(&sql, span_of(hook));
	if (store_sql_row(&sql) && store_sql_integer_at(&sql, 2) <= now) {
		found = true;
		out->id = store_sql_integer_at(&sql, 0);
		out->journal_id = store_sql_integer_at(&sql, 1);
		out->not_before = store_sql_integer_at(&sql, 2);
		out->attempts = (unsigned)store_sql_integer_at(&sql, 3);
		store_sql_copy_at(&sql, 4, out->hook, sizeof(out->hook), NULL);
		store_sql_copy_at(&sql, 5, out->payload, sizeof(out->payload), NULL);
		out->test = store_sql_integer_at(&sql, 6) != 0;
		out->added = store_sql_integer_at(&sql, 7);
	}
	if (!store_sql_end(&sql, err))
		return false;
	*found_out = found;
	return true;
}

bool
store_outbox_done(struct store *store, int64_t id, int64_t now, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "note that a hook was told",
					       "UPDATE outbox SET delivered = ?2, why = ''"
					       " WHERE id = ?1 AND delivered IS NULL");

	store_sql_integer(&sql, id);
	store_sql_integer(&sql, now);
	return store_sql_end(&sql, err);
}

bool
store_outbox_retry(struct store *store, int64_t id, int64_t not_before, const char *why,
		   struct err *err)
{
	struct store_sql sql = store_sql_start(store, "note that a hook failed",
					       "UPDATE outbox SET attempts = attempts + 1,"
					       " not_before = ?2, why = ?3"
					       " WHERE id = ?1 AND delivered IS NULL");

	store_sql_integer(&sql, id);
	store_sql_integer(&sql, not_before);
	store_sql_text(&sql, span_of(why));
	return store_sql_end(&sql, err);
}

bool
store_outbox_clock_set(struct store *store, int64_t seconds, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "move the outbox with the clock",
					       "UPDATE outbox SET not_before = not_before + ?1"
					       " WHERE delivered IS NULL AND dead IS NULL"
					       " AND not_before > 0");

	store_sql_integer(&sql, seconds);
	return store_sql_end(&sql, err);
}

bool
store_outbox_waiting(struct store *store, uint64_t *waiting_out, uint64_t *failed_out,
		     struct err *err)
{
	struct store_sql sql = store_sql_start(store, "count the outbox",
					       "SELECT count(*), total(attempts > 0) FROM outbox"
					       " WHERE delivered IS NULL AND dead IS NULL");
	int64_t waiting = 0, failed = 0;

	if (store_sql_row(&sql)) {
		waiting = store_sql_integer_at(&sql, 0);
		failed = store_sql_integer_at(&sql, 1);
	}
	if (!store_sql_end(&sql, err))
		return false;
	*waiting_out = (uint64_t)waiting;
	*failed_out = (uint64_t)failed;
	return true;
}

bool
store_outbox_give_up(struct store *store, int64_t id, int64_t now, const char *why, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "keep a dead letter",
					       "UPDATE outbox SET dead = ?2, why = ?3,"
					       " attempts = attempts + 1"
					       " WHERE id = ?1 AND delivered IS NULL");

	store_sql_integer(&sql, id);
	store_sql_integer(&sql, now);
	store_sql_text(&sql, span_of(why));
	return store_sql_end(&sql, err);
}

bool
store_outbox_dead(struct store *store, const char *hook, unsigned most,
		  void (*each)(void *ctx, const struct store_outbox_dead *dead), void *ctx,
		  struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "read dead letters",
				"SELECT id, dead, attempts, why, payload FROM outbox"
				" WHERE hook = ?1 AND dead IS NOT NULL ORDER BY id DESC LIMIT ?2");
	struct store_outbox_dead dead;

	store_sql_text(&sql, span_of(hook));
	store_sql_integer(&sql, most);
	while (store_sql_row(&sql)) {
		dead.id = store_sql_integer_at(&sql, 0);
		dead.since = store_sql_integer_at(&sql, 1);
		dead.attempts = (unsigned)store_sql_integer_at(&sql, 2);
		dead.why = store_sql_span_at(&sql, 3);
		dead.payload = store_sql_span_at(&sql, 4);
		each(ctx, &dead);
	}
	return store_sql_end(&sql, err);
}

static bool
try_at_once(struct store *store, const char *hook, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "try waiting notices at once",
					       "UPDATE outbox SET not_before = 0"
					       " WHERE hook = ?1 AND delivered IS NULL"
					       " AND dead IS NULL AND not_before > 0");

	store_sql_text(&sql, span_of(hook));
	return store_sql_end(&sql, err);
}

bool
store_outbox_resend(struct store *store, const char *hook, unsigned *count_out, struct err *err)
{
	struct store_sql sql;

	if (!try_at_once(store, hook, err))
		return false;
	sql = store_sql_start(store, "send dead letters again",
			      "UPDATE outbox SET dead = NULL, attempts = 0,"
			      " not_before = 0"
			      " WHERE hook = ?1 AND dead IS NOT NULL");

	store_sql_text(&sql, span_of(hook));
	if (!store_sql_end(&sql, err))
		return false;
	*count_out = (unsigned)sqlite3_changes(store->db);
	return true;
}
