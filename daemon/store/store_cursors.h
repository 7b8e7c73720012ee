/*
 * What a source knows of how far it has read: a cursor, and the messages still open (queue ids
 * whose end was not seen). Bytes whose meaning is the source's. Written with the counts.
 */
#ifndef STORE_CURSORS_H
#define STORE_CURSORS_H

#include "daemon/base/span.h"
#include "daemon/store/store.h"

MUST_USE bool store_cursors_put(struct store *store, const char *source, struct span bytes,
				struct err *err);

/* `*length_out` is 0 when there is none. More bytes than `room` is an error. */
MUST_USE bool store_cursors_get(struct store *store, const char *source, char *out, size_t room,
				size_t *length_out, struct err *err);

/* Every cursor whose source's name begins so. The spans live until the call returns. */
typedef void store_cursors_cursor(void *ctx, struct span source, struct span bytes);
MUST_USE bool store_cursors_each(struct store *store, struct span prefix,
				 store_cursors_cursor *each, void *ctx, struct err *err);

/* An empty value takes the key away. */
MUST_USE bool store_cursors_put_open(struct store *store, const char *source, struct span key,
				     struct span value, struct err *err);

/* Takes all of a source's keys away. */
MUST_USE bool store_cursors_forget_open(struct store *store, const char *source, struct err *err);

/* The spans live until the call returns. Ordered by key. */
typedef void store_cursors_row(void *ctx, struct span key, struct span value);

MUST_USE bool store_cursors_each_open(struct store *store, const char *source,
				      store_cursors_row *row, void *ctx, struct err *err);

#endif
