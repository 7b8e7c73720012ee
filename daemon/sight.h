/*
 * What the primary of a domain shows, against what we know: the normal set, the split set, or
 * something that is not ours.
 */
#ifndef SIGHT_H
#define SIGHT_H

#include "daemon/domain.h"

/*
 * Judges the last reading. Differences are journalled once; in state normal a set that somebody
 * else made becomes the normal set when two readings agree on it. UNKNOWN while a reading is under
 * way, failed or is too old.
 */
MUST_USE bool sight_look(struct domain *domain, int64_t now, enum decide_shown *shown_out,
			 struct err *err);

#endif
