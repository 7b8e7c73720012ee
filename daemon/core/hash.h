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

static inline uint64_t
hash_span(struct span span, uint64_t seed)
{
	const char *at = span.at;
	size_t left = span.len;

	for (seed ^= span.len; left > 16; at += 16, left -= 16)
		seed = hash_mix(hash_load(at, 8) ^ seed, hash_load(at + 8, 8));
	if (left >= 8)
		return hash_mix(hash_load(at, 8) ^ seed, hash_load(at + left - 8, 8));
	if (left >= 4)
		return hash_mix(hash_load(at, 4) ^ seed, hash_load(at + left - 4, 4));
	return hash_mix(left ? hash_load(at, left) ^ seed : seed, left);
}

#endif
