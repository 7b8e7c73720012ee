#include "daemon/store/store_cursors.h"

#include "daemon/store/store_sql.h"

bool
store_cursors_put(struct store *store, const char *source, struct span bytes, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "keep a cursor",
					       "INSERT INTO cursors (source, bytes) VALUES (?1, ?2)"
					       " ON CONFLICT DO UPDATE SET bytes = excluded.bytes");

	store_sql_text(&sql, span_of(source));
	store_sql_blob(&sql, bytes);
	return store_sql_end(&sql, err);
}

bool
store_cursors_get(struct store *store, const char *source, char *out, size_t room,
		  size_t *length_out, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "read a cursor",
					       "SELECT bytes FROM cursors WHERE source = ?1");
	size_t length = 0;

	store_sql_text(&sql, span_of(source));
	if (store_sql_row(&sql))
		store_sql_copy_at(&sql, 0, out, room, &length);
	if (!store_sql_end(&sql, err))
		return false;
	*length_out = length;
	return true;
}

static bool
drop_open(struct store *store, const char *source, struct span key, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "close a queue id", "DELETE FROM open_ids WHERE source = ?1 AND key = ?2");

	store_sql_text(&sql, span_of(source));
	store_sql_blob(&sql, key);
	return store_sql_end(&sql, err);
}

bool
store_cursors_put_open(struct store *store, const char *source, struct span key, struct span value,
		       struct err *err)
{
	struct store_sql sql;

	if (value.len == 0)
		return drop_open(store, source, key, err);
	sql = store_sql_start(store, "keep an open queue id",
			      "INSERT INTO open_ids (source, key, value) VALUES (?1, ?2, ?3)"
			      " ON CONFLICT DO UPDATE SET value = excluded.value");
	store_sql_text(&sql, span_of(source));
	store_sql_blob(&sql, key);
	store_sql_blob(&sql, value);
	return store_sql_end(&sql, err);
}

bool
store_cursors_forget_open(struct store *store, const char *source, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "close all queue ids of a source",
					       "DELETE FROM open_ids WHERE source = ?1");

	store_sql_text(&sql, span_of(source));
	return store_sql_end(&sql, err);
}

bool
store_cursors_each_open(struct store *store, const char *source, store_cursors_row *row, void *ctx,
			struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "read the open queue ids",
				"SELECT key, value FROM open_ids WHERE source = ?1 ORDER BY key");

	store_sql_text(&sql, span_of(source));
	while (store_sql_row(&sql))
		row(ctx, store_sql_span_at(&sql, 0), store_sql_span_at(&sql, 1));
	return store_sql_end(&sql, err);
}

bool
store_cursors_each(struct store *store, struct span prefix, store_cursors_cursor *each, void *ctx,
		   struct err *err)
{
	struct store_sql sql = store_sql_start(store, "read the cursors",
					       "SELECT source, bytes FROM cursors"
					       " WHERE substr(source, 1, length(?1)) = ?1");

	store_sql_text(&sql, prefix);
	while (store_sql_row(&sql))
		each(ctx, store_sql_span_at(&sql, 0), store_sql_span_at(&sql, 1));
	return store_sql_end(&sql, err);
}
