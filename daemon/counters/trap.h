/*
 * A notice as an SNMP notification (contrib/MXSPLIT-MIB.txt): an InformRequest (RFC 3416, section
 * 4.2.7), which the receiver acknowledges, so that it is known to be told.
 *
 * Blocks: for worker threads.
 */
#ifndef COUNTERS_TRAP_H
#define COUNTERS_TRAP_H

#include "daemon/base/err.h"
#include "daemon/core/notice.h"

#include <stdint.h>

struct trap {
	const char *address;	 /* "192.0.2.162:162", "[2001:db8::162]:162" */
	const char *secret_file; /* as poll_secret.h says */
	int64_t timeout_us;
	int64_t id, up_seconds; /* up_seconds: since the daemon started */
	const char *kind, *domain, *text;
};

/* Once, on the loop's thread, before the first is sent. */
void trap_prepare(void);

MUST_USE bool trap_send(const struct trap *trap, struct err *err);

#endif
