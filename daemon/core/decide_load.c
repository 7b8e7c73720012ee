#include "daemon/core/decide.h"

#include <string.h>

#define TIME_MOST (INT64_C(1) << 40) /* no stored instant is later */

static bool
plausible(const struct decide *decide)
{
	const int64_t instants[] = {
		decide->now,	   decide->since,	 decide->split_since, decide->normal_since,
		decide->calm_seen, decide->unread_since, decide->drift_since, decide->outcome_at,
		decide->retry_at,  decide->read_at,	 decide->order_since, decide->order_expires
	};
	const uint32_t flags =
		decide->wanted_split | decide->ordered | decide->lagging | decide->refused;

	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++)
		if (instants[i] < 0 || instants[i] > TIME_MOST)
			return false;
	if (decide->splits > DECIDE_SPLITS || flags > 1)
		return false;
	for (unsigned i = 0; i < decide->splits; i++)
		if (decide->split_times[i] < 0 || decide->split_times[i] > TIME_MOST)
			return false;
	return decide->state <= DECIDE_WAITING && decide->sent <= DECIDE_DO_RESTORE &&
	       decide->sent != DECIDE_READ && decide->attempt <= DECIDE_DO_RESTORE &&
	       decide->shown <= DECIDE_SHOWN_DRIFT && decide->guard <= DECIDE_GUARD_COUNTERS &&
	       decide->paged <= DECIDE_GUARD_COUNTERS && decide->hold <= DECIDE_GUARD_COUNTERS &&
	       decide->failed <= DECIDE_UNKNOWN && decide->order <= ORDER_NORMAL &&
	       memchr(decide->why, '\0', sizeof(decide->why)) != NULL;
}

bool
decide_load(struct decide *decide, const void *bytes, size_t length)
{
	struct decide stored;

	if (length != sizeof(stored))
		return false;
	memcpy(&stored, bytes, sizeof(stored));
	if (stored.version != DECIDE_VERSION || !plausible(&stored))
		return false;
	*decide = stored;
	return true;
}
