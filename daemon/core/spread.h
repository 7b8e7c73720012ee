/*
 * Overdispersion: how much more than a Poisson stream the counts spread, by moments.
 *
 * For sums over 10 s, 1, 5 and 30 minutes: variance = mean + mean^2 * a, the negative binomial law
 * with r = 1/a. A stream whose level wanders shows it only in the longer sums. All results are for
 * slots of 10 s: a sum over n slots with `a` is as wide as n independent slots with n * a.
 */
#ifndef CORE_SPREAD_H
#define CORE_SPREAD_H

#define SPREAD_SLOT 10.0 /* seconds */
#define SPREAD_SCALES 4	 /* 10, 60, 300, 1800 s */

struct spread {
	struct spread_scale {
		float seconds, count, expected; /* of the sum that is being filled */
		float above;			/* decayed: (count - expected)^2 - expected, */
		float square;			/* and expected^2 */
	} scale[SPREAD_SCALES];
};

/* `prior`: bounces a second that the first guess stands for. */
void spread_init(struct spread *spread, double prior);

/* One slot, or the seen part of one. */
void spread_add(struct spread *spread, double seconds, double count, double expected);

/* The largest `a` (for slots of 10 s) that the first `scales` scales show, at least 0. */
double spread_a(const struct spread *spread, unsigned scales);

/* More than this of an expected count is a burst or a surge, not the ordinary spread. */
double spread_clip(double count, double expected);

#endif
