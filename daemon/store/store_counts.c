#include "daemon/store/store_counts.h"

#include "daemon/core/hash.h"
#include "daemon/store/store_sql.h"

static const char add_count[] = "INSERT INTO count_minutes (minute, source, domain, kind, count)"
				" VALUES (?1, ?2, ?3, ?4, ?5)"
				" ON CONFLICT DO UPDATE SET count = count + excluded.count";
static const char add_name[] = "INSERT INTO names (name) VALUES (?1) ON CONFLICT DO NOTHING";

/* The name's id, 0 when it has none. Within a transaction nobody else changes names. */
static bool
find(struct store *store, struct span name, int64_t *id_out, struct err *err)
{
	unsigned place = hash_span(name, 0) % STORE_SQL_NAMES;
	struct span known = { store->known[place].text, store->known[place].length };
	struct store_sql sql;

	*id_out = store->known[place].id;
	if (*id_out && store->in_transaction && span_equal(known, name))
		return true;
	sql = store_sql_start(store, "find a name", "SELECT id FROM names WHERE name = ?1");
	store_sql_text(&sql, name);
	*id_out = store_sql_row(&sql) ? store_sql_integer_at(&sql, 0) : 0;
	if (!store_sql_end(&sql, err))
		return false;
	if (*id_out && name.len <= STORE_SQL_NAME) {
		memcpy(store->known[place].text, name.at, name.len);
		store->known[place].length = name.len;
		store->known[place].id = *id_out;
	}
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

/* The id of a name, which is made when it has none. */
static bool
need(struct store *store, struct span name, int64_t *id_out, struct err *err)
{
	return find(store, name, id_out, err) &&
	       (*id_out || (learn(store, name, err) && find(store, name, id_out, err)));
}

/* Strangers choose the domains that they write to. */
static bool
need_domain(struct store *store, struct span name, int64_t *id_out, struct err *err)
{
	bool room;

	if (!find(store, name, id_out, err))
		return false;
	if (*id_out)
		return true;
	return has_room(store, &room, err) && need(store, room ? name : SPAN("other"), id_out, err);
}

bool
store_counts_add(struct store *store, const char *source, struct span domain, enum event_kind kind,
		 int64_t minute, int64_t delta, struct err *err)
{
	int64_t source_id, domain_id, kind_id;
	struct store_sql sql;

	if (!need(store, span_of(source), &source_id, err) ||
	    !need(store, span_of(event_name(kind)), &kind_id, err) ||
	    !need_domain(store, domain, &domain_id, err))
		return false;
	sql = store_sql_start(store, "add a count", add_count);
	store_sql_integer(&sql, minute);
	store_sql_integer(&sql, source_id);
	store_sql_integer(&sql, domain_id);
	store_sql_integer(&sql, kind_id);
	store_sql_integer(&sql, delta);
	return store_sql_end(&sql, err);
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
