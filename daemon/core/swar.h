/*
 * Eight bytes of text at a time in one word, for the few loops that every line of a log runs.
 * In the masks the highest bit of a byte says yes.
 */
#ifndef CORE_SWAR_H
#define CORE_SWAR_H

#include <stdint.h>
#include <string.h>

#define SWAR_BYTES 8
#define SWAR_ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t
swar_load(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

/* Bytes from `low` to `high`, both below 0x80; bytes above 0x7F never are. */
static inline uint64_t
swar_between(uint64_t word, unsigned char low, unsigned char high)
{
	uint64_t seven = word & SWAR_ALL(0x7F);

	return (seven + SWAR_ALL(0x80 - low)) & ~(seven + SWAR_ALL(0x7F - high)) & ~word &
	       SWAR_ALL(0x80);
}

/* Letters and digits of ASCII. */
static inline uint64_t
swar_alphanumeric(uint64_t word)
{
	return swar_between(word, '0', '9') | swar_between(word | SWAR_ALL(0x20), 'a', 'z');
}

/* Bytes that are `byte`, exact for the lowest of them. */
static inline uint64_t
swar_equal(uint64_t word, unsigned char byte)
{
	uint64_t differ = word ^ SWAR_ALL(byte);

	return (differ - SWAR_ALL(0x01)) & ~differ & SWAR_ALL(0x80);
}

/* How many bytes come before the first one that the mask names; SWAR_BYTES when it names none. */
static inline unsigned
swar_before(uint64_t mask)
{
	return mask ? (unsigned)__builtin_ctzll(mask) / 8 : SWAR_BYTES;
}

#endif
