/*
 * Eight or sixteen bytes of text at a time, for the few loops that every line of a log runs.
 * In the masks the highest bit of a byte says yes.
 */
#ifndef CORE_SWAR_H
#define CORE_SWAR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SWAR_BYTES 8
#define SWAR_ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t
swar_load(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

static inline void
swar_store(uint64_t word, char *at)
{
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		word = __builtin_bswap64(word);
	memcpy(at, &word, sizeof(word));
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

/*
 * Sixteen bytes at a time, which must be there. Where the machine has no such instructions, twice
 * eight.
 */
#define SWAR_MORE 16

/* Bit by bit: which of the bytes are no letters or digits. Above SWAR_MORE there are ones. */
static inline unsigned
swar_not_alphanumeric(const char *at)
{
#ifdef __SSE2__
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
	__m128i letter = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i is = _mm_or_si128(
		_mm_cmpeq_epi8(digit, _mm_min_epu8(digit, _mm_set1_epi8(9))),
		_mm_cmpeq_epi8(letter, _mm_min_epu8(letter, _mm_set1_epi8('z' - 'a'))));

	return ~(unsigned)_mm_movemask_epi8(is);
#else
	unsigned bits = ~0u << SWAR_MORE;

	for (unsigned i = 0; i < SWAR_MORE; i++) {
		unsigned char letter = (unsigned char)(at[i] | 0x20);

		if ((unsigned char)(at[i] - '0') > 9 && (unsigned char)(letter - 'a') > 'z' - 'a')
			bits |= 1u << i;
	}
	return bits;
#endif
}

/* How many letters and digits begin here, up to SWAR_MORE. */
static inline unsigned
swar_run_alphanumeric(const char *at)
{
	return (unsigned)__builtin_ctz(swar_not_alphanumeric(at));
}

/* How many end here, up to SWAR_MORE, which must be there before `end`. */
static inline unsigned
swar_run_alphanumeric_backward(const char *end)
{
	unsigned others = swar_not_alphanumeric(end - SWAR_MORE) << SWAR_MORE;

	return others ? (unsigned)__builtin_clz(others) : SWAR_MORE;
}

/* Bit by bit: which of SWAR_MORE bytes are this one. */
static inline unsigned
swar_are(const char *at, char byte)
{
#ifdef __SSE2__
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < SWAR_MORE; i++)
		bits |= (unsigned)(at[i] == byte) << i;
	return bits;
#endif
}

#define SWAR_FAR (4 * SWAR_MORE)

/* The same of so many. */
static inline uint64_t
swar_are_far(const char *at, char byte)
{
	return swar_are(at, byte) | (uint64_t)swar_are(at + SWAR_MORE, byte) << 16 |
	       (uint64_t)swar_are(at + 2 * SWAR_MORE, byte) << 32 |
	       (uint64_t)swar_are(at + 3 * SWAR_MORE, byte) << 48;
}

/* How many bytes come before this one, up to SWAR_MORE. */
static inline unsigned
swar_find(const char *at, char byte)
{
	return (unsigned)__builtin_ctz(swar_are(at, byte) | 1u << SWAR_MORE);
}

/* The same over twice as many. */
static inline unsigned
swar_find_far(const char *at, char byte)
{
	uint64_t found = swar_are(at, byte) | (uint64_t)swar_are(at + SWAR_MORE, byte) << SWAR_MORE;

	return (unsigned)__builtin_ctzll(found | UINT64_C(1) << 2 * SWAR_MORE);
}

/* Bit by bit: which of SWAR_MORE bytes are the same. */
static inline unsigned
swar_are_same(const char *a, const char *b)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8(
		_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)a),
			       _mm_loadu_si128((const __m128i *)(const void *)b)));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < SWAR_MORE; i++)
		bits |= (unsigned)(a[i] == b[i]) << i;
	return bits;
#endif
}

/* Are the first `length` bytes the same? Twice SWAR_MORE must be there, and be more than that. */
static inline bool
swar_same(const char *a, const char *b, unsigned length)
{
	unsigned same = swar_are_same(a, b) | swar_are_same(a + SWAR_MORE, b + SWAR_MORE)
						      << SWAR_MORE;

	return (~same & ((1u << length) - 1)) == 0;
}

/*
 * The decimal number that begins here, and its digits: 1 to 7, or 0 when there is no such number.
 * Eight bytes must be there.
 */
static inline uint32_t
swar_number(const char *at, unsigned *digits_out)
{
	uint64_t value = swar_load(at) ^ SWAR_ALL('0');
	uint64_t none = (value | (value + SWAR_ALL(0x80 - 10))) & SWAR_ALL(0x80);
	unsigned bits = none ? (unsigned)__builtin_ctzll(none) & ~7u : 0;

	*digits_out = bits / 8;
	value <<= (64 - bits) & 63;
	/* Neighbours are joined: bytes, then pairs, then fours. */
	value = value * (10 << 8 | 1) >> 8 & UINT64_C(0x00FF00FF00FF00FF);
	value = value * (100 << 16 | 1) >> 16 & UINT64_C(0x0000FFFF0000FFFF);
	return (uint32_t)(value * (UINT64_C(10000) << 32 | 1) >> 32);
}

/* Bit by bit: which of SWAR_MORE bytes are one of these two, but for the bits of `blind`. */
static inline unsigned
swar_either(const char *at, char blind, char a, char b)
{
#ifdef __SSE2__
	__m128i bytes = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)at),
				     _mm_set1_epi8(blind));

	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)(a | blind))),
			     _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)(b | blind)))));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < SWAR_MORE; i++)
		bits |= (unsigned)((at[i] | blind) == (a | blind) || (at[i] | blind) == (b | blind))
			<< i;
	return bits;
#endif
}

/* How many bytes come before the first of them, up to SWAR_MORE. */
static inline unsigned
swar_find_either(const char *at, char blind, char a, char b)
{
	return (unsigned)__builtin_ctz(swar_either(at, blind, a, b) | 1u << SWAR_MORE);
}

/* And how many come behind the last of them. */
static inline unsigned
swar_find_last_either(const char *at, char blind, char a, char b)
{
	return (unsigned)__builtin_clz(swar_either(at, blind, a, b) << SWAR_MORE |
				       1u << (SWAR_MORE - 1));
}

/* As memchr, for bytes that are near: mostly in the first step. */
static inline const char *
swar_search(const char *at, const char *end, char byte)
{
	const char *from = at;

	if (end - at >= 2 * SWAR_MORE) {
		unsigned before = swar_find_far(at, byte);

		at += before;
		if (before < 2 * SWAR_MORE)
			return at;
	}
	while (end - at >= SWAR_MORE) {
		unsigned before = swar_find(at, byte);

		at += before;
		if (before < SWAR_MORE)
			return at;
	}
	if (end - from >= SWAR_MORE) { /* the last step begins in the one before */
		unsigned found = swar_are(end - SWAR_MORE, byte) >> (SWAR_MORE - (end - at));

		return found ? at + __builtin_ctz(found) : NULL;
	}
	while (at < end && *at != byte)
		at++;
	return at < end ? at : NULL;
}

/*
 * Makes a large structure zero, in pieces: the compiler has one slow instruction for the whole.
 * `size` is known when it is compiled.
 */
static inline __attribute__((always_inline)) void
swar_zero(void *at, size_t size)
{
	char *to = at;

#pragma GCC unroll 8
	for (; size >= 64; to += 64, size -= 64)
		memset(to, 0, 64);
	memset(to, 0, size);
}

/* How many bytes come before the first one that the mask names; SWAR_BYTES when it names none. */
static inline unsigned
swar_before(uint64_t mask)
{
	return mask ? (unsigned)__builtin_ctzll(mask) / 8 : SWAR_BYTES;
}

#endif
