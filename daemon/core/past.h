/*
 * What a decision looks back on: the splits of the last day, the calm that was really seen, and
 * what becomes of all instants when the clock steps back.
 */
#ifndef CORE_PAST_H
#define CORE_PAST_H

#include "daemon/core/decide.h"

/* It is now `now`. When that is earlier than before, every instant goes back with it: durations
 * stay what they were. */
void past_take_time(struct decide *decide, int64_t now);

/* All instants go `seconds` on, or back. */
void past_move(struct decide *decide, int64_t seconds);

/* `passed` seconds since the last step; only seen calm counts, at most DECIDE_STEP_MOST of it. */
void past_take_finding(struct decide *decide, const struct decide_in *in, int64_t passed);

/* A split of our own was made now. */
void past_add_split(struct decide *decide);

/* Own splits in the 24 hours before `now`. */
unsigned past_splits(const struct decide *decide, int64_t now);

/* Seconds of calm that are asked for before a restore: doubled for each split of the last day but
 * the first, up to DECIDE_CALM_MOST. */
int64_t past_calm(const struct decide *decide, const struct decide_rules *rules);

#endif
