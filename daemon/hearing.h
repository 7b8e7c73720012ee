/*
 * Is enough heard to conclude something of a domain? What speaks for it are the logs of its own
 * exchangers: those that it drops and the others of its normal set. Before a split the dropped
 * ones' are enough, at least one of them; during one the end is judged on all of them together.
 */
#ifndef HEARING_H
#define HEARING_H

#include "daemon/domain.h"

bool hearing_enough(const struct domain *domain, int64_t now);

#endif
