/*
 * The last ten minutes, in slots of 10 s, and an hour before them, in blocks of five minutes.
 */
#ifndef CORE_RECENT_H
#define CORE_RECENT_H

#include <stdint.h>

#define RECENT_SLOTS 60
#define RECENT_BLOCK 300.0 /* seconds; what was before the slots is kept in these */
#define RECENT_BLOCKS 12
#define RECENT_BACK (RECENT_SLOTS + RECENT_BLOCKS + 1)
#define RECENT_MINUTE 6 /* slots */

struct recent {
	float count[RECENT_SLOTS];
	uint8_t seconds[RECENT_SLOTS];
	double all_count, minute_count; /* sums of all slots; of the latest RECENT_MINUTE */
	float all_seconds, minute_seconds;
	unsigned next;
	float block_count[RECENT_BLOCKS]; /* before the slots */
	uint16_t block_seconds[RECENT_BLOCKS];
	float filling_count; /* of the block that is being filled */
	uint16_t filling_seconds, next_block;
};

struct recent_span {
	double count, seconds;
};

void recent_add(struct recent *recent, double seconds, double count);

/* Bounces and seconds in the latest `slots` slots. */
void recent_sum(const struct recent *recent, unsigned slots, double *count_out,
		double *seconds_out);

/* The latest slots, then the blocks before them, each with all that came after it: `out` grows from
 * the latest slot back to `seconds`, or as far as is known. Returns how many. */
unsigned recent_back(const struct recent *recent, double seconds,
		     struct recent_span out[RECENT_BACK]);

#endif
