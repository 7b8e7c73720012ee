#include "daemon/imported.h"

#include "daemon/base/text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define VERSION 1
#define KEY "imported " /* no source is called so: names have no blanks */
#define KEY_DIGITS 32	/* of the head's digest */
#define PIECE ((size_t)256 << 10)

struct candidates {
	struct span head;
	struct imported *list; /* owned */
	size_t count;
	bool no_memory;
};

static bool
digest(struct span bytes, unsigned char out[IMPORTED_DIGEST])
{
	return EVP_Digest(bytes.at, bytes.len, out, NULL, EVP_sha256(), NULL) == 1;
}

void
imported_begin(struct imported_place *place, struct span head)
{
	place->so_far = (struct imported){ .version = VERSION, .head_bytes = (uint32_t)head.len };
	place->tail_bytes = 0;
	if (!digest(head, place->so_far.head))
		place->so_far.version = 0; /* never stored */
}

void
imported_move(struct imported_place *place, struct span bytes)
{
	size_t room = IMPORTED_TAIL, keep;

	place->so_far.bytes += bytes.len;
	if (bytes.len >= room) {
		memcpy(place->tail, bytes.at + bytes.len - room, room);
		place->tail_bytes = room;
		return;
	}
	keep = room - bytes.len < place->tail_bytes ? room - bytes.len : place->tail_bytes;
	memmove(place->tail, place->tail + place->tail_bytes - keep, keep);
	if (bytes.len)
		memcpy(place->tail + keep, bytes.at, bytes.len);
	place->tail_bytes = keep + bytes.len;
}

/* A record whose head is also that of the content. */
static void
consider(void *ctx, struct span source, struct span bytes)
{
	struct candidates *candidates = ctx;
	unsigned char head[IMPORTED_DIGEST];
	struct imported record, *list;

	(void)source;
	if (bytes.len != sizeof(record))
		return;
	memcpy(&record, bytes.at, sizeof(record));
	if (record.version != VERSION || record.head_bytes > candidates->head.len ||
	    record.bytes == 0 ||
	    !digest((struct span){ candidates->head.at, record.head_bytes }, head) ||
	    memcmp(head, record.head, sizeof(head)) != 0)
		return;
	list = realloc(candidates->list, (candidates->count + 1) * sizeof(*list));
	candidates->no_memory = candidates->no_memory || !list;
	if (!list)
		return;
	candidates->list = list;
	list[candidates->count++] = record;
}

static int
by_bytes(const void *left, const void *right)
{
	const struct imported *a = left, *b = right;

	return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

static bool
is_here(const struct imported_place *place, const struct imported *record)
{
	unsigned char tail[IMPORTED_DIGEST];

	return digest((struct span){ place->tail, place->tail_bytes }, tail) &&
	       memcmp(tail, record->tail, sizeof(tail)) == 0;
}

/* Moves to `bytes`, or to the end when that comes first. */
static bool
go_to(struct imported_place *place, struct unpack *unpack, uint64_t bytes, char *buffer,
      struct err *err)
{
	while (place->so_far.bytes < bytes) {
		uint64_t left = bytes - place->so_far.bytes;
		ssize_t got = unpack_read(unpack, buffer, left < PIECE ? (size_t)left : PIECE, err);

		if (got < 0)
			return false;
		if (got == 0)
			break;
		imported_move(place, (struct span){ buffer, (size_t)got });
	}
	return true;
}

bool
imported_skip(struct imported_place *place, struct unpack *unpack, uint64_t bytes, struct err *err)
{
	char *buffer = malloc(PIECE);
	bool ok = buffer ? go_to(place, unpack, bytes, buffer, err)
			 : err_set(err, ERR_SYSTEM, "out of memory");

	free(buffer);
	if (ok && place->so_far.bytes < bytes)
		ok = err_set(err, ERR_INPUT, "it ends too early");
	return ok;
}

bool
imported_pass(struct imported_place *place, struct unpack *unpack, struct store *store,
	      uint64_t *known_out, struct err *err)
{
	struct candidates candidates = { 0 };
	char *buffer = malloc(PIECE);
	bool ok = buffer && unpack_peek(unpack, IMPORTED_PRINT, &candidates.head, err);

	*known_out = 0;
	if (!buffer)
		err_set(err, ERR_SYSTEM, "out of memory");
	if (ok) {
		imported_begin(place, candidates.head);
		ok = store_cursors_each(store, SPAN(KEY), consider, &candidates, err);
	}
	if (ok && candidates.no_memory)
		ok = err_set(err, ERR_SYSTEM, "out of memory");
	if (candidates.count)
		qsort(candidates.list, candidates.count, sizeof(*candidates.list), by_bytes);
	for (size_t i = 0; ok && i < candidates.count; i++) {
		ok = go_to(place, unpack, candidates.list[i].bytes, buffer, err);
		if (ok && place->so_far.bytes == candidates.list[i].bytes &&
		    is_here(place, &candidates.list[i]))
			*known_out = place->so_far.bytes;
	}
	if (ok && *known_out != place->so_far.bytes)
		ok = err_set(err, ERR_INPUT, "it begins like a log that was imported before");
	free(candidates.list);
	free(buffer);
	return ok;
}

bool
imported_keep(struct imported_place *place, struct store *store, struct err *err)
{
	char key[sizeof(KEY) + KEY_DIGITS];
	struct text text = TEXT(key);

	if (place->so_far.version != VERSION ||
	    !digest((struct span){ place->tail, place->tail_bytes }, place->so_far.tail))
		return err_set(err, ERR_SYSTEM, "no digest can be made");
	text_add(&text, KEY);
	for (unsigned i = 0; i < KEY_DIGITS / 2; i++)
		text_add(&text, "%02x", place->so_far.head[i]);
	return store_cursors_put(
		store, key, (struct span){ (const char *)&place->so_far, sizeof(place->so_far) },
		err);
}
