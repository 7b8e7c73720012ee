/*
 * The zone and who holds a copy of its MX set, in virtual seconds. A resolver's copy lives
 * min(TTL, its cap); it may be lost before, by a full cache: with the rate 1 / `lost_after`.
 */
#ifndef SIM_ZONE_H
#define SIM_ZONE_H

#include <stdbool.h>
#include <stdint.h>

struct zone {
	bool split;
	double ttl, split_ttl;
	double lost_after; /* seconds; 0: never */
};

struct copy {
	float cap;
	bool split;   /* which set it holds */
	double until; /* 0: none */
	double used;
};

/* The set that a look-up at `now` gives: true, the split one. Fetches it when it must. */
bool zone_ask(const struct zone *zone, struct copy *copy, double now, uint64_t *seed);

/* Seconds for which it still holds the normal set; 0: it does not. */
double zone_left(const struct copy *copy, double now);

/* The share of such copies that is not lost until then, when nobody asks in between. */
double zone_keeps(const struct zone *zone, const struct copy *copy, double then);

#endif
