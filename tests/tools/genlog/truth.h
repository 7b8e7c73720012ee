/*
 * For genlog: what really happened, by minute, domain and kind. Bounded: a minute is written when
 * the next one begins, for what happens is told in the order of the log.
 */
#ifndef TESTS_TOOLS_GENLOG_TRUTH_H
#define TESTS_TOOLS_GENLOG_TRUTH_H

#include "daemon/core/event.h"

#define TRUTH_DOMAINS 4096
#define TRUTH_NAME 128

/* The number of a domain, by its name in lower case. Number 0 is "(none)": not known. */
int truth_domain(const char *name);
const char *truth_name(int domain);

/* Cells go to this file as "MINUTE\tDOMAIN\tKIND\tCOUNT", minutes since the epoch. */
void truth_cells(const char *path);

void truth_happened(int64_t time_us, int domain, enum event_kind kind, int times);

/* Writes the last minute. `path`, if any: sums, as `mxsplitctl classify --summary` gives them. */
void truth_end(const char *path, uint64_t lines);

#endif
