/*
 * mxsplitd in the simulation: the daemon's own detector and state machine (daemon/core), fed with
 * a count a second, and a name server that obeys and is read back a second later.
 */
#ifndef SIM_GUARD_H
#define SIM_GUARD_H

#include "daemon/core/decide.h"
#include "daemon/core/detect.h"
#include "tests/lab/sim/zone.h"

struct guard {
	bool acts;	      /* false: it only watches */
	double split_at_will; /* a second at which the zone is split by hand, for good; 0: never */
	struct detect_rules detect_rules;
	struct decide_rules decide_rules;
	struct detect detect;
	struct decide decide;
	bool sent;
	struct finding finding;
	/* when each first happened after the onset, for the figures; 0: never */
	double surge_at, split_at, calm_at, restored_at;
	unsigned surges, splits;
};

void guard_init(struct guard *guard, int64_t now);

/* The end of a second in which so many bounces arrived at both exchangers. Changes the zone. */
void guard_step(struct guard *guard, int64_t now, double bounces, struct zone *zone);

#endif
