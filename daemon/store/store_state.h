/*
 * What must survive a restart for a domain: named bytes ("detect", "decide", "normal-set", ...)
 * and the operator's order.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "daemon/base/span.h"
#include "daemon/core/order.h"
#include "daemon/store/store.h"

/* Empty bytes take the name away. */
MUST_USE bool store_state_put(struct store *store, const char *domain, const char *name,
			      struct span bytes, struct err *err);

/* `*length_out` is 0 when there is none. More bytes than `room`, of another version then, are given
 * as one NUL, which is nobody's state. */
MUST_USE bool store_state_get(struct store *store, const char *domain, const char *name, char *out,
			      size_t room, size_t *length_out, struct err *err);

/* Each domain that has bytes of this name. */
typedef void store_state_row(void *ctx, const char *domain, struct span bytes);
MUST_USE bool store_state_each(struct store *store, const char *name, store_state_row *row,
			       void *ctx, struct err *err);

/* An override with ORDER_AUTO takes the one that is kept away. */
MUST_USE bool store_state_put_override(struct store *store, const char *domain,
				       const struct override *override, struct err *err);

/* Gives ORDER_AUTO and zeros when there is none. Expiry is the caller's to judge. */
MUST_USE bool store_state_get_override(struct store *store, const char *domain,
				       struct override *override_out, struct err *err);

#endif
