/*
 * How much of an excess lasts: a surge goes on, a burst (a newsletter's own bounces) fades. Of
 * every stretch of time that ends now its length times the least rate of its parts above the normal
 * one is taken, the largest rectangle under the excess: all of a surge that comes evenly, half of
 * one that grows, 1/e of a burst at its best (when it has faded to 1/e), and next to nothing of two
 * bursts with a lull between them. What came within minutes counts for less, and what fades as fast
 * as a burst does for less again.
 */
#ifndef CORE_LASTING_H
#define CORE_LASTING_H

#include "daemon/core/recent.h"
#include "daemon/core/spread.h"

#define LASTING_PARTS 5

struct lasting {
	double normal;	    /* bounces a second */
	double spread;	    /* `a` of a slot: how far ordinary counts go apart */
	double young;	    /* seconds: what came in so many counts half, */
	double young_least; /* share: and nothing counts for less than so much */
	double fades;	    /* seconds: no burst takes longer to fade to 1/e */
	double nats_an_e;   /* nats of fading by which it counts 1/e */
};

/* Bounces of the excess that last. `all`: what came since the excess began, of which `now` is not
 * in `recent` yet. */
double lasting_excess(const struct lasting *lasting, const struct recent *recent,
		      struct recent_span now, struct recent_span all);

#endif
