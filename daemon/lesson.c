#include "daemon/lesson.h"

#include "daemon/engine.h"
#include "daemon/record.h"

#include <math.h>

#define SILENCE 15 /* minutes without an event that are still nought; as `mxsplitctl counts` */

struct lesson {
	struct detect now, calm; /* at the minute `last`, and when it was last calm */
	int64_t last;		 /* 0: none yet */
	double bounces;		 /* of the minute `last` */
};

static void
learn(struct lesson *lesson, int64_t minute, double bounces)
{
	struct detect_in in = { .time = (minute + 1) * 60,
				.period = 60,
				.count = fmax(bounces, 0) };
	struct finding finding;

	detect_step(&lesson->now, &in, &finding);
	if (!lesson->now.surge)
		lesson->calm = lesson->now;
}

/* Learns the minutes before this one. */
static void
advance(struct lesson *lesson, int64_t minute)
{
	if (lesson->last) {
		learn(lesson, lesson->last, lesson->bounces);
		for (int64_t at = lesson->last + 1; at < minute && minute - lesson->last <= SILENCE;
		     at++)
			learn(lesson, at, 0);
	}
	lesson->last = minute;
	lesson->bounces = 0;
}

static void
take(void *ctx, int64_t minute, enum event_kind kind, int64_t count)
{
	struct lesson *lesson = ctx;

	if (lesson->last != minute)
		advance(lesson, minute);
	if (event_loads(kind))
		lesson->bounces += (double)count;
}

bool
lesson_learn(struct domain *domain, int64_t now, struct err *err)
{
	struct lesson lesson = { .now = domain->detect, .calm = domain->detect };
	int64_t hours_until = 0;

	if (!store_counts_hours(domain->engine->store, &hours_until, err) ||
	    !store_counts_series(domain->engine->store, domain->display, NULL, hours_until / 60,
				 now / 60, take, &lesson, err))
		return false;
	if (!lesson.last)
		return true;
	advance(&lesson, now / 60);
	domain->detect = lesson.calm;
	if (lesson.calm.seen > 0)
		record(domain->engine, JOURNAL_START, domain->display, "",
		       "what is normal was learned from %.1f days of counts that were there",
		       lesson.calm.seen / 86400);
	return true;
}
