/*
 * What was imported before, known by content and not by name: how many bytes as they were before
 * compression, and digests of the first and the last of them. A log that was imported and has grown
 * since, or whose import was killed, is known as well: as one that was imported up to there.
 */
#ifndef IMPORTED_H
#define IMPORTED_H

#include "daemon/store/store.h"
#include "daemon/sys/unpack.h"

#define IMPORTED_PRINT ((size_t)64 << 10) /* bytes of the head */
#define IMPORTED_TAIL 4096		  /* bytes before the place */
#define IMPORTED_DIGEST 32

/* Stored as it is; no padding, no pointers. */
struct imported {
	uint32_t version;
	uint32_t head_bytes;
	uint64_t bytes;
	unsigned char head[IMPORTED_DIGEST]; /* of the first `head_bytes` */
	unsigned char tail[IMPORTED_DIGEST]; /* of the last IMPORTED_TAIL before `bytes` */
};

/* Where an import stands in the content. */
struct imported_place {
	struct imported so_far;
	char tail[IMPORTED_TAIL]; /* the last bytes before the place */
	size_t tail_bytes;
};

/* At the beginning of a content that begins with `head` (IMPORTED_PRINT bytes of it, if it has). */
void imported_begin(struct imported_place *place, struct span head);

/* The next bytes of it. */
void imported_move(struct imported_place *place, struct span bytes);

/*
 * Reads over what was imported of this content before, as far as the store knows. `unpack` stands
 * at its beginning; `place` is begun here; both move. False with ERR_INPUT when it looked known and
 * turned out to be another behind `*known_out` bytes: then `place` and `unpack` stand too far, and
 * are to be begun again and moved there (imported_skip).
 */
MUST_USE bool imported_pass(struct imported_place *place, struct unpack *unpack,
			    struct store *store, uint64_t *known_out, struct err *err);

/* Moves over `bytes`; false with ERR_INPUT when the content ends before. */
MUST_USE bool imported_skip(struct imported_place *place, struct unpack *unpack, uint64_t bytes,
			    struct err *err);

/* Puts the place into the open transaction. */
MUST_USE bool imported_keep(struct imported_place *place, struct store *store, struct err *err);

#endif
