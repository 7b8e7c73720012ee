/*
 * Checks of a request's head before anything believes it (RFC 9112, section 11.2: request
 * smuggling; RFC 9110, section 7.2: Host). libmicrohttpd 0.9.75 lets two Content-Length fields,
 * Content-Length beside Transfer-Encoding, "Content-Length :" and decoded %2f and %00 pass; this
 * does not. After a refusal the connection is closed.
 */
#ifndef WEB_VET_H
#define WEB_VET_H

#include "web/exchange.h"

#define VET_FIELDS 64 /* header fields of a request */
#define VET_TARGET 1024
#define VET_HEAD 8192 /* bytes of all names and values */

struct vet_field {
	struct span name, value;
};

struct vet_head {
	struct span method, target, version; /* the target as it came, not decoded */
	unsigned count;			     /* more than VET_FIELDS: too many came */
	struct vet_field field[VET_FIELDS];
};

struct vet_rules {
	bool any_host;	      /* unix socket: no browser comes here */
	const char *own_host; /* as in the listen setting, without port; "": none */
	const char *const *hosts;
	unsigned host_count;
	size_t body_most;
};

/* Fills the spans of the request from the head, or makes the reply a problem and returns false. */
bool vet_check(const struct vet_head *head, const struct vet_rules *rules, struct request *out,
	       struct reply *reply);

#endif
