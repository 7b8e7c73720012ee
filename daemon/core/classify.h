/*
 * From records to events: what the lines of one message mean together.
 *
 * A null-sender message counts once a queue id, when its client= line and qmgr's from=<> are both
 * seen; from=<> without client= is a DSN made here, or a log that began late: never counted as
 * arriving. What a content filter gives back (another client= from loopback with the message-id of
 * an open message, or under the id that the filter answered) is the same message.
 */
#ifndef CORE_CLASSIFY_H
#define CORE_CLASSIFY_H

#include "daemon/core/event.h"
#include "daemon/core/format.h"
#include "daemon/core/open_ids.h"

#define CLASSIFY_DOMAIN 256
#define CLASSIFY_MAX_OPEN 65536
#define CLASSIFY_MAX_AGE_US (INT64_C(86400) * 1000000) /* an open id is forgotten after a day */

struct classify_options {
	char default_domain[CLASSIFY_DOMAIN]; /* lower case; empty: "(none)" */
	bool at_once;	   /* count a bounce for default_domain first, and move it later */
	bool senders;	   /* say of a delivery whose mail it was: event.sender */
	unsigned max_open; /* 0: CLASSIFY_MAX_OPEN */
};

/* Spans in the event are valid during the call only. */
typedef void classify_sink(void *ctx, const struct event *event);

struct classify;

/* NULL when out of memory. */
struct classify *classify_new(const struct classify_options *options);
void classify_free(struct classify *classify);

/* Gives what this record completes. Returns a sentence about the joining, or NULL. */
const char *classify_record(struct classify *classify, const struct envelope *envelope,
			    const struct record *record, classify_sink *sink, void *ctx);

/* Gives the messages whose recipient did not appear. */
void classify_end(struct classify *classify, classify_sink *sink, void *ctx);

/* The open ids, to store and restore them. */
struct open_ids *classify_open_ids(const struct classify *classify);

/* How many open ids were dropped because the table was full. */
uint64_t classify_dropped(const struct classify *classify);

#endif
