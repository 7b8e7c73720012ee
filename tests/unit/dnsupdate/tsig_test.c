#include "dnsupdate/tsig.h"
#include "dnsupdate/wire.h"

#include "tsig_vectors.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define NOW INT64_C(1764000000)
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

struct bytes {
	uint8_t at[4096];
	size_t len;
};

static struct bytes
from_hex(const char *hex)
{
	struct bytes bytes = { .len = strlen(hex) / 2 };

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned octet = 0;

		cr_assert(sscanf(hex + 2 * i, "%2x", &octet) == 1);
		bytes.at[i] = (uint8_t)octet;
	}
	return bytes;
}

static struct tsig_key
key_of(enum tsig_algorithm algorithm)
{
	struct tsig_key key = { .algorithm = algorithm, .secret_len = 32 };
	struct err err;

	cr_assert(key_name(&key, SPAN("mxsplit"), &err));
	for (uint8_t i = 0; i < 32; i++)
		key.secret[i] = i;
	return key;
}

static struct tsig_mac
sign(const struct tsig_key *key, struct bytes *message)
{
	struct tsig_mac mac;
	struct err err;

	cr_assert(tsig_sign(key, NOW, message->at, sizeof(message->at), &message->len, &mac, &err));
	return mac;
}

Test(tsig, signs_and_verifies_as_another_implementation_does)
{
	for (size_t i = 0; i < VECTORS; i++) {
		struct tsig_key key = key_of(vectors[i].algorithm);
		struct bytes mine = from_hex(vectors[i].plain),
			     theirs = from_hex(vectors[i].request);
		struct bytes plain = mine, answer = from_hex(vectors[i].answer);
		struct tsig_mac mac = sign(&key, &mine);
		struct tsig_answer got;

		cr_assert(mine.len == theirs.len && memcmp(mine.at, theirs.at, mine.len) == 0,
			  "row %zu", i);
		got = tsig_verify(&key, &mac, NOW, answer.at, answer.len);
		cr_assert(got.verdict == TSIG_GOOD && got.error == 0 && got.server_time == NOW,
			  "row %zu: %d", i, (int)got.verdict);
		got = tsig_verify(&key, &mac, NOW, plain.at, plain.len);
		cr_assert(got.verdict == TSIG_MISSING && got.len == plain.len, "row %zu", i);
		answer = from_hex(vectors[i].late_clock);
		got = tsig_verify(&key, &mac, NOW - 5000, answer.at, answer.len);
		cr_assert(got.verdict == TSIG_GOOD && got.error == TSIG_BADTIME &&
				  got.server_time == NOW + 1000,
			  "row %zu", i);
	}
}

Test(tsig, allows_the_fudge_and_not_a_second_more)
{
	static const struct {
		int64_t off;
		enum tsig_verdict verdict;
	} rows[] = {
		{ -301, TSIG_LATE }, { -300, TSIG_GOOD }, { 300, TSIG_GOOD }, { 301, TSIG_LATE }
	};
	struct tsig_key key = key_of(TSIG_SHA256);
	struct bytes request = from_hex(vectors[3].plain), answer = from_hex(vectors[3].answer);
	struct tsig_mac mac = sign(&key, &request);

	for (size_t i = 0; i < 4; i++)
		cr_assert(
			tsig_verify(&key, &mac, NOW + rows[i].off, answer.at, answer.len).verdict ==
				rows[i].verdict,
			"row %zu", i);
}

/* What the digest does not cover: the ID (the original one is digested), and the case of the names
 * in the record, which are digested in canonical form. */
static bool
free_bit(const struct bytes *answer, size_t record, size_t octet, unsigned bit)
{
	bool names = (octet > record && octet < record + 8) ||
		     (octet > record + 19 && octet < record + 31);

	if (octet < 2)
		return true;
	return names && bit == 5 &&
	       ((answer->at[octet] | 0x20) >= 'a' && (answer->at[octet] | 0x20) <= 'z');
}

Test(tsig, refuses_any_changed_bit_and_any_cut)
{
	struct tsig_key key = key_of(TSIG_SHA256), other = key;
	struct bytes request = from_hex(vectors[3].plain), answer = from_hex(vectors[3].answer);
	struct tsig_mac mac = sign(&key, &request);
	size_t record = tsig_verify(&key, &mac, NOW, answer.at, answer.len).len;
	struct tsig_answer got;

	for (size_t i = 0; i < answer.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			bool free;

			answer.at[i] ^= (uint8_t)(1u << bit);
			got = tsig_verify(&key, &mac, NOW, answer.at, answer.len);
			answer.at[i] ^= (uint8_t)(1u << bit);
			free = free_bit(&answer, record, i, bit);
			cr_assert((got.verdict == TSIG_GOOD) == free,
				  "octet %zu (record at %zu) bit %u: %d", i, record, bit,
				  (int)got.verdict);
		}
	for (size_t i = 0; i < answer.len; i++)
		cr_assert(tsig_verify(&key, &mac, NOW, answer.at, i).verdict != TSIG_GOOD,
			  "cut at %zu", i);
	cr_assert(tsig_verify(&key, &mac, NOW, answer.at, answer.len + 1).verdict ==
		  TSIG_MALFORMED);
	other.secret[31] ^= 1;
	cr_assert(tsig_verify(&other, &mac, NOW, answer.at, answer.len).verdict == TSIG_WRONG_MAC);
	other = key_of(TSIG_SHA512);
	cr_assert(tsig_verify(&other, &mac, NOW, answer.at, answer.len).verdict == TSIG_OTHER_KEY);
	mac.octets[0] ^= 1;
	cr_assert(tsig_verify(&key, &mac, NOW, answer.at, answer.len).verdict == TSIG_WRONG_MAC);
}

Test(tsig, wants_exactly_one_record_and_it_last)
{
	struct tsig_key key = key_of(TSIG_SHA256);
	struct bytes request = from_hex(vectors[3].plain), answer = from_hex(vectors[3].answer),
		     twice;
	struct tsig_mac mac = sign(&key, &request), again;
	struct err err;
	size_t record = tsig_verify(&key, &mac, NOW, answer.at, answer.len).len;
	size_t size = answer.len - record;

	twice = answer;
	memcpy(twice.at + twice.len, answer.at + record, size);
	twice.len += size;
	wire_put16(twice.at + 10, 2);
	cr_assert(tsig_verify(&key, &mac, NOW, twice.at, twice.len).verdict == TSIG_MALFORMED);
	/* counted as an answer record, not as an additional one */
	wire_put16(answer.at + 10, 0);
	wire_put16(answer.at + 6, 1);
	cr_assert(tsig_verify(&key, &mac, NOW, answer.at, answer.len).verdict == TSIG_MALFORMED);
	answer.len = 40;
	cr_assert(!tsig_sign(&key, NOW, answer.at, 600, &answer.len, &again, &err) &&
		  err.kind == ERR_BUG);
}
