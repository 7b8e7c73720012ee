#include "daemon/chart.h"

#include "daemon/engine.h"
#include "daemon/store/store_findings.h"

struct chart {
	struct series *series;
	bool dropped;
};

static void
count(void *ctx, int64_t minute, enum event_kind kind, int64_t number)
{
	struct chart *chart = ctx;

	series_count(chart->series, minute, kind, number, chart->dropped);
}

static void
find(void *ctx, const struct series_finding *minute)
{
	struct chart *chart = ctx;

	series_find(chart->series, minute);
}

bool
chart_read(struct engine *engine, const char *name, struct series *series, struct err *err)
{
	struct domain *domain = engine_domain(engine, name);
	struct chart chart = { .series = series };
	int64_t from = series->from / SERIES_MINUTE;
	int64_t to = from + series->step / SERIES_MINUTE * series->count;

	if (!domain)
		return err_set(err, ERR_INPUT, "no domain '%s' is configured", name);
	for (unsigned i = 0; i < engine->input_count; i++) {
		const struct config_source *source = engine->inputs[i]->config;

		chart.dropped = config_drops(domain->config, source->mta);
		if (!store_counts_series(engine->store, domain->display, source->name, from, to,
					 count, &chart, err))
			return false;
	}
	return store_findings_series(engine->store, domain->display, from, to, find, &chart, err);
}

bool
chart_note(struct domain *domain, int64_t now, struct err *err)
{
	struct series_finding *minute = &domain->minute;
	bool over = minute->minute && minute->minute != now / SERIES_MINUTE;

	if (over && !store_findings_put(domain->engine->store, domain->display, minute, err))
		return false;
	if (domain->finding.known)
		series_note(minute, now, &domain->finding,
			    domain->decide.shown == DECIDE_SHOWN_SPLIT);
	else if (over)
		minute->minute = 0;
	return true;
}
