#include "web/series.h"

#include "daemon/base/when.h"
#include "web/pages.h"
#include "web/problem.h"
#include "web/query.h"
#include "web/render.h"

#include <math.h>
#include <stdlib.h>

static void
add_number(json_t *list, bool known, double value)
{
	json_array_append_new(list, known && isfinite(value) ? json_real(value) : json_null());
}

static void
add_flag(json_t *list, bool known, bool value)
{
	json_array_append_new(list, known ? json_boolean(value) : json_null());
}

enum column {
	BOUNCES,
	BOUNCES_AT_DROPPED,
	MAIL,
	MAIL_AT_DROPPED,
	EXPECTED,
	UPPER,
	EVIDENCE,
	THRESHOLD,
	EXCESS,
	LASTING,
	NEEDED,
	SURGE,
	SPLIT,
	COLUMNS
};

static const char *const names[COLUMNS] = { "bounces",
					    "bounces_at_dropped",
					    "mail",
					    "mail_at_dropped",
					    "expected_per_minute",
					    "upper_per_minute",
					    "evidence",
					    "threshold",
					    "excess",
					    "lasting",
					    "needed_excess",
					    "surge",
					    "split" };

static void
add_point(json_t *const columns[COLUMNS], const struct series_point *point)
{
	const struct series_finding *finding = &point->finding;
	bool known = point->known;

	json_array_append_new(columns[BOUNCES], json_integer(point->bounces));
	json_array_append_new(columns[BOUNCES_AT_DROPPED], json_integer(point->bounces_dropped));
	json_array_append_new(columns[MAIL], json_integer(point->mail));
	json_array_append_new(columns[MAIL_AT_DROPPED], json_integer(point->mail_dropped));
	add_number(columns[EXPECTED], known, finding->expected);
	add_number(columns[UPPER], known, finding->upper);
	add_number(columns[EVIDENCE], known, finding->evidence);
	add_number(columns[THRESHOLD], known, finding->threshold);
	add_number(columns[EXCESS], known, finding->excess);
	add_number(columns[LASTING], known && finding->lasting > 0, finding->lasting);
	add_number(columns[NEEDED], known, finding->needed);
	add_flag(columns[SURGE], known, finding->surge);
	add_flag(columns[SPLIT], known, finding->split);
}

static json_t *
render(const char *domain, const struct series *series)
{
	json_t *columns[COLUMNS], *all;
	char from[WHEN_TEXT];

	when_rfc3339(series->from * WHEN_SECOND_US, from);
	all = json_pack("{s:o, s:s, s:I, s:i}", "domain", render_text(domain), "from", from, "step",
			(json_int_t)series->step, "points", (int)series->count);
	for (int i = 0; i < COLUMNS; i++) {
		columns[i] = json_array();
		json_object_set_new(all, names[i], columns[i]);
	}
	for (unsigned i = 0; i < series->count; i++)
		add_point(columns, &series->points[i]);
	return all;
}

bool
series_page(const struct routes_call *call, struct reply *reply)
{
	struct query_number numbers[] = {
		{ .name = "from", .most = INT32_MAX },
		{ .name = "to", .most = INT32_MAX, .value = (uint64_t)call->request->now },
		{ .name = "step", .least = SERIES_MINUTE, .most = 86400, .value = SERIES_MINUTE },
	};
	const struct snapshot_domain *domain = pages_find(call, reply);
	const struct web_deps *deps = &call->site->deps;
	struct err err = { 0 };
	struct series *series;
	int64_t from, to;
	bool ok;

	if (!domain || !query_read(call->request->query, numbers, 3, reply))
		return false;
	to = (int64_t)numbers[1].value;
	from = numbers[0].given ? (int64_t)numbers[0].value : to - SERIES_FOR;
	series = malloc(sizeof(*series));
	if (!series)
		return problem_set(reply, 503, "out of memory");
	if (!series_init(series, from, to, (int64_t)numbers[2].value)) {
		free(series);
		return problem_set(reply, 400,
				   "wanted from before to, step in whole minutes, and at most %d "
				   "steps",
				   SERIES_POINTS);
	}
	ok = deps->series(deps->ctx, domain->name, series, &err);
	if (ok)
		render_reply(reply, 200, "application/json", render(domain->name, series));
	else
		problem_err(reply, &err);
	free(series);
	return ok;
}
