/*
 * The wall clock against one that nobody can set: tells by how much it was set, and keeps the time
 * of day by which people live while that is new. Pure.
 */
#ifndef CORE_STEP_H
#define CORE_STEP_H

#include <stdint.h>

#define STEP_BELIEVED                                                                              \
	86400 /* seconds; a clock that was not set for so long tells the time of day */

/* Plain memory; all zero before the first step_take. */
struct step {
	int64_t started;   /* 0 or 1 */
	int64_t offset_us; /* wall clock less steady clock, in whole seconds from the first one */
	int64_t set_us;	   /* steady clock: when the wall clock was last set */
	int64_t apart;	   /* seconds that it was set by, all in all, and not yet believed */
};

/*
 * Seconds by which the wall clock was set since the last call: 0 nearly always. Parts of a second
 * wait until they are one.
 */
int64_t step_take(struct step *step, int64_t wall_us, int64_t steady_us);

/* Takes `apart` back to 0 when it is to be believed, and gives what it was; else 0. */
int64_t step_believe(struct step *step, int64_t steady_us);

#endif
