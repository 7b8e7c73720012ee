#include "daemon/store/store_intents.h"

#include "daemon/store/store_sql.h"

/* The longest set: a TTL, and for each record two blanks, a preference and a name. */
#define SET_TEXT (16 + MX_RECORDS * (MX_NAME + 8))

static bool
insert(struct store *store, const char *domain, struct span from, struct span want, int64_t now,
       struct err *err)
{
	struct store_sql sql = store_sql_start(store, "keep an intent",
					       "INSERT INTO intents (domain, before, want, opened)"
					       " VALUES (?1, ?2, ?3, ?4)");

	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, from);
	store_sql_text(&sql, want);
	store_sql_integer(&sql, now);
	return store_sql_end(&sql, err);
}

bool
store_intents_open(struct store *store, const char *domain, const struct mx_set *from,
		   const struct mx_set *want, int64_t now, int64_t *id_out, struct err *err)
{
	char from_room[SET_TEXT], want_room[SET_TEXT];
	struct text from_text = TEXT(from_room), want_text = TEXT(want_room);
	struct span before, after;

	mx_print(from, &from_text);
	mx_print(want, &want_text);
	before = (struct span){ from_text.at, from_text.len };
	after = (struct span){ want_text.at, want_text.len };
	if (!insert(store, domain, before, after, now, err))
		return false;
	*id_out = sqlite3_last_insert_rowid(store->db);
	return true;
}

bool
store_intents_close(struct store *store, int64_t id, const char *result, int64_t now,
		    struct err *err)
{
	struct store_sql sql = store_sql_start(store, "close an intent",
					       "UPDATE intents SET closed = ?2, result = ?3"
					       " WHERE id = ?1 AND closed IS NULL");

	store_sql_integer(&sql, id);
	store_sql_integer(&sql, now);
	store_sql_text(&sql, span_of(result));
	return store_sql_end(&sql, err);
}

bool
store_intents_last_open(struct store *store, const char *domain, int64_t *id_out,
			struct mx_set *want_out, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "read the last intent",
					       "SELECT id, want, closed IS NULL FROM intents"
					       " WHERE domain = ?1 ORDER BY id DESC LIMIT 1");
	struct err why = { 0 };

	*id_out = 0;
	*want_out = (struct mx_set){ 0 };
	store_sql_text(&sql, span_of(domain));
	if (store_sql_row(&sql) && store_sql_integer_at(&sql, 2)) {
		*id_out = store_sql_integer_at(&sql, 0);
		if (!mx_parse(store_sql_span_at(&sql, 1), want_out, &why))
			want_out->count = 0;
	}
	return store_sql_end(&sql, err);
}
