/* A round: MX and SOA asked of several servers at once. */
#ifndef DNSUPDATE_ZONE_ROUND_H
#define DNSUPDATE_ZONE_ROUND_H

#include "dnsupdate/zone_own.h"

/*
 * Asks every server i with `skip[i]` false (all when NULL) of the first `servers`; `done` comes
 * from the loop when all questions are over. False when nothing could be started; `done` does not
 * come then.
 */
MUST_USE bool zone_round_start(struct zone_own_round *round, unsigned servers, const bool *skip,
			       int64_t timeout_ms, void (*done)(struct zone *zone));

/* Ends it; `done` does not come. */
void zone_round_stop(struct zone_own_round *round);

#endif
