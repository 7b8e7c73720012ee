/*
 * Keeps the database's size bounded, a little at each call.
 */
#ifndef STORE_PRUNE_H
#define STORE_PRUNE_H

#include "daemon/store/store.h"

#define STORE_PRUNE_JOURNAL 100000 /* rows kept when nothing is said */
#define STORE_PRUNE_INTENTS 1000
#define STORE_PRUNE_OUTBOX 10000

struct store_keep {
	unsigned minutes_days; /* counts by the minute; older ones become hours; counters, too */
	unsigned hours_days;   /* counts by the hour; older ones are dropped; 0: never */
	int64_t journal_rows;  /* the newest; 0: STORE_PRUNE_JOURNAL */
	int64_t intent_rows;   /* the newest; 0: STORE_PRUNE_INTENTS; an open one stays */
	int64_t outbox_rows;   /* waiting ones, of all hooks; 0: STORE_PRUNE_OUTBOX */
};

/*
 * Makes hours of old minutes (totals do not change), drops what is too old or too much, drops
 * told outbox rows, cuts the write-ahead log when it has grown. One call does a day of minutes
 * and a thousand rows of each table at most. `now` in seconds. Not inside a transaction.
 */
MUST_USE bool store_prune(struct store *store, int64_t now, const struct store_keep *keep,
			  struct err *err);

#endif
