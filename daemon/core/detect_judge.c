#include "daemon/core/detect_judge.h"

#include <math.h>

#define FADING 0.8 /* of the mean rate since the evidence began; less is running out */

static bool
differs(const struct detect *detect, double seconds, double count)
{
	return cusum_change(detect->arrived - count, detect->seen - seconds, count, seconds) >=
	       DETECT_THRESHOLD;
}

/* In the first day the expectation is little more than a guess: what was seen before must differ
 * from what came then. Evidence that began with the first bounce has no before: then any part of
 * the last ten minutes may be what differs. */
static bool
is_change(const struct detect *detect, const struct cusum *cusum)
{
	double seconds, count;

	if (detect->seen >= DETECT_OLD || differs(detect, cusum->slots * SPREAD_SLOT, cusum->count))
		return true;
	for (unsigned slots = 0; slots < RECENT_SLOTS; slots++) {
		recent_sum(&detect->recent, slots, &count, &seconds);
		if (differs(detect, seconds + detect->slot_seconds, count + detect->slot_count))
			return true;
	}
	return false;
}

/* A burst that is running out: the last minute brought little of what came since the evidence
 * began. Evidence younger than the minute is not fading. */
static bool
is_fading(const struct detect *detect, const struct cusum *cusum)
{
	double minute = detect->recent.minute_seconds + detect->slot_seconds;
	double count = detect->recent.minute_count + detect->slot_count;

	return count < FADING * cusum->count * fmin(1, minute / (cusum->slots * SPREAD_SLOT));
}

bool
detect_judge(const struct detect *detect, int scale)
{
	const struct cusum *cusum = &detect->cusum[scale];

	if (cusum->sum < DETECT_THRESHOLD ||
	    cusum->count - cusum->expected < detect->needed[scale] || !is_change(detect, cusum))
		return false;
	return detect->rules.pure || !is_fading(detect, cusum);
}
