/*
 * What the primary of a domain shows, against what we know: the normal set, the split set, or
 * something that is not ours.
 */
#ifndef SIGHT_H
#define SIGHT_H

#include "daemon/domain.h"

/*
 * Judges the last reading. Differences are journalled once; in ordinary times a set that
 * somebody else made becomes the normal set when two readings agree on it. UNKNOWN while a reading
 * is under way, failed or is too old.
 */
MUST_USE bool sight_look(struct domain *domain, int64_t now, enum decide_shown *shown_out,
			 struct err *err);

/* The split set that the settings of today make of a normal set. */
MUST_USE bool sight_plan(const struct domain *domain, const struct mx_set *normal,
			 struct mx_set *split_out, struct err *err);

#endif
