/*
 * The outbox: what the hooks still have to be told. Written with the journal entry that it tells
 * of; each hook is told in order, at least once.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "daemon/store/store.h"

#define STORE_OUTBOX_HOOK 64
#define STORE_OUTBOX_PAYLOAD 8192

struct store_outbox_item {
	int64_t id;
	int64_t journal_id;
	int64_t added, not_before; /* seconds */
	unsigned attempts;	   /* so far */
	bool test;
	char hook[STORE_OUTBOX_HOOK];
	char payload[STORE_OUTBOX_PAYLOAD]; /* JSON */
};

/* A hook's name or a payload that does not fit into an item is ERR_INPUT. `now` in seconds. */
MUST_USE bool store_outbox_add(struct store *store, const char *hook, int64_t journal_id,
			       const char *payload_json, int64_t now, struct err *err);

/* The same; a test goes before everything that waits. */
MUST_USE bool store_outbox_put(struct store *store, const char *hook, int64_t journal_id,
			       const char *payload_json, bool test, int64_t now, struct err *err);

/* The id of the item that was added just now. */
int64_t store_outbox_last(const struct store *store);

/*
 * The oldest item that this hook was not told, when its time has come: one that waits for its
 * next attempt holds back those behind it.
 */
MUST_USE bool store_outbox_next(struct store *store, const char *hook, int64_t now, bool *found_out,
				struct store_outbox_item *out, struct err *err);

MUST_USE bool store_outbox_done(struct store *store, int64_t id, int64_t now, struct err *err);

/* Counts one attempt; the next is not before `not_before` (seconds). */
MUST_USE bool store_outbox_retry(struct store *store, int64_t id, int64_t not_before,
				 const char *why, struct err *err);

/* It is a dead letter from now on: kept, and told only when a person sends it again. */
MUST_USE bool store_outbox_give_up(struct store *store, int64_t id, int64_t now, const char *why,
				   struct err *err);

struct store_outbox_dead {
	int64_t id, since; /* since: seconds, when it was given up */
	unsigned attempts;
	struct span why, payload; /* valid during the call */
};

/* The hook's dead letters, the newest first. */
MUST_USE bool store_outbox_dead(struct store *store, const char *hook, unsigned most,
				void (*each)(void *ctx, const struct store_outbox_dead *dead),
				void *ctx, struct err *err);

/* The hook's dead letters wait again, in their old order; what waits does so no longer. */
MUST_USE bool store_outbox_resend(struct store *store, const char *hook, unsigned *count_out,
				  struct err *err);

/* The wall clock was set by so many seconds: attempts that wait for their time wait as long as
 * before. */
MUST_USE bool store_outbox_clock_set(struct store *store, int64_t seconds, struct err *err);

/* How many items wait, and for how many of these an attempt has failed. */
MUST_USE bool store_outbox_waiting(struct store *store, uint64_t *waiting_out, uint64_t *failed_out,
				   struct err *err);

#endif
