#include "daemon/core/siphash.h"

#include <string.h>

struct state {
	uint64_t a, b, c, d;
};

static uint64_t
turn(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void
stir(struct state *s, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		s->a += s->b;
		s->c += s->d;
		s->b = turn(s->b, 13) ^ s->a;
		s->d = turn(s->d, 16) ^ s->c;
		s->a = turn(s->a, 32) + s->d;
		s->c += s->b;
		s->d = turn(s->d, 21) ^ s->a;
		s->b = turn(s->b, 17) ^ s->c;
		s->c = turn(s->c, 32);
	}
}

static void
take(struct state *s, uint64_t word)
{
	s->d ^= word;
	stir(s, 2);
	s->a ^= word;
}

/* The bytes as they come, least first (section 2.3). */
static uint64_t
word_of(const unsigned char *at, size_t length)
{
	uint64_t word = 0;

	memcpy(&word, at, length);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

uint64_t
siphash(const uint64_t key[2], const void *bytes, size_t length)
{
	/* section 2.1: "somepseudorandomlygeneratedbytes" */
	struct state s = { key[0] ^ UINT64_C(0x736f6d6570736575),
			   key[1] ^ UINT64_C(0x646f72616e646f6d),
			   key[0] ^ UINT64_C(0x6c7967656e657261),
			   key[1] ^ UINT64_C(0x7465646279746573) };
	const unsigned char *at = bytes;
	size_t left = length;

	for (; left >= 8; at += 8, left -= 8)
		take(&s, word_of(at, 8));
	take(&s, word_of(at, left) | (uint64_t)length << 56);
	s.c ^= 0xFF;
	stir(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
