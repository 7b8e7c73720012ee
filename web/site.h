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
};

/* The domain of this name (any case), or NULL. */
const struct snapshot_domain *site_domain(const struct snapshot *snapshot, struct span name);

/* The order that holds for a domain of this snapshot: the one just taken, or the snapshot's. */
const struct override *site_order(const struct site *site, const struct snapshot *snapshot,
				  const struct snapshot_domain *domain);

/* Remembers an order that the daemon took. */
void site_take(struct site *site, const struct snapshot *snapshot,
	       const struct snapshot_domain *domain, const struct override *order);

#endif
