/*
 * What the detector found, by the minute.
 */
#ifndef STORE_FINDINGS_H
#define STORE_FINDINGS_H

#include "daemon/core/series.h"
#include "daemon/store/store.h"

/* The domain must be known (store_counts_know). A minute that is there already is replaced. */
MUST_USE bool store_findings_put(struct store *store, const char *domain,
				 const struct series_finding *minute, struct err *err);

typedef void store_findings_minute(void *ctx, const struct series_finding *minute);

/* Minutes of [from_minute, to_minute), ascending. */
MUST_USE bool store_findings_series(struct store *store, const char *domain, int64_t from_minute,
				    int64_t to_minute, store_findings_minute *each, void *ctx,
				    struct err *err);

#endif
