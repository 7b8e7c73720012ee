#include "daemon/core/series.h"

#include <string.h>

bool
series_init(struct series *series, int64_t from, int64_t to, int64_t step)
{
	if (step <= 0 || step % SERIES_MINUTE || from < 0 || to <= from)
		return false;
	from -= from % SERIES_MINUTE;
	if ((to - from + step - 1) / step > SERIES_POINTS)
		return false;
	memset(series, 0, sizeof(*series));
	series->from = from;
	series->step = step;
	series->count = (unsigned)((to - from + step - 1) / step);
	return true;
}

static struct series_point *
at(struct series *series, int64_t minute)
{
	int64_t time = minute * SERIES_MINUTE;

	if (time < series->from || time >= series->from + series->step * series->count)
		return NULL;
	return &series->points[(time - series->from) / series->step];
}

void
series_count(struct series *series, int64_t minute, enum event_kind kind, int64_t count,
	     bool dropped)
{
	struct series_point *point = at(series, minute);

	if (point && event_loads(kind)) {
		point->bounces += count;
		point->bounces_dropped += dropped ? count : 0;
	}
	if (point && kind == EVENT_MAIL_ACCEPTED) {
		point->mail += count;
		point->mail_dropped += dropped ? count : 0;
	}
}

/* A step of several minutes shows the one with the most evidence, of a surge if there was one, and
 * whether it was ever on. */
void
series_find(struct series *series, const struct series_finding *finding)
{
	struct series_point *point = at(series, finding->minute);
	bool surge, split, shown;

	if (!point)
		return;
	surge = finding->surge || point->finding.surge;
	split = finding->split || point->finding.split;
	shown = finding->surge != point->finding.surge
			? finding->surge
			: finding->evidence > point->finding.evidence;
	if (!point->known || shown)
		point->finding = *finding;
	point->known = true;
	point->finding.surge = surge;
	point->finding.split = split;
}

void
series_note(struct series_finding *minute, int64_t now, const struct finding *finding, bool split)
{
	bool first = minute->minute != now / SERIES_MINUTE;
	bool was_surge = !first && minute->surge, was_split = !first && minute->split;

	if (first || (!was_surge && (finding->surge || finding->evidence >= minute->evidence)))
		*minute = (struct series_finding){ .minute = now / SERIES_MINUTE,
						   .expected = finding->expected,
						   .upper = finding->upper,
						   .evidence = finding->evidence,
						   .threshold = finding->threshold,
						   .excess = finding->excess,
						   .lasting = finding->lasting,
						   .needed = finding->needed_excess };
	minute->surge = was_surge || finding->surge;
	minute->split = was_split || split;
}
