/*
 * Syslog by TCP (RFC 6587). Each connection costs at most one message of memory; a wakeup reads a
 * bounded piece of it. Senders keep idle connections for hours and lose a message when one is
 * closed, so idle ones stay (dead ones are found by keepalive), but when there are too many, the
 * one that has been idle longest gives its place to a new one.
 */
#ifndef SOURCE_STREAMS_H
#define SOURCE_STREAMS_H

#include "daemon/source/feed.h"

#define STREAMS_MOST 256 /* connections of one source */
#define STREAMS_ALL 512	 /* of all sources: descriptors are left for the zone and the API */
#define STREAMS_IDLE 60	 /* seconds of silence after which a place may be given away */

MUST_USE struct feed *streams_open(const struct config_source *config, uv_loop_t *loop,
				   struct err *err);

#endif
