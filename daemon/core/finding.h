/*
 * What the detector says about one domain after one step. Rates are bounces a minute.
 */
#ifndef CORE_FINDING_H
#define CORE_FINDING_H

#include "daemon/core/evidence.h"

#include <stdbool.h>
#include <stdint.h>

struct finding {
	bool known; /* false: too little seen, or its sources are silent: nothing is concluded */
	bool surge;
	bool changed;		     /* this step changed `surge` */
	int64_t since;		     /* seconds; when `surge` last changed, 0 = never */
	double rate;		     /* over the last minute */
	double slow_rate;	     /* over the last ten minutes */
	double expected;	     /* normal at this hour */
	double upper;		     /* upper edge of the expected band, for charts */
	double counts;		     /* nats: the largest of the CUSUMs */
	double term[EVIDENCE_TERMS]; /* nats: what is known beside the counts */
	double evidence;	     /* nats: the counts and, when they are for it, the terms */
	double threshold;	     /* nats: surge at or above, when the excess is enough too */
	double excess;	      /* bounces above the expectation since the evidence began to grow */
	double lasting;	      /* of them; 0: not known, most often for want of evidence */
	double needed_excess; /* bounces that last: surge at or above */
};

#endif
