/*
 * What a restart must know of a domain's decision: the state, and the sets and the server it was
 * made with.
 */
#ifndef RECALL_H
#define RECALL_H

#include "daemon/domain.h"

/*
 * Reads the normal set and the split set: the one that is in force, in ordinary times the one that
 * would be. What cannot be read, or was made by another server than `server`, is told.
 */
MUST_USE bool recall_sets(struct domain *domain, const char *server, struct err *err);

/* Puts the state and what belongs to it into the open transaction. */
MUST_USE bool recall_keep(struct domain *domain, struct err *err);

#endif
