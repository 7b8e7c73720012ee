#include "daemon/base/newlines.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>

#define STEP 64

static inline uint64_t
sixteen(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
}

/*
 * Most steps hold none or one, which no branch can foresee: two are written down in any case, and
 * only the count says whether they were there.
 */
static size_t
find_steps(const char *block, size_t length, uint16_t *out)
{
	size_t count = 0;

	for (size_t at = 0; at < length; at += STEP) {
		uint64_t left = sixteen(block + at) | sixteen(block + at + 16) << 16 |
				sixteen(block + at + 32) << 32 | sixteen(block + at + 48) << 48;

		out[count] = (uint16_t)(at + (unsigned)__builtin_ctzll(left | 1ULL << 63));
		count += left != 0;
		for (left &= left - 1; left; left &= left - 1)
			out[count++] = (uint16_t)(at + (unsigned)__builtin_ctzll(left));
	}
	return count;
}
#endif

size_t
newlines_find(const char *block, size_t length, uint16_t out[NEWLINES_BLOCK])
{
	size_t at = 0, count = 0;
	const char *found;

#ifdef __SSE2__
	at = length - length % STEP;
	count = find_steps(block, at, out);
#endif
	while (at < length && (found = memchr(block + at, '\n', length - at))) {
		out[count++] = (uint16_t)(found - block);
		at = (size_t)(found - block) + 1;
	}
	return count;
}
