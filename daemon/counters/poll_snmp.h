/*
 * Asking an SNMP agent for ready sets and single objects.
 */
#ifndef COUNTERS_POLL_SNMP_H
#define COUNTERS_POLL_SNMP_H

#include "daemon/core/oids.h"
#include "daemon/counters/poll.h"
#include "daemon/counters/poll_secret.h"

struct poll_snmp;

struct poll_snmp_wish {
	const char *address; /* "192.0.2.25:161", "[2001:db8::25]:161" */
	const struct poll_secret *secret;
	int64_t timeout_us; /* for everything */
	const enum oids_set *sets;
	unsigned set_count;
	const char *const *oids; /* "queue=1.3.6.1.2.1.28.1.1.2.1" */
	unsigned oid_count;
};

/* Copies the wish; nothing is sent. */
MUST_USE struct poll_snmp *poll_snmp_open(const struct poll_snmp_wish *wish, struct err *err);

/*
 * Asks, on a worker thread, blocking, at most the timeout long; one agent at a time in the process.
 * What the agent does not have, or has in another type, is noted and left out.
 */
MUST_USE bool poll_snmp_ask(struct poll_snmp *snmp, struct poll_result *out, struct err *err);

void poll_snmp_free(struct poll_snmp *snmp);

#endif
