/*
 * The course of one domain: what is decided, and the change of the zone that follows from it.
 */
#ifndef COURSE_H
#define COURSE_H

#include "daemon/domain.h"

/*
 * Takes in the outcome of the last change and what the zone shows, decides, journals, and writes
 * the intent of a change into the open transaction.
 */
MUST_USE bool course_decide(struct domain *domain, int64_t now, struct err *err);

/* After the commit: reads or changes the zone as was decided. */
void course_act(struct domain *domain, int64_t now);

/* Brings the intent that was open when the daemon ended to a close, once the zone was read. */
MUST_USE bool course_resume(struct domain *domain, int64_t now, struct err *err);

#endif
