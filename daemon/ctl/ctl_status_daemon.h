/*
 * The part of mxsplitctl status that is of no domain: the daemon itself, and what it hears.
 */
#ifndef CTL_STATUS_DAEMON_H
#define CTL_STATUS_DAEMON_H

#include <jansson.h>

/* Its version, age and troubles; `status`: the answer of /v1/status. */
void ctl_status_daemon(const json_t *status, long long now);

/* Sources and counters. */
void ctl_status_daemon_inputs(const json_t *status, long long now);

#endif
