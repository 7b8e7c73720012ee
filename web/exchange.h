/*
 * One request that has passed vet.h, and the answer to it, as plain values without sockets.
 */
#ifndef WEB_EXCHANGE_H
#define WEB_EXCHANGE_H

#include "daemon/base/span.h"

#include <stdint.h>

#define EXCHANGE_PEER 64
#define EXCHANGE_ALLOW 48
#define EXCHANGE_ETAG 24

/* Who is on the other side, as the kernel says it. */
struct peer {
	bool local;   /* on a unix socket */
	bool trusted; /* on a unix socket, with our uid or root's */
	bool loopback;
	uint32_t uid;		  /* local only */
	char name[EXCHANGE_PEER]; /* "192.0.2.1", "uid 1000" */
};

/* Spans are borrowed from the connection; absent fields are empty. */
struct request {
	struct span method, path, query;
	struct span host, origin, authorization, content_type, if_match, last_event_id;
	struct span body;
	int64_t now; /* seconds, wall clock */
	const struct peer *peer;
};

struct reply {
	unsigned status;
	const char *type; /* content type, a constant */
	char *body;	  /* from malloc, or NULL: none; whoever sends it frees it */
	size_t length;
	char etag[EXCHANGE_ETAG];   /* with its quotes, or "" */
	char allow[EXCHANGE_ALLOW]; /* for 405 and OPTIONS, or "" */
	bool page;		    /* of the dashboard: it may run its own scripts */
	bool challenge;		    /* WWW-Authenticate: Bearer */
	unsigned retry_after;	    /* seconds; 0: not said */
	const char *origin;	    /* of another page that may have it (CORS), or NULL; borrowed */
	struct stream *stream;	    /* instead of a body, see stream.h */
};

#endif
