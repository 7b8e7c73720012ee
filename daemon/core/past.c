#include "daemon/core/past.h"

#include <string.h>

#define CALM_ENOUGH (INT64_C(1) << 40) /* seconds; more is not counted */

static void
move(int64_t *instant, int64_t seconds)
{
	if (*instant) /* 0 is "never" */
		*instant = *instant + seconds > 0 ? *instant + seconds : 1;
}

void
past_move(struct decide *decide, int64_t seconds)
{
	int64_t *const instants[] = { &decide->since,	     &decide->split_since,
				      &decide->normal_since, &decide->unread_since,
				      &decide->drift_since,  &decide->outcome_at,
				      &decide->retry_at,     &decide->read_at };

	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++)
		move(instants[i], seconds);
	for (unsigned i = 0; i < decide->splits; i++)
		move(&decide->split_times[i], seconds);
}

/* When the clock steps back, every instant goes back with it: durations stay what they were. */
void
past_take_time(struct decide *decide, int64_t now)
{
	int64_t back = decide->now - now;

	decide->now = now;
	if (back > 0)
		past_move(decide, -back);
}

void
past_take_finding(struct decide *decide, const struct decide_in *in, int64_t passed)
{
	if (!in->sources_fresh || !in->finding.known)
		return; /* silence is neither surge nor calm */
	if (in->finding.surge) {
		decide->calm_seen = 0;
		return;
	}
	if (passed > 0 && decide->calm_seen < CALM_ENOUGH)
		decide->calm_seen += passed < DECIDE_STEP_MOST ? passed : DECIDE_STEP_MOST;
	decide->hold = DECIDE_GUARD_NONE;
}

void
past_add_split(struct decide *decide)
{
	unsigned old = 0;

	while (old < decide->splits && decide->now - decide->split_times[old] >= DECIDE_DAY)
		old++;
	if (old == 0 && decide->splits == DECIDE_SPLITS)
		old = 1;
	decide->splits -= old;
	memmove(decide->split_times, decide->split_times + old,
		decide->splits * sizeof(decide->split_times[0]));
	decide->split_times[decide->splits++] = decide->now;
}

unsigned
past_splits(const struct decide *decide, int64_t now)
{
	unsigned count = 0;

	for (unsigned i = 0; i < decide->splits; i++)
		count += now - decide->split_times[i] < DECIDE_DAY;
	return count;
}

int64_t
past_calm(const struct decide *decide, const struct decide_rules *rules)
{
	unsigned splits = past_splits(decide, decide->now);
	int64_t most = rules->calm > DECIDE_CALM_MOST ? rules->calm : DECIDE_CALM_MOST;
	int64_t calm = rules->calm;

	while (splits-- > 1 && calm < most)
		calm *= 2;
	return calm < most ? calm : most;
}
