/*
 * Keeps the database's size bounded, a little at each call.
 */
#ifndef STORE_PRUNE_H
#define STORE_PRUNE_H

#include "daemon/store/store.h"

struct store_prune_keep {
	unsigned minutes_days; /* counts by the minute; older ones become hours */
	unsigned hours_days;   /* counts by the hour; older ones are dropped; 0: never */
	int64_t journal_rows;  /* the newest; 0: all */
	int64_t intent_rows;   /* the newest; 0: all; an open one is never dropped */
	int64_t outbox_rows;   /* waiting ones, of all hooks; 0: all */
};

struct store_prune_done {
	bool more;	  /* there was more to do than one call does: call again soon */
	int64_t given_up; /* messages to hooks that nobody will get: worth a line in the log */
};

/*
 * Makes hours of old minutes (totals do not change), drops what is too old or too much, drops
 * told outbox rows, cuts the write-ahead log when it has grown. `now` in seconds. Not inside a
 * transaction. `done_out` may be NULL.
 */
MUST_USE bool store_prune(struct store *store, int64_t now, const struct store_prune_keep *keep,
			  struct store_prune_done *done_out, struct err *err);

#endif
