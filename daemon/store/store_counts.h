/*
 * Counts of events: per minute, source, domain and kind; older ones per hour (store_prune).
 * A minute is the number of minutes since 1970 UTC. An empty domain is one that is not known.
 */
#ifndef STORE_COUNTS_H
#define STORE_COUNTS_H

#include "daemon/core/event.h"
#include "daemon/store/store.h"

#define STORE_COUNTS_NAMES 4096 /* names that strangers may bring in; then domains are "other" */

/* A domain of ours: it has its own row whatever strangers do. */
MUST_USE bool store_counts_know(struct store *store, const char *domain, struct err *err);

/* Adds `delta` (which may be negative: a bounce that moves to another domain). */
MUST_USE bool store_counts_add(struct store *store, const char *source, struct span domain,
			       enum event_kind kind, int64_t minute, int64_t delta,
			       struct err *err);

/* Called once a row; `domain` lives until it returns. It must not read counts again. */
typedef void store_counts_total(void *ctx, struct span domain, enum event_kind kind, int64_t count);

/*
 * Sums over [from_minute, to_minute), or over everything when both are 0; ordered by domain and
 * kind. Of counts that are kept by hours, an hour counts when its first minute is inside.
 */
MUST_USE bool store_counts_totals(struct store *store, int64_t from_minute, int64_t to_minute,
				  store_counts_total *total, void *ctx, struct err *err);

/* Seconds; before it counts are kept by the hour, 0: none are. */
MUST_USE bool store_counts_hours(struct store *store, int64_t *until_out, struct err *err);

/* Hours give one point at their first minute. */
typedef void store_counts_point(void *ctx, int64_t minute, enum event_kind kind, int64_t count);

/* One domain's counts in time, of one source or (NULL) of all; minutes ascending, no zeros. */
MUST_USE bool store_counts_series(struct store *store, const char *domain, const char *source,
				  int64_t from_minute, int64_t to_minute, store_counts_point *point,
				  void *ctx, struct err *err);

#endif
