#include "daemon/store/store_findings.h"

#include "daemon/store/store_sql.h"

bool
store_findings_put(struct store *store, const char *domain, const struct series_finding *minute,
		   struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "keep what was found in a minute",
		"INSERT OR REPLACE INTO finding_minutes (minute, domain, expected, upper, evidence,"
		" threshold, excess, lasting, needed, surge, split)"
		" SELECT ?1, id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM names WHERE name = ?11");

	store_sql_integer(&sql, minute->minute);
	store_sql_real(&sql, minute->expected);
	store_sql_real(&sql, minute->upper);
	store_sql_real(&sql, minute->evidence);
	store_sql_real(&sql, minute->threshold);
	store_sql_real(&sql, minute->excess);
	store_sql_real(&sql, minute->lasting);
	store_sql_real(&sql, minute->needed);
	store_sql_integer(&sql, minute->surge);
	store_sql_integer(&sql, minute->split);
	store_sql_text(&sql, span_of(domain));
	return store_sql_end(&sql, err);
}

bool
store_findings_series(struct store *store, const char *domain, int64_t from_minute,
		      int64_t to_minute, store_findings_minute *each, void *ctx, struct err *err)
{
	struct store_sql sql = store_sql_start(
		store, "read what was found",
		"SELECT minute, expected, upper, evidence, threshold, excess, lasting, needed,"
		" surge, split FROM finding_minutes WHERE minute >= ?1 AND minute < ?2"
		" AND domain = (SELECT id FROM names WHERE name = ?3) ORDER BY minute");

	store_sql_integer(&sql, from_minute);
	store_sql_integer(&sql, to_minute);
	store_sql_text(&sql, span_of(domain));
	while (store_sql_row(&sql)) {
		struct series_finding minute = { .minute = store_sql_integer_at(&sql, 0),
						 .expected = store_sql_real_at(&sql, 1),
						 .upper = store_sql_real_at(&sql, 2),
						 .evidence = store_sql_real_at(&sql, 3),
						 .threshold = store_sql_real_at(&sql, 4),
						 .excess = store_sql_real_at(&sql, 5),
						 .lasting = store_sql_real_at(&sql, 6),
						 .needed = store_sql_real_at(&sql, 7),
						 .surge = store_sql_integer_at(&sql, 8) != 0,
						 .split = store_sql_integer_at(&sql, 9) != 0 };

		each(ctx, &minute);
	}
	return store_sql_end(&sql, err);
}
