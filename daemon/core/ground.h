/*
 * The ground for a split: what a domain's condition says of the detector's finding, the fixed
 * threshold and the counters, for decide. Bounces alone say how long a split lasts; counters have
 * their say before it only.
 */
#ifndef CORE_GROUND_H
#define CORE_GROUND_H

#include "daemon/core/condition.h"
#include "daemon/core/finding.h"
#include "daemon/core/threshold.h"

#define GROUND_REASON 256 /* as DECIDE_TEXT */
#define GROUND_AGAINST 384

enum ground_counters {
	GROUND_CONFIRM, /* or there are none in the condition */
	GROUND_SPEAK_AGAINST,
	GROUND_NOT_KNOWN, /* one is not known, and it matters */
};

struct ground {
	bool known; /* it can be said whether bounces give a reason to be split; */
	bool there; /* they do */
	enum ground_counters counters;
	char reason[GROUND_REASON];   /* when there: one sentence; "": the detector's own */
	char against[GROUND_AGAINST]; /* what the counters hold back and why, or "" */
};

/* `threshold`: NULL when the domain has none. `value` and `ctx` as in condition.h. */
void ground_find(const struct condition *condition, const struct finding *finding,
		 const struct threshold_finding *threshold, condition_value *value, void *ctx,
		 struct ground *out);

#endif
