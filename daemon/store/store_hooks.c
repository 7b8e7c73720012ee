#include "daemon/store/store_hooks.h"

#include "daemon/store/store_sql.h"

_Static_assert(STORE_HOOKS_PAYLOAD == STORE_OUTBOX_PAYLOAD, "an alert keeps an item's payload");

static bool
read_counts(struct store *store, const char *hook, struct store_hooks_state *out, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "count a hook's outbox",
		"SELECT (SELECT count(*) FROM outbox WHERE hook = ?1 AND delivered IS NULL"
		"  AND dead IS NULL),"
		" (SELECT count(*) FROM outbox WHERE hook = ?1 AND dead IS NOT NULL),"
		" (SELECT attempts > 0 FROM outbox WHERE hook = ?1 AND delivered IS NULL"
		"  AND dead IS NULL ORDER BY test DESC, id LIMIT 1)");

	store_sql_text(&sql, span_of(hook));
	if (store_sql_row(&sql)) {
		out->waiting = (uint64_t)store_sql_integer_at(&sql, 0);
		out->dead = (uint64_t)store_sql_integer_at(&sql, 1);
		out->failing = store_sql_integer_at(&sql, 2) != 0;
	}
	return store_sql_end(&sql, err);
}

bool
store_hooks_state(struct store *store, const char *hook, struct store_hooks_state *out,
		  struct err *err)
{
	struct store_sql sql = store_sql_start(store, "read the state of a hook",
					       "SELECT told, told_at, failed, failed_at, why"
					       " FROM hook_states WHERE hook = ?1");
	struct store_hooks_state state = { 0 };

	store_sql_text(&sql, span_of(hook));
	if (store_sql_row(&sql)) {
		state.told = store_sql_integer_at(&sql, 0);
		state.told_at = store_sql_integer_at(&sql, 1);
		state.failed = store_sql_integer_at(&sql, 2);
		state.failed_at = store_sql_integer_at(&sql, 3);
		store_sql_copy_at(&sql, 4, state.why, sizeof(state.why), NULL);
	}
	if (!store_sql_end(&sql, err) || !read_counts(store, hook, &state, err))
		return false;
	*out = state;
	return true;
}

bool
store_hooks_told(struct store *store, const char *hook, int64_t item, int64_t now, struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "note a hook's success",
				"INSERT INTO hook_states (hook, told, told_at) VALUES (?1, ?2, ?3)"
				" ON CONFLICT DO UPDATE SET told = ?2, told_at = ?3");

	store_sql_text(&sql, span_of(hook));
	store_sql_integer(&sql, item);
	store_sql_integer(&sql, now);
	return store_sql_end(&sql, err);
}

bool
store_hooks_failed(struct store *store, const char *hook, int64_t item, int64_t now,
		   const char *why, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "note a hook's failure",
		"INSERT INTO hook_states (hook, failed, failed_at, why) VALUES (?1, ?2, ?3, ?4)"
		" ON CONFLICT DO UPDATE SET failed = ?2, failed_at = ?3, why = ?4");

	store_sql_text(&sql, span_of(hook));
	store_sql_integer(&sql, item);
	store_sql_integer(&sql, now);
	store_sql_text(&sql, span_of(why));
	return store_sql_end(&sql, err);
}

bool
store_hooks_alert(struct store *store, const char *hook, const char *domain, const char *alert,
		  struct store_hooks_alert *out, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "read a hook's alert",
					       "SELECT item, firing, payload FROM hook_alerts"
					       " WHERE hook = ?1 AND domain = ?2 AND alert = ?3");

	out->item = 0;
	out->firing = false;
	out->payload[0] = '\0';
	store_sql_text(&sql, span_of(hook));
	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, span_of(alert));
	if (store_sql_row(&sql)) {
		out->item = store_sql_integer_at(&sql, 0);
		out->firing = store_sql_integer_at(&sql, 1) != 0;
		store_sql_copy_at(&sql, 2, out->payload, sizeof(out->payload), NULL);
	}
	return store_sql_end(&sql, err);
}

bool
store_hooks_note(struct store *store, int64_t item, const char *domain, const char *alert,
		 bool firing, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "note a hook's alert",
		"INSERT OR REPLACE INTO hook_alerts (hook, domain, alert, item, firing, payload)"
		" SELECT hook, ?2, ?3, id, ?4, payload FROM outbox WHERE id = ?1");

	store_sql_integer(&sql, item);
	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, span_of(alert));
	store_sql_integer(&sql, firing);
	return store_sql_end(&sql, err);
}

bool
store_hooks_quiet(struct store *store, const char *hook, const char *domain, const char *alert,
		  struct err *err)
{
	struct store_sql sql = store_sql_start(store, "let a hook's alert rest",
					       "UPDATE hook_alerts SET firing = 0 WHERE hook = ?1"
					       " AND (?3 = '' OR (domain = ?2 AND alert = ?3))");

	store_sql_text(&sql, span_of(hook));
	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, span_of(alert ? alert : ""));
	return store_sql_end(&sql, err);
}

bool
store_hooks_firing(struct store *store, const char *hook,
		   void (*each)(void *ctx, struct span payload), void *ctx, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "read a hook's alerts",
					       "SELECT payload FROM hook_alerts"
					       " WHERE hook = ?1 AND firing = 1 ORDER BY item");

	store_sql_text(&sql, span_of(hook));
	while (store_sql_row(&sql))
		each(ctx, store_sql_span_at(&sql, 0));
	return store_sql_end(&sql, err);
}

bool
store_hooks_each(struct store *store, void (*each)(void *ctx, struct span hook), void *ctx,
		 struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "look for alerts", "SELECT DISTINCT hook FROM hook_alerts WHERE firing = 1");

	while (store_sql_row(&sql))
		each(ctx, store_sql_span_at(&sql, 0));
	return store_sql_end(&sql, err);
}
