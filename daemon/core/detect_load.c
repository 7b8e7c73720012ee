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
	for (int s = 0; s < DETECT_SCALES; s++) {
		if (!(detect->burst[s] >= 0 && detect->lasting[s] >= 0))
			return false;
		sum += detect->burst[s] + detect->lasting[s];
	}
	for (int i = 0; i < EVIDENCE_MARKS; i++) {
		if (!(detect->learned.hits[i] >= 0 && detect->learned.all[i] >= 0))
			return false;
		sum += (double)detect->learned.hits[i] + (double)detect->learned.all[i];
	}
	sum += (double)detect->learned.sent_hour + (double)detect->learned.sent_usual +
	       (double)detect->learned.sent_seconds;
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
	if (stored.version != DETECT_VERSION || stored.scale >= DETECT_SCALES ||
	    stored.recent.next >= RECENT_SLOTS || stored.recent.next_block >= RECENT_BLOCKS ||
	    !is_sane(&stored))
		return false;
	*detect = stored;
	return true;
}
