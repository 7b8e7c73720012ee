#include "daemon/store/store_state.h"

#include "daemon/core/mx.h"
#include "daemon/store/store_sql.h"

static bool
drop(struct store *store, const char *domain, const char *name, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "forget a state", "DELETE FROM states WHERE domain = ?1 AND name = ?2");

	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, span_of(name));
	return store_sql_end(&sql, err);
}

bool
store_state_put(struct store *store, const char *domain, const char *name, struct span bytes,
		struct err *err)
{
	struct store_sql sql;

	if (bytes.len == 0)
		return drop(store, domain, name, err);
	sql = store_sql_start(store, "keep a state",
			      "INSERT INTO states (domain, name, bytes) VALUES (?1, ?2, ?3)"
			      " ON CONFLICT DO UPDATE SET bytes = excluded.bytes");
	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, span_of(name));
	store_sql_blob(&sql, bytes);
	return store_sql_end(&sql, err);
}

bool
store_state_get(struct store *store, const char *domain, const char *name, char *out, size_t room,
		size_t *length_out, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "read a state", "SELECT bytes FROM states WHERE domain = ?1 AND name = ?2");
	struct span bytes = { "", 0 };

	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, span_of(name));
	if (store_sql_row(&sql))
		bytes = store_sql_span_at(&sql, 0);
	if (bytes.len > room)
		bytes = SPAN("\0");
	memcpy(out, bytes.at, bytes.len);
	*length_out = bytes.len;
	return store_sql_end(&sql, err);
}

bool
store_state_each(struct store *store, const char *name, store_state_row *row, void *ctx,
		 struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "read the states of all domains",
				"SELECT domain, bytes FROM states WHERE name = ?1 ORDER BY domain");
	char domain[MX_NAME];

	store_sql_text(&sql, span_of(name));
	while (store_sql_row(&sql)) {
		store_sql_copy_at(&sql, 0, domain, sizeof(domain), NULL);
		if (sql.code == SQLITE_ROW)
			row(ctx, domain, store_sql_span_at(&sql, 1));
	}
	return store_sql_end(&sql, err);
}

static bool
drop_override(struct store *store, const char *domain, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "forget an override",
					       "DELETE FROM overrides WHERE domain = ?1");

	store_sql_text(&sql, span_of(domain));
	return store_sql_end(&sql, err);
}

bool
store_state_put_override(struct store *store, const char *domain, const struct override *override,
			 struct err *err)
{
	struct store_sql sql;

	if (override->order == ORDER_AUTO)
		return drop_override(store, domain, err);
	sql = store_sql_start(store, "keep an override",
			      "INSERT OR REPLACE INTO overrides"
			      " (domain, word, since, expires, by, reason)"
			      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, span_of(order_name(override->order)));
	store_sql_integer(&sql, override->since);
	store_sql_integer(&sql, override->expires);
	store_sql_text(&sql, span_of(override->by));
	store_sql_text(&sql, span_of(override->reason));
	return store_sql_end(&sql, err);
}

bool
store_state_get_override(struct store *store, const char *domain, struct override *override_out,
			 struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "read an override",
		"SELECT word, since, expires, by, reason FROM overrides WHERE domain = ?1");
	struct override override = { .order = ORDER_AUTO };

	store_sql_text(&sql, span_of(domain));
	if (store_sql_row(&sql) && order_from_name(store_sql_span_at(&sql, 0), &override.order)) {
		override.since = store_sql_integer_at(&sql, 1);
		override.expires = store_sql_integer_at(&sql, 2);
		store_sql_copy_at(&sql, 3, override.by, sizeof(override.by), NULL);
		store_sql_copy_at(&sql, 4, override.reason, sizeof(override.reason), NULL);
	}
	if (!store_sql_end(&sql, err))
		return false;
	*override_out = override;
	return true;
}
