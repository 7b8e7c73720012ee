#include "daemon/core/detect.h"

#include <math.h>
#include <string.h>

/* Numbers that a detector can have made: stored bytes may be damaged. */
static bool
is_sane(const struct detect *detect)
{
	const struct season *season = &detect->season;
	double sum = detect->seen + detect->arrived + detect->gap + detect->credit +
		     detect->slot_seconds + detect->slot_count + detect->minute_seconds +
		     detect->minute_count + detect->quiet + detect->surges + season->level_count +
		     season->level_table + season->level_arrived + season->prior;

	for (int i = 0; i < SEASON_HOURS; i++) {
		if (season->count[i] < 0 || season->seconds[i] < 0)
			return false;
		sum += season->count[i] + season->seconds[i];
	}
	for (unsigned i = 0; i < detect->burst.kept; i++)
		sum += detect->burst.largest[i];
	return isfinite(sum) && detect->time >= 0 && detect->slot_seconds >= 0 &&
	       detect->slot_seconds <= SPREAD_SLOT;
}

bool
detect_load(struct detect *detect, const void *bytes, size_t length)
{
	struct detect stored;

	if (length != sizeof(stored))
		return false;
	memcpy(&stored, bytes, sizeof(stored));
	if (stored.version != DETECT_VERSION || stored.burst.kept > BURST_KEPT ||
	    stored.recent.next >= RECENT_SLOTS || !is_sane(&stored))
		return false;
	*detect = stored;
	return true;
}
