/*
 * GET /v1/stream: journal entries and snapshots as they happen, as server-sent events (WHATWG HTML,
 * "Server-sent events").
 *
 *     id: 12                         event: status
 *     event: journal                 data: {...}       as GET /v1/status
 *     data: {...}       as in GET /v1/events
 *
 * Nothing is queued for a client: a stream knows the last entry that it gave and reads on in the
 * journal when the client has taken what it had; snapshots that it was too slow for are left out. A
 * stream whose client takes nothing for the deadline is cut.
 */
#ifndef WEB_STREAM_H
#define WEB_STREAM_H

#include "web/exchange.h"
#include "web/web.h"

#include <microhttpd.h>

#define STREAM_MOST 8		  /* at once */
#define STREAM_HEARTBEAT_MS 15000 /* a comment, when nothing else was to be said for so long */
#define STREAM_EVERY_MOST 3600	  /* seconds between two snapshots */
#define STREAM_BLOCK 8192

struct site;
struct stream;

struct streams {
	unsigned count;
	struct stream *list[STREAM_MOST];
	int64_t newest; /* id in the journal, at the last stream_tell */
};

/*
 * A new stream of the entries after `after` (-1: of those to come), and a snapshot every so many
 * seconds (0: none). NULL and a problem: there are too many.
 */
struct stream *stream_open(struct site *site, int64_t after, unsigned every, struct reply *reply);

/* The response that tells it; from now on the response owns the stream. NULL: the stream is gone.
 */
struct MHD_Response *stream_response(struct stream *stream, struct MHD_Connection *connection);

/* Something may have happened: wakes the streams that have something to say, cuts those whose
 * client took nothing for so long. True: the servers must run once. */
bool stream_tell(struct site *site, uint64_t deadline_ms);

/* Ends them all: clients come again, and show their tokens again. The servers must run once. */
void stream_end_all(struct site *site);

#endif
