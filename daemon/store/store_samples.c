#include "daemon/store/store_samples.h"

#include "daemon/store/store_sql.h"

static bool
learn(struct store *store, const char *mta, const char *name, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "keep the name of a counter",
		"INSERT INTO series (mta, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING");

	store_sql_text(&sql, span_of(mta));
	store_sql_text(&sql, span_of(name));
	return store_sql_end(&sql, err);
}

static bool
put(struct store *store, const char *mta, const char *name, const struct board_minute *minute,
    bool *known_out, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "keep a counter's minute",
		"INSERT INTO sample_minutes (minute, series, last, least, greatest)"
		" SELECT ?1, id, ?2, ?3, ?4 FROM series WHERE mta = ?5 AND name = ?6"
		" ON CONFLICT DO UPDATE SET last = excluded.last,"
		" least = min(least, excluded.least), greatest = max(greatest, excluded.greatest)");

	store_sql_integer(&sql, minute->minute);
	store_sql_real(&sql, minute->last);
	store_sql_real(&sql, minute->least);
	store_sql_real(&sql, minute->greatest);
	store_sql_text(&sql, span_of(mta));
	store_sql_text(&sql, span_of(name));
	if (!store_sql_end(&sql, err))
		return false;
	*known_out = sqlite3_changes(store->db) > 0;
	return true;
}

bool
store_samples_put(struct store *store, const char *mta, const char *name,
		  const struct board_minute *minute, struct err *err)
{
	bool known;

	if (!put(store, mta, name, minute, &known, err))
		return false;
	return known ||
	       (learn(store, mta, name, err) && put(store, mta, name, minute, &known, err));
}

bool
store_samples_series(struct store *store, const char *mta, const char *name, int64_t from_minute,
		     int64_t to_minute, store_samples_point *point, void *ctx, struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "read a counter in time",
				"SELECT minute, last, least, greatest FROM sample_minutes"
				" WHERE minute >= ?1 AND minute < ?2 AND series ="
				" (SELECT id FROM series WHERE mta = ?3 AND name = ?4)"
				" ORDER BY minute");

	store_sql_integer(&sql, from_minute);
	store_sql_integer(&sql, to_minute);
	store_sql_text(&sql, span_of(mta));
	store_sql_text(&sql, span_of(name));
	while (store_sql_row(&sql)) {
		struct board_minute minute = { .minute = store_sql_integer_at(&sql, 0),
					       .last = store_sql_real_at(&sql, 1),
					       .least = store_sql_real_at(&sql, 2),
					       .greatest = store_sql_real_at(&sql, 3) };

		point(ctx, &minute);
	}
	return store_sql_end(&sql, err);
}
