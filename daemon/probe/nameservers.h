/*
 * The name servers of a zone by its NS RRset, as the primary shows it, each with one address: names
 * in the zone are the primary's to say, others the resolver's. Blocks; for worker threads and the
 * command line.
 */
#ifndef PROBE_NAMESERVERS_H
#define PROBE_NAMESERVERS_H

#include "daemon/conf/config.h"

#include <stdatomic.h>

struct nameservers {
	bool complete; /* the whole RRset, each with an address; else `why` */
	unsigned count;
	struct nameserver {
		char name[CONFIG_NAME];	      /* without the final dot */
		char address[CONFIG_ADDRESS]; /* at the primary's port */
	} list[CONFIG_CHECKS];
	char why[512];
};

/* Asks until something is missing, or `give_up` (may be NULL). Addresses that `server` has for its
 * primary are left out. */
void nameservers_find(const struct config_server *server, const atomic_bool *give_up,
		      struct nameservers *out);

#endif
