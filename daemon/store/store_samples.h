/*
 * Counters in time: by the minute, the last, least and greatest value of each series.
 */
#ifndef STORE_SAMPLES_H
#define STORE_SAMPLES_H

#include "daemon/core/board.h"
#include "daemon/store/store.h"

/* Puts a minute of a series: joined with what is there of the same minute. */
MUST_USE bool store_samples_put(struct store *store, const char *mta, const char *name,
				const struct board_minute *minute, struct err *err);

typedef void store_samples_point(void *ctx, const struct board_minute *minute);

/* One series over [from_minute, to_minute), ascending. */
MUST_USE bool store_samples_series(struct store *store, const char *mta, const char *name,
				   int64_t from_minute, int64_t to_minute,
				   store_samples_point *point, void *ctx, struct err *err);

#endif
