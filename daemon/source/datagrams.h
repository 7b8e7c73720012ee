/*
 * Syslog by UDP (RFC 5426) or a unix datagram socket: one datagram is one message. What the kernel
 * had to drop it counts, and that is told as a gap; what the network lost nobody knows. A sender to
 * a unix socket waits when it is full. Whoever can reach the address can tell of bounces that never
 * were: who may is a firewall's affair.
 */
#ifndef SOURCE_DATAGRAMS_H
#define SOURCE_DATAGRAMS_H

#include "daemon/source/feed.h"

MUST_USE struct feed *datagrams_open(const struct config_source *config, uv_loop_t *loop,
				     struct err *err);

#endif
