/*
 * What share of regular correspondents still holds the normal MX set D hours after a split: those
 * whose resolver's copy, at the split, had at least D left.
 *
 * A copy is fetched by a mail, lives T = min(TTL, the resolver's cap), and is fetched again by the
 * first mail after that: a renewal process of cycles T + R. At a random instant the copy has D left
 * with probability (T - D) / (T + E[R]). R is the forward recurrence time of the mails, E[g^2] / 2
 * E[g] (Cox, Renewal Theory, 1962), which is the mean gap for Poisson mail; and no cycle is shorter
 * than one gap. One cache a correspondent, no prefetch, no eviction.
 */
#ifndef CORE_SURVIVAL_H
#define CORE_SURVIVAL_H

#include "daemon/core/rhythm.h"

#define SURVIVAL_HOURS 9
#define SURVIVAL_FEW 20 /* regulars; with less the shares are not to be relied on */

enum survival_cap {
	SURVIVAL_UNCAPPED,
	SURVIVAL_7D, /* BIND's max-cache-ttl, 604800 s by default */
	SURVIVAL_1D, /* Unbound's cache-max-ttl, 86400 s by default */
	SURVIVAL_CAPS
};

extern const double survival_hours[SURVIVAL_HOURS];
extern const uint32_t survival_cap_seconds[SURVIVAL_CAPS]; /* 0: none */

struct survival {
	unsigned regulars; /* in the sample */
	uint32_t ttl;	   /* of the normal set; 0: not known, then there are no shares */
	double gap;	   /* seconds; mean of the regulars' mean gaps */
	double share[SURVIVAL_CAPS][SURVIVAL_HOURS]; /* of correspondents, 0 to 1 */
};

/* The share of one correspondent. Seconds; `gap` and `square` as rhythm_each says. */
double survival_of(double ttl, double after, double gap, double square);

void survival_compute(const struct rhythm *rhythm, int64_t now, uint32_t ttl, struct survival *out);

#endif
