/*
 * The last ten minutes, in slots of 10 s.
 */
#ifndef CORE_RECENT_H
#define CORE_RECENT_H

#include <stdint.h>

#define RECENT_SLOTS 60
#define RECENT_MINUTE 6 /* slots */

struct recent {
	float count[RECENT_SLOTS];
	uint8_t seconds[RECENT_SLOTS];
	double all_count, minute_count; /* sums of all slots; of the latest RECENT_MINUTE */
	float all_seconds, minute_seconds;
	unsigned next;
};

void recent_add(struct recent *recent, double seconds, double count);

/* Bounces and seconds in the latest `slots` slots. */
void recent_sum(const struct recent *recent, unsigned slots, double *count_out,
		double *seconds_out);

#endif
