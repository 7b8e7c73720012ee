/*
 * What the routes work on: the daemon's deps, the rights, and orders that were taken since the last
 * snapshot was made (so that an ETag is true at once, not a tick later).
 */
#ifndef WEB_SITE_H
#define WEB_SITE_H

#include "web/rights.h"
#include "web/stream.h"
#include "web/web.h"

struct site_order {
	char domain[SNAPSHOT_NAME]; /* "": none */
	struct override order;
};

struct site {
	struct web_deps deps;
	struct rights rights;
	int64_t fresh_for; /* made_us of the snapshot after which `fresh` was taken */
	struct site_order fresh[SNAPSHOT_DOMAINS];
	struct streams streams;
	struct site_text {	      /* GET /v1/status as it was last answered, while it is true */
		int64_t made_us, now; /* of the snapshot; seconds */
		size_t length;
		char *at; /* NULL: none */
	} status;
};

/* The domain of this name (any case), or NULL. */
const struct snapshot_domain *site_domain(const struct snapshot *snapshot, struct span name);

/* The order that holds for a domain of this snapshot: the one just taken, or the snapshot's. */
const struct override *site_order(const struct site *site, const struct snapshot *snapshot,
				  const struct snapshot_domain *domain);

/* The status as text, made once for all who ask of the same snapshot in the same second: borrowed
 * until the next call. False: no memory. */
MUST_USE bool site_status(struct site *site, const struct snapshot *snapshot, int64_t now,
			  struct span *text_out);

/* Frees what the site holds itself. */
void site_free(struct site *site);

/* Remembers an order that the daemon took. */
void site_take(struct site *site, const struct snapshot *snapshot,
	       const struct snapshot_domain *domain, const struct override *order);

#endif
