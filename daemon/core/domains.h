/*
 * Names of domains as small numbers, with counts a kind: a bounded table, because the names come
 * from strangers. Number 0 is "other", to which all belong that find no room.
 */
#ifndef CORE_DOMAINS_H
#define CORE_DOMAINS_H

#include "daemon/core/event.h"

struct domains_row {
	struct span name; /* valid until domains_clear */
	int64_t counts[EVENT_KINDS];
	int64_t fresh;
};

struct domains;

/* NULL when out of memory. */
struct domains *domains_new(unsigned max);
void domains_free(struct domains *domains);

/* The number of this name, made when new; 0 when there is no room. */
unsigned domains_number(struct domains *domains, struct span name);

/* NULL when the name is not there. */
const struct domains_row *domains_find(const struct domains *domains, struct span name);

/* number < domains_count; valid until the next domains_number. */
struct domains_row *domains_at(const struct domains *domains, unsigned number);
unsigned domains_count(const struct domains *domains);

void domains_clear(struct domains *domains);

#endif
