/*
 * What a new domain's detector learns from counts that were there before it: imported logs, or
 * those of a daemon that watched the domain for another reason.
 */
#ifndef LESSON_H
#define LESSON_H

#include "daemon/domain.h"

/*
 * Replays the minutes that the store keeps into the domain's detector, up to the last one that was
 * calm: a surge of the past is no reason to act. For a detector that has seen nothing.
 */
MUST_USE bool lesson_learn(struct domain *domain, int64_t now, struct err *err);

#endif
