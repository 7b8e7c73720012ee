/*
 * Notices of the log itself that lines were lost: rsyslog's and journald's rate limits.
 */
#ifndef CORE_PARSE_GAP_H
#define CORE_PARSE_GAP_H

#include "daemon/core/format.h"

/* True and a record when the line is such a notice; else `out` stays. */
bool parse_gap(const struct envelope *envelope, struct record *out);

#endif
