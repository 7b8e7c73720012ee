/*
 * This machine's load: load1, load5, load15 of proc_loadavg(5).
 */
#ifndef COUNTERS_POLL_LOADAVG_H
#define COUNTERS_POLL_LOADAVG_H

#include "daemon/counters/poll.h"

/* `path` is "/proc/loadavg", or NULL for that. */
MUST_USE bool poll_loadavg_read(const char *path, struct poll_result *out, struct err *err);

/* The file's text. */
MUST_USE bool poll_loadavg_parse(struct span text, struct poll_result *out, struct err *err);

#endif
