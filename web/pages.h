/*
 * The routes that only look. Each fills the reply and returns false when it is a problem.
 */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include "web/routes.h"

#define PAGES_EVENTS 100 /* journal entries a page, unless told */
#define PAGES_EVENTS_MOST 500
#define PAGES_STALE 60 /* seconds; a snapshot that is older means that ticks do not come */

bool pages_index(const struct routes_call *call, struct reply *reply);
bool pages_health(const struct routes_call *call, struct reply *reply);
bool pages_ready(const struct routes_call *call, struct reply *reply);
bool pages_status(const struct routes_call *call, struct reply *reply);
bool pages_domain(const struct routes_call *call, struct reply *reply);
bool pages_override(const struct routes_call *call, struct reply *reply);
bool pages_events(const struct routes_call *call, struct reply *reply);
bool pages_stream(const struct routes_call *call, struct reply *reply);

/* Makes the reply the domain's override as a resource, with its entity tag. */
bool pages_put_override(const struct override *order, int64_t now, struct reply *reply);

/* The domain that the path names, or NULL and a 404. */
const struct snapshot_domain *pages_find(const struct routes_call *call, struct reply *reply);

#endif
