#include "daemon/core/swar.h"

#include "daemon/core/envelope_tag.h"
#include "daemon/core/hash.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_id.h"
#include "daemon/core/parse_postfix.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * What reads many bytes at a time says what a loop over single bytes would say, at every length.
 * Each text has a buffer of its very size, for a build with sanitizers to see what reads beyond.
 */

#define LONGEST 150

static char *
exactly(const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);

	cr_assert_not_null(copy);
	return memcpy(copy, text, length);
}

/* From an alphabet in which what is looked for is common. */
static char *
any_text(size_t length, const char *alphabet, unsigned *seed)
{
	char *text = exactly("", 0);

	text = realloc(text, length ? length : 1);
	cr_assert_not_null(text);
	for (size_t i = 0; i < length; i++) {
		*seed = *seed * 1103515245 + 12345;
		text[i] = alphabet[(*seed >> 16) % strlen(alphabet)];
	}
	return text;
}

Test(swar, a_search_finds_what_memchr_finds)
{
	unsigned seed = 1;

	for (unsigned i = 0; i < 20000; i++) {
		size_t length = i % LONGEST;
		char *text = any_text(length, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", &seed);

		cr_assert_eq(swar_search(text, text + length, 'b'), memchr(text, 'b', length),
			     "%.*s", (int)length, text);
		free(text);
	}
}

Test(swar, the_queue_id_at_the_end_is_the_letters_and_digits_there)
{
	unsigned seed = 1;

	for (unsigned i = 0; i < 20000; i++) {
		size_t length = i % LONGEST, run = 0;
		char *text = any_text(length, "aZ09aZ09aZ09aZ09aZ09aZ09aZ09aZ09 ", &seed);

		while (run < length && text[length - 1 - run] != ' ')
			run++;
		if (run < PARSE_ID_MIN || run > PARSE_ID_MAX)
			run = 0;
		cr_assert_eq(parse_id_backward((struct span){ text, length }).len, run, "%.*s",
			     (int)length, text);
		free(text);
	}
}

Test(swar, a_number_is_one_to_seven_digits)
{
	static const struct {
		const char text[9];
		unsigned digits, number;
	} cases[] = {
		{ "1]: abcd", 1, 1 },  { "0]: abcd", 1, 0 },	 { "1234567]", 7, 1234567 },
		{ "12345678", 0, 0 },  { "]1234567", 0, 0 },	 { "/]: abcd", 0, 0 },
		{ ":]: abcd", 0, 0 },  { "29\x80]: ab", 2, 29 }, { "29\xB9]: ab", 2, 29 },
		{ "99/9]: a", 2, 99 }, { "99:9]: a", 2, 99 },	 { "0042]: a", 4, 42 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned digits, number = swar_number(cases[i].text, &digits);

		cr_assert_eq(digits, cases[i].digits, "%s", cases[i].text);
		cr_assert(digits == 0 || number == cases[i].number, "%s: %u", cases[i].text,
			  number);
	}
}

Test(swar, names_are_the_same_when_all_their_bytes_are)
{
	for (size_t length = 0; length <= 24; length++)
		for (size_t at = 0; at <= length; at++) {
			char *a = exactly("abcdefghijklmnopqrstuvwxyz", length);
			char *b = exactly(a, length);

			if (at < length)
				b[at] ^= 1;
			cr_assert_eq(hash_same_name(a, b, length), at == length);
			cr_assert_eq(hash_same(a, b, length), at == length);
			free(a);
			free(b);
		}
}

Test(swar, a_domain_in_lower_case_is_that_of_its_bytes)
{
	for (size_t length = 1; length <= 40; length++)
		for (unsigned byte = 0; byte < 256; byte++) {
			char *text = exactly("MX1.Example.JP.mx1.example.jp.MX1.EXAMPLE", length);
			char out[64], wanted[64];
			size_t at = byte % length, kept = length;
			struct span lower;
			bool good = true;

			text[at] = (char)byte;
			kept -= text[length - 1] == '.';
			for (size_t i = 0; i < kept; i++) {
				unsigned char c = (unsigned char)text[i];

				good = good && c > ' ' && c != 0x7F;
				wanted[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
			}
			lower = parse_address_lower((struct span){ text, length }, out,
						    sizeof(out));
			cr_assert(span_equal(lower, good && kept ? (struct span){ wanted, kept }
								 : SPAN("(none)")),
				  "byte %u at %zu of %zu", byte, at, length);
			free(text);
		}
}

Test(swar, an_address_is_the_same_with_and_without_a_call)
{
	unsigned seed = 2;

	for (unsigned i = 0; i < 20000; i++) {
		size_t length = i % 70;
		char *text = any_text(length, "aaaaaaaaaaaa@bbbbbbbbbbbb>>>\" <\\", &seed);
		struct scan one = { .at = text, .end = text + length }, other = one;
		struct span a = parse_address_next(&one), b = parse_address_forward(&other);

		cr_assert(a.at == b.at && a.len == b.len && one.at == other.at &&
				  one.failed == other.failed,
			  "%.*s", (int)length, text);
		free(text);
	}
}

/* The fields of a delivery, moved over every border of the steps in which commas are found. */
Test(swar, fields_of_a_delivery_are_found_at_every_place)
{
	struct envelope_program program = { .instance = SPAN("postfix"), .daemon = SPAN("smtp") };
	struct envelope envelope = { .program = &program };

	cr_assert(parse_postfix_claims(&envelope));
	for (int relay = 0; relay < LONGEST; relay++)
		for (int reply = 0; reply < 12; reply++) {
			struct record record = { 0 };
			char text[2 * LONGEST + 100], *copy;
			int length =
				snprintf(text, sizeof(text),
					 "4104E3D: to=<u@x>, relay=%0*d, delay=0.1, dsn=2.0.0, "
					 "status=bounced %0*d",
					 relay + 1, 1, reply + 1, 1);

			copy = exactly(text, (size_t)length);
			envelope.message = (struct span){ copy, (size_t)length };
			parse_postfix(&envelope, &record);
			cr_assert_eq(record.kind, RECORD_RECIPIENT, "%s", text);
			cr_assert_eq(record.delivery, DELIVERY_FAILED, "%s", text);
			cr_assert(span_equal(record.status, SPAN("2.0.0")), "%s", text);
			free(copy);
		}
}
