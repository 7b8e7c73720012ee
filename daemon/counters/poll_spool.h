/*
 * The messages in Postfix's queue, counted as files in its queue directories (postsuper(1), the
 * setting hash_queue_names): incoming, active, deferred, hold, maildrop, and their sum as queue.
 */
#ifndef COUNTERS_POLL_SPOOL_H
#define COUNTERS_POLL_SPOOL_H

#include "daemon/counters/poll.h"

#define POLL_SPOOL_DEPTH 4 /* of hashed subdirectories (hash_queue_depth) */

/*
 * Counts until `deadline_us` of the monotonic clock; what is not counted then is an error, not a
 * small number. A directory that may not be read is left out and noted; all of them: an error.
 */
MUST_USE bool poll_spool_count(const char *directory, int64_t deadline_us, struct poll_result *out,
			       struct err *err);

#endif
