#include "daemon/sys/newlines.h"

#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>

#define STEP 64

/* Bit by bit: which of STEP bytes are newlines. */
typedef uint64_t newlines_mask(const char *at);

static inline uint64_t
sixteen(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
}

static inline uint64_t
by_sixteen(const char *at)
{
	return sixteen(at) | sixteen(at + 16) << 16 | sixteen(at + 32) << 32 |
	       sixteen(at + 48) << 48;
}

/*
 * Most steps hold none or one, which no branch can foresee: one is written down in any case, and
 * only the count says whether it was there.
 */
static inline __attribute__((always_inline)) size_t
find_steps(newlines_mask *mask, const char *block, size_t length, uint16_t *out)
{
	size_t count = 0;

	for (size_t at = 0; at < length; at += STEP) {
		uint64_t left = mask(block + at);

		out[count] = (uint16_t)(at + (unsigned)__builtin_ctzll(left | 1ULL << 63));
		count += left != 0;
		for (left &= left - 1; left; left &= left - 1)
			out[count++] = (uint16_t)(at + (unsigned)__builtin_ctzll(left));
	}
	return count;
}

#ifdef __x86_64__
#define WIDE __attribute__((target("avx2,bmi")))

static inline WIDE uint64_t
thirty_two(const char *at)
{
	__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)at);

	return (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')));
}

static inline WIDE uint64_t
by_thirty_two(const char *at)
{
	return thirty_two(at) | thirty_two(at + 32) << 32;
}

static WIDE size_t
find_wide(const char *block, size_t length, uint16_t *out)
{
	return find_steps(by_thirty_two, block, length, out);
}

static bool
is_wide(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}
#else
#define find_wide(block, length, out) 0
#define is_wide() false
#endif
#endif

size_t
newlines_find(const char *block, size_t length, uint16_t out[NEWLINES_BLOCK])
{
	size_t at = 0, count = 0;
	const char *found;

#ifdef __SSE2__
	at = length - length % STEP;
	count = is_wide() ? find_wide(block, at, out) : find_steps(by_sixteen, block, at, out);
#endif
	while (at < length && (found = memchr(block + at, '\n', length - at))) {
		out[count++] = (uint16_t)(found - block);
		at = (size_t)(found - block) + 1;
	}
	return count;
}
