/*
 * Intents: before the first packet of a change to the zone leaves, a row says what is wanted and
 * from which set. Outside of a transaction it is durable when store_intents_open returns; inside
 * of one, when that commits.
 */
#ifndef STORE_INTENTS_H
#define STORE_INTENTS_H

#include "daemon/core/mx.h"
#include "daemon/store/store.h"

/* `now` in seconds. */
MUST_USE bool store_intents_open(struct store *store, const char *domain, const struct mx_set *from,
				 const struct mx_set *want, int64_t now, int64_t *id_out,
				 struct err *err);

/* `result` in a word or a sentence: "confirmed", "given up: ...". Closing twice keeps the first. */
MUST_USE bool store_intents_close(struct store *store, int64_t id, const char *result, int64_t now,
				  struct err *err);

/* The newest intent of this domain when it was not closed; *id_out 0: it was. `want` has count 0
 * when it cannot be read. */
MUST_USE bool store_intents_last_open(struct store *store, const char *domain, int64_t *id_out,
				      struct mx_set *want_out, struct err *err);

#endif
