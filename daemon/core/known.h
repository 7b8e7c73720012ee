/*
 * A set that forgets, of keys that are hashes already: three Bloom filters (Bloom 1970), the newest
 * of which takes what is added. After `lasts` seconds the oldest is emptied and becomes the newest:
 * a key is remembered for two to three times `lasts`.
 *
 * A filter takes no more when KNOWN_FULL of its bits are set. A key that was never added is found
 * in it with a chance of (set / KNOWN_BITS)^KNOWN_HASHES, at most 1 in 100 (1 in 33 in all three),
 * however many keys strangers have. A full one is followed by the next after a seventh of `lasts`.
 */
#ifndef CORE_KNOWN_H
#define CORE_KNOWN_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>

#define KNOWN_VERSION 1
#define KNOWN_FILTERS 3
#define KNOWN_BITS 262144 /* of a filter: 32 KiB; some 24,000 keys */
#define KNOWN_HASHES 4
#define KNOWN_FULL (KNOWN_BITS / 100 * 31)

/* Plain memory without padding or pointers: it may be stored as bytes (known_filter_load). */
struct known_filter {
	uint32_t version;
	uint32_t set;  /* bits */
	int64_t since; /* seconds; when it became the newest, 0: never */
	uint64_t words[KNOWN_BITS / 64];
};

void known_filter_clear(struct known_filter *filter, int64_t now);
bool known_filter_has(const struct known_filter *filter, uint64_t key);

/* False: it was there, or there is no room. */
bool known_filter_add(struct known_filter *filter, uint64_t key);
bool known_filter_full(const struct known_filter *filter);

/* False (and untouched) when the bytes are no filter, or one of another version. */
MUST_USE bool known_filter_load(struct known_filter *filter, struct span bytes);

struct known {
	int64_t lasts; /* seconds */
	unsigned newest;
	bool changed[KNOWN_FILTERS]; /* since the caller last put that to false */
	struct known_filter filter[KNOWN_FILTERS];
};

void known_init(struct known *known, int64_t lasts, int64_t now);

/* After its filters were loaded. */
void known_resume(struct known *known, int64_t now);

bool known_has(const struct known *known, uint64_t key);
void known_add(struct known *known, uint64_t key);

/* Adds all keys of a filter, or none while there is no room and the newest may not be followed yet.
 */
void known_join(struct known *known, const struct known_filter *filter, int64_t now);

/* Time passes. */
void known_turn(struct known *known, int64_t now);

/* The clock was set by so many seconds. */
void known_clock_set(struct known *known, int64_t seconds);

#endif
