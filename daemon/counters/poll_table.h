/*
 * Inside daemon/counters only: what of HOST-RESOURCES-MIB (RFC 2790) is made of whole tables.
 *
 *   cpu      the mean of hrProcessorLoad, percent
 *   memory   used of the storage of type hrStorageRam, percent
 *   disk     used of the fullest storage of type hrStorageFixedDisk, percent
 */
#ifndef COUNTERS_POLL_TABLE_H
#define COUNTERS_POLL_TABLE_H

#include "daemon/counters/poll.h"
#include "daemon/counters/poll_session.h"

#define POLL_TABLE_ROWS 256 /* of one table; the rest is not looked at */

/* False when the agent fails to answer; a table that it does not have is noted. */
MUST_USE bool poll_table_host(struct poll_session *session, struct poll_result *out,
			      struct err *err);

#endif
