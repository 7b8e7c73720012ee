#include "daemon/store/store_counts.h"

#include "daemon/store/store_sql.h"

static const char add_count[] = "INSERT INTO count_minutes (minute, source, domain, kind, count)"
				" SELECT ?1, s.id, d.id, k.id, ?2 FROM names s, names d, names k"
				" WHERE s.name = ?3 AND d.name = ?4 AND k.name = ?5"
				" ON CONFLICT DO UPDATE SET count = count + excluded.count";
static const char add_name[] = "INSERT INTO names (name) VALUES (?1) ON CONFLICT DO NOTHING";

/* Adds when the three names are known; says whether they were. */
static bool
add(struct store *store, const struct span names[3], int64_t minute, int64_t delta, bool *known,
    struct err *err)
{
	struct store_sql sql = store_sql_start(store, "add a count", add_count);

	store_sql_integer(&sql, minute);
	store_sql_integer(&sql, delta);
	for (unsigned i = 0; i < 3; i++)
		store_sql_text(&sql, names[i]);
	if (!store_sql_end(&sql, err))
		return false;
	*known = sqlite3_changes(store->db) > 0;
	return true;
}

static bool
learn(struct store *store, struct span name, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "keep a name", add_name);

	store_sql_text(&sql, name);
	if (!store_sql_end(&sql, err))
		return false;
	store->names += store->names && sqlite3_changes(store->db) > 0;
	return true;
}

/* Whether one more name has room. */
static bool
has_room(struct store *store, bool *room_out, struct err *err)
{
	if (store->names == 0) {
		struct store_sql sql =
			store_sql_start(store, "count names", "SELECT count(*) FROM names");

		if (store_sql_row(&sql))
			store->names = store_sql_integer_at(&sql, 0);
		if (!store_sql_end(&sql, err))
			return false;
	}
	*room_out = store->names < STORE_COUNTS_NAMES;
	return true;
}

bool
store_counts_know(struct store *store, const char *domain, struct err *err)
{
	return learn(store, span_of(domain), err);
}

bool
store_counts_add(struct store *store, const char *source, struct span domain, enum event_kind kind,
		 int64_t minute, int64_t delta, struct err *err)
{
	struct span names[3] = { span_of(source), domain, span_of(event_name(kind)) };
	bool known, room;

	if (!add(store, names, minute, delta, &known, err))
		return false;
	if (known)
		return true;
	if (!learn(store, names[0], err) || !learn(store, names[2], err) ||
	    !add(store, names, minute, delta, &known, err))
		return false;
	if (known)
		return true;
	if (!has_room(store, &room, err))
		return false;
	if (!room) /* strangers choose the domains that they write to */
		names[1] = SPAN("other");
	return learn(store, names[1], err) && add(store, names, minute, delta, &known, err);
}

/* The first hour that begins at or after this minute. */
static int64_t
hour_from(int64_t minute)
{
	return minute / 60 + (minute % 60 > 0);
}

static void
bind_range(struct store_sql *sql, int64_t from, int64_t to)
{
	if (from == 0 && to == 0) {
		from = INT64_MIN;
		to = INT64_MAX;
	}
	store_sql_integer(sql, from);
	store_sql_integer(sql, to);
	store_sql_integer(sql, hour_from(from));
	store_sql_integer(sql, hour_from(to));
}

bool
store_counts_totals(struct store *store, int64_t from_minute, int64_t to_minute,
		    store_counts_total *total, void *ctx, struct err *err)
{
	struct store_sql sql =
		store_sql_start(store, "sum counts",
				"SELECT d.name, k.name, c.count FROM"
				" (SELECT domain, kind, sum(count) AS count FROM"
				"   (SELECT domain, kind, count FROM count_minutes"
				"     WHERE minute >= ?1 AND minute < ?2"
				"    UNION ALL SELECT domain, kind, count FROM count_hours"
				"     WHERE hour >= ?3 AND hour < ?4)"
				"  GROUP BY domain, kind) c"
				" JOIN names d ON d.id = c.domain JOIN names k ON k.id = c.kind"
				" WHERE c.count != 0 ORDER BY d.name, k.name");

	bind_range(&sql, from_minute, to_minute);
	while (store_sql_row(&sql)) {
		enum event_kind kind;

		if (event_from_name(store_sql_span_at(&sql, 1), &kind))
			total(ctx, store_sql_span_at(&sql, 0), kind, store_sql_integer_at(&sql, 2));
	}
	return store_sql_end(&sql, err);
}

bool
store_counts_series(struct store *store, const char *domain, const char *source,
		    int64_t from_minute, int64_t to_minute, store_counts_point *point, void *ctx,
		    struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "read counts in time",
		"WITH d AS (SELECT id FROM names WHERE name = ?5),"
		" s AS (SELECT id FROM names WHERE ?6 = '' OR name = ?6),"
		" c AS (SELECT minute, kind, count FROM count_minutes"
		"   WHERE minute >= ?1 AND minute < ?2"
		"   AND domain = (SELECT id FROM d) AND source IN s"
		"  UNION ALL SELECT hour * 60, kind, count FROM count_hours"
		"   WHERE hour >= ?3 AND hour < ?4"
		"   AND domain = (SELECT id FROM d) AND source IN s)"
		" SELECT minute, k.name, sum(count) FROM c JOIN names k ON k.id = c.kind"
		" GROUP BY minute, c.kind HAVING sum(count) != 0 ORDER BY minute, k.name");

	bind_range(&sql, from_minute, to_minute);
	store_sql_text(&sql, span_of(domain));
	store_sql_text(&sql, source ? span_of(source) : SPAN(""));
	while (store_sql_row(&sql)) {
		enum event_kind kind;

		if (event_from_name(store_sql_span_at(&sql, 1), &kind))
			point(ctx, store_sql_integer_at(&sql, 0), kind,
			      store_sql_integer_at(&sql, 2));
	}
	return store_sql_end(&sql, err);
}

bool
store_counts_hours(struct store *store, int64_t *until_out, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "look for hours",
					       "SELECT ifnull(max(hour) + 1, 0) FROM count_hours");
	int64_t until = 0;

	if (store_sql_row(&sql))
		until = store_sql_integer_at(&sql, 0) * 3600;
	if (!store_sql_end(&sql, err))
		return false;
	*until_out = until;
	return true;
}
