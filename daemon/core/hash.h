/*
 * One fast hash for the tables of this folder. It is always the same (the keys of stored rows are
 * made with it) and not meant against chosen keys: tables are bounded, and compare what they find.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include "daemon/base/span.h"

#include <stdint.h>

static inline uint64_t
hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ 0x9E3779B97F4A7C15) * (b ^ 0xE7037ED1A0B428DB);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t
hash_load(const char *at, size_t length)
{
	uint64_t word = 0;

	memcpy(&word, at, length);
	return word;
}

/* Less than eight bytes, without a call. */
static inline uint64_t
hash_short(const char *at, size_t left, uint64_t seed)
{
	uint64_t word = 0;

	if (left >= 4)
		return hash_mix(hash_load(at, 4) ^ seed, hash_load(at + left - 4, 4));
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)(unsigned char)at[i] << 8 * i;
	return hash_mix(word ^ seed, left);
}

static inline uint64_t
hash_span(struct span span, uint64_t seed)
{
	const char *at = span.at;
	size_t left = span.len;

	for (seed ^= span.len; left > 16; at += 16, left -= 16)
		seed = hash_mix(hash_load(at, 8) ^ seed, hash_load(at + 8, 8));
	if (left >= 8)
		return hash_mix(hash_load(at, 8) ^ seed, hash_load(at + left - 8, 8));
	return hash_short(at, left, seed);
}

/* As memcmp == 0, without a call for most lengths. */
static inline bool
hash_same(const char *a, const char *b, size_t length)
{
	if (length < 4 || length > 16)
		return memcmp(a, b, length) == 0;
	if (length < 8)
		return hash_load(a, 4) == hash_load(b, 4) &&
		       hash_load(a + length - 4, 4) == hash_load(b + length - 4, 4);
	return hash_load(a, 8) == hash_load(b, 8) &&
	       hash_load(a + length - 8, 8) == hash_load(b + length - 8, 8);
}

/* The same for at most 24 bytes, always without a call. */
static inline bool
hash_same_name(const char *a, const char *b, size_t length)
{
	if (length >= 8)
		return hash_load(a, 8) == hash_load(b, 8) &&
		       (length <= 16 || hash_load(a + 8, 8) == hash_load(b + 8, 8)) &&
		       hash_load(a + length - 8, 8) == hash_load(b + length - 8, 8);
	while (length && a[length - 1] == b[length - 1])
		length--;
	return length == 0;
}

/* As memcpy, without a call for most lengths. */
static inline void
hash_copy(char *to, const char *from, size_t length)
{
	uint64_t head, tail;

	if (length < 8 || length > 16) {
		memcpy(to, from, length);
		return;
	}
	head = hash_load(from, 8);
	tail = hash_load(from + length - 8, 8);
	memcpy(to, &head, 8);
	memcpy(to + length - 8, &tail, 8);
}

#endif
