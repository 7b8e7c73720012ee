#include "daemon/core/hash.h"
#include "daemon/core/known.h"
#include "daemon/core/siphash.h"

#include <criterion/criterion.h>

#define LASTS 700
#define START 1000000

static struct known known;

static uint64_t
key_of(uint64_t number)
{
	static const uint64_t secret[2] = { 3, 5 };

	return siphash(secret, &number, sizeof(number));
}

/* The paper's appendix A: the key is 00 01 02 .. 0f, the message 00 01 .. 0e. */
Test(siphash, gives_the_vector_of_its_paper)
{
	static const uint64_t key[2] = { UINT64_C(0x0706050403020100),
					 UINT64_C(0x0f0e0d0c0b0a0908) };
	unsigned char message[15];

	for (unsigned char i = 0; i < sizeof(message); i++)
		message[i] = i;
	cr_assert_eq(siphash(key, message, sizeof(message)), UINT64_C(0xa129ca6149be45e5));
	cr_assert_neq(siphash(key, message, 14), siphash(key, message, 15));
}

Test(known, remembers_two_to_three_times_as_long_as_a_filter_lasts)
{
	known_init(&known, LASTS, START);
	cr_assert_not(known_has(&known, key_of(1)));
	known_add(&known, key_of(1)); /* at the beginning of a filter: remembered longest */
	known_turn(&known, START + LASTS - 1);
	known_add(&known, key_of(2)); /* at its end */
	known_turn(&known, START + LASTS);
	known_turn(&known, START + 2 * LASTS);
	known_turn(&known, START + 3 * LASTS - 1);
	cr_assert(known_has(&known, key_of(1)) && known_has(&known, key_of(2)));
	known_turn(&known, START + 3 * LASTS);
	cr_assert_not(known_has(&known, key_of(1)), "forgotten after its time");
	cr_assert_not(known_has(&known, key_of(2)));
}

Test(known, what_is_added_again_is_remembered_anew)
{
	known_init(&known, LASTS, START);
	for (int i = 0; i < 10; i++) {
		known_turn(&known, START + i * LASTS);
		known_add(&known, key_of(1));
	}
	cr_assert(known_has(&known, key_of(1)));
}

Test(known, a_long_pause_forgets_all)
{
	known_init(&known, LASTS, START);
	known_add(&known, key_of(1));
	known_turn(&known, START + 3 * LASTS);
	cr_assert_not(known_has(&known, key_of(1)));
}

static double
false_share(uint64_t from)
{
	unsigned found = 0, asked = 200000;

	for (uint64_t i = 0; i < asked; i++)
		found += known_has(&known, key_of(from + i));
	return (double)found / asked;
}

/* Strangers cannot make it say "known" more often than it promises, nor forget sooner. */
Test(known, ten_million_keys_keep_the_promised_error_and_no_memory)
{
	uint64_t number = 0;

	known_init(&known, LASTS, START);
	for (; number < 24000; number++)
		known_add(&known, key_of(number));
	for (uint64_t i = 0; i < number; i++)
		cr_assert(known_has(&known, key_of(i)), "no key is lost while there is room");
	for (int turn = 0; turn < 3; turn++) {
		known_turn(&known, START + turn * LASTS);
		for (uint64_t i = 0; i < 3400000; i++)
			known_add(&known, key_of(number++));
		cr_assert(known.filter[known.newest].set <= KNOWN_FULL);
	}
	cr_assert_lt(false_share(UINT64_C(1) << 40), 0.03);
	cr_assert_gt(false_share(UINT64_C(1) << 40), 0.02, "or the measure is wrong");
}

Test(known, a_full_filter_serves_a_seventh_of_its_time_and_then_is_followed)
{
	known_init(&known, LASTS, START);
	for (uint64_t i = 0; !known_filter_full(&known.filter[0]); i++)
		known_add(&known, key_of(i));
	known_turn(&known, START + LASTS / 7 - 1);
	cr_assert_eq(known.newest, 0);
	known_turn(&known, START + LASTS / 7);
	cr_assert_eq(known.newest, 1);
	cr_assert(known_has(&known, key_of(1)), "what it holds stays");
}

Test(known, joins_whole_filters_or_none)
{
	static struct known_filter young, full;

	known_init(&known, LASTS, START);
	known_filter_clear(&young, START);
	known_filter_clear(&full, START);
	cr_assert(known_filter_add(&young, key_of(1)));
	cr_assert_not(known_filter_add(&young, key_of(1)));
	known_join(&known, &young, START);
	cr_assert(known_has(&known, key_of(1)));
	for (uint64_t i = 10; known_filter_add(&full, key_of(i)) || !known_filter_full(&full); i++)
		;
	known_join(&known, &full, START);
	cr_assert_not(known_has(&known, key_of(10)), "there is no room for all of them");
	known_join(&known, &full, START + LASTS / 7);
	cr_assert(known_has(&known, key_of(10)) && known_has(&known, key_of(1)));
	cr_assert_leq(known.filter[known.newest].set, KNOWN_FULL);
}

Test(known, loads_what_it_was_and_nothing_else)
{
	static struct known_filter filter, other;
	struct span bytes = { (const char *)&filter, sizeof(filter) };

	known_filter_clear(&filter, START);
	known_filter_add(&filter, key_of(1));
	cr_assert(known_filter_load(&other, bytes));
	cr_assert(known_filter_has(&other, key_of(1)));
	bytes.len--;
	cr_assert_not(known_filter_load(&other, bytes), "too short");
	bytes.len++;
	filter.version++;
	cr_assert_not(known_filter_load(&other, bytes), "another version");
	filter.version--;
	filter.set++;
	cr_assert_not(known_filter_load(&other, bytes), "does not count its own bits");
	memset(filter.words, 0xFF, sizeof(filter.words));
	filter.set = KNOWN_BITS;
	cr_assert_not(known_filter_load(&other, bytes), "would know everybody");
}
