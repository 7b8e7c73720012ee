/* For genlog: chance that a seed decides (splitmix64), so that the same seed gives the same bytes.
 */
#ifndef TESTS_TOOLS_GENLOG_CHANCE_H
#define TESTS_TOOLS_GENLOG_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

extern uint64_t chance_state;

static inline uint64_t
chance_next(void)
{
	uint64_t z = (chance_state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* From `low` up to and with `high`. */
static inline int
some(int low, int high)
{
	return low + (int)(chance_next() % (uint64_t)((int64_t)high - low + 1));
}

static inline bool
percent(int chance)
{
	return chance > 0 && some(0, 99) < chance;
}

#endif
