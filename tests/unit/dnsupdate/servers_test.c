/* Answers that BIND, Knot and PowerDNS gave to updates of ours, recorded: how each is understood.
 */
#include "dnsupdate/answer.h"
#include "dnsupdate/tsig.h"
#include "dnsupdate/wire.h"

#include <criterion/criterion.h>

struct vector {
	const char *server, *name, *key;
	const char *request;
	size_t request_len;
	const char *answer;
	size_t answer_len;
};

#include "tests/unit/dnsupdate/servers_vectors.h"

#define COUNT (sizeof(vectors) / sizeof(vectors[0]))

static const struct {
	const char *server, *name;
	enum tsig_verdict verdict;
	unsigned rcode, error;
} wanted[] = {
	{ "BIND", "accepted", TSIG_GOOD, ANSWER_NOERROR, 0 },
	{ "BIND", "another set", TSIG_GOOD, ANSWER_NXRRSET, 0 },
	{ "BIND", "unknown key", TSIG_UNSIGNED, ANSWER_NOTAUTH, TSIG_BADKEY },
	{ "BIND", "wrong secret", TSIG_UNSIGNED, ANSWER_NOTAUTH, TSIG_BADSIG },
	{ "BIND", "clock", TSIG_GOOD, ANSWER_NOTAUTH, TSIG_BADTIME },
	{ "BIND", "no right", TSIG_GOOD, ANSWER_REFUSED, 0 },
	{ "Knot", "accepted", TSIG_GOOD, ANSWER_NOERROR, 0 },
	{ "Knot", "another set", TSIG_GOOD, ANSWER_NXRRSET, 0 },
	{ "Knot", "unknown key", TSIG_UNSIGNED, ANSWER_NOTAUTH, TSIG_BADKEY },
	{ "Knot", "wrong secret", TSIG_UNSIGNED, ANSWER_NOTAUTH, TSIG_BADSIG },
	{ "Knot", "clock", TSIG_GOOD, ANSWER_NOTAUTH, TSIG_BADTIME },
	{ "Knot", "no right", TSIG_UNSIGNED, ANSWER_NOTAUTH, TSIG_BADKEY },
	{ "PowerDNS", "accepted", TSIG_GOOD, ANSWER_NOERROR, 0 },
	{ "PowerDNS", "another set", TSIG_GOOD, ANSWER_NXRRSET, 0 },
	{ "PowerDNS", "unknown key", TSIG_MISSING, ANSWER_REFUSED, 0 },
	{ "PowerDNS", "wrong secret", TSIG_MISSING, ANSWER_REFUSED, 0 },
	{ "PowerDNS", "clock", TSIG_MISSING, ANSWER_REFUSED, 0 },
	{ "PowerDNS", "no right", TSIG_GOOD, ANSWER_REFUSED, 0 },
};

/* The request's own TSIG, as we made it: algorithm, time, fudge, MAC size, MAC, id, error, other.
 */
static int64_t
signed_at(const struct vector *vector, struct tsig_mac *mac)
{
	const uint8_t *end = (const uint8_t *)vector->request + vector->request_len;

	mac->len = 32;
	memcpy(mac->octets, end - 6 - mac->len, mac->len);
	return (int64_t)wire_u48(end - 6 - mac->len - 10);
}

static struct tsig_answer
judged(const struct vector *vector, const uint8_t *answer, size_t len)
{
	struct tsig_key key;
	struct tsig_mac mac;
	struct err err = { 0 };
	int64_t now = signed_at(vector, &mac);

	cr_assert(key_parse("vector", span_of(vector->key), &key, &err), "%s", err.text);
	return tsig_verify(&key, &mac, now, answer, len);
}

Test(servers, each_recorded_answer_is_understood)
{
	cr_assert_eq(COUNT, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < COUNT; i++) {
		const struct vector *vector = &vectors[i];
		const uint8_t *answer = (const uint8_t *)vector->answer;
		struct tsig_answer tsig = judged(vector, answer, vector->answer_len);

		cr_assert_eq(strncmp(vector->server, wanted[i].server, strlen(wanted[i].server)),
			     0);
		cr_assert_str_eq(vector->name, wanted[i].name);
		cr_expect_eq(answer_judge((const uint8_t *)vector->request, vector->request_len,
					  answer, vector->answer_len),
			     ANSWER_OURS, "%s, %s", vector->server, vector->name);
		cr_expect_eq(tsig.verdict, wanted[i].verdict, "%s, %s: verdict %d", vector->server,
			     vector->name, (int)tsig.verdict);
		cr_expect_eq(answer_rcode(answer), wanted[i].rcode, "%s, %s", vector->server,
			     vector->name);
		cr_expect_eq(tsig.error, wanted[i].error, "%s, %s", vector->server, vector->name);
	}
}

Test(servers, no_answer_with_one_bit_changed_is_signed)
{
	for (size_t i = 0; i < COUNT; i++) {
		const struct vector *vector = &vectors[i];
		uint8_t wire[1024];

		memcpy(wire, vector->answer, vector->answer_len);
		for (size_t bit = 16; bit < 8 * vector->answer_len; bit++) { /* behind the id */
			wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
			/* names may change their case, RFC 8945, section 4.3.3 */
			if (judged(vector, wire, vector->answer_len).verdict == TSIG_GOOD)
				cr_expect((wire[bit / 8] ^ vector->answer[bit / 8]) == 0x20,
					  "%s, %s: bit %zu", vector->server, vector->name, bit);
			wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}
