#include "dnsupdate/tsig.h"

#include "dnsupdate/wire.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#define TYPE_TSIG 250
#define FIXED 16 /* octets of RDATA besides algorithm, MAC and other data */

static const struct {
	struct span name; /* wire form (RFC 8945, section 6) */
	const char *digest;
	size_t mac;
} algorithms[TSIG_ALGORITHMS] = {
	[TSIG_MD5] = { { "\x08hmac-md5\x07sig-alg\x03reg\x03int", 26 }, "MD5", 16 },
	[TSIG_SHA1] = { { "\x09hmac-sha1", 11 }, "SHA1", 20 },
	[TSIG_SHA224] = { { "\x0bhmac-sha224", 13 }, "SHA224", 28 },
	[TSIG_SHA256] = { { "\x0bhmac-sha256", 13 }, "SHA256", 32 },
	[TSIG_SHA384] = { { "\x0bhmac-sha384", 13 }, "SHA384", 48 },
	[TSIG_SHA512] = { { "\x0bhmac-sha512", 13 }, "SHA512", 64 },
};

/* A run of digest input; `at` NULL ends a list. */
struct piece {
	const uint8_t *at;
	size_t len;
};

static bool
hmac(const struct tsig_key *key, const struct piece *pieces, struct tsig_mac *out)
{
	char digest[16];
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	bool good;

	span_copy(span_of(algorithms[key->algorithm].digest), digest, sizeof(digest));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	good = ctx && EVP_MAC_init(ctx, key->secret, key->secret_len, params) == 1;
	for (; good && pieces->at; pieces++)
		good = EVP_MAC_update(ctx, pieces->at, pieces->len) == 1;
	good = good && EVP_MAC_final(ctx, out->octets, &out->len, sizeof(out->octets)) == 1;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return good && out->len == algorithms[key->algorithm].mac;
}

/* The record's fields, and the variables of RFC 8945, section 4.3.3, that are digested. */
struct fields {
	uint64_t time;
	uint16_t fudge, error, other_len;
	const uint8_t *other;
	uint8_t variables[2 * KEY_NAME + 32];
	size_t len;
};

static size_t
put(uint8_t *at, const void *from, size_t len)
{
	memcpy(at, from, len);
	return len;
}

/* All but the other data, which is digested from where it lies. */
static void
set_variables(const struct tsig_key *key, struct fields *fields)
{
	const struct span *name = &algorithms[key->algorithm].name;
	uint8_t *v = fields->variables;
	size_t n = put(v, key->wire, key->wire_len);

	n += put(v + n, "\x00\xff\x00\x00\x00\x00", 6); /* class ANY, TTL 0 */
	n += put(v + n, name->at, name->len);
	wire_put48(v + n, fields->time);
	wire_put16(v + n + 6, fields->fudge);
	wire_put16(v + n + 8, fields->error);
	wire_put16(v + n + 10, fields->other_len);
	fields->len = n + 12;
}

/* Puts the record behind the message; gives the new length. */
static size_t
append(const struct tsig_key *key, const struct fields *fields, const struct tsig_mac *mac,
       uint8_t *wire, size_t len)
{
	const struct span *name = &algorithms[key->algorithm].name;
	uint8_t *at = wire + len;
	size_t n = put(at, key->wire, key->wire_len);

	n += put(at + n, "\x00\xfa\x00\xff\x00\x00\x00\x00", 8); /* TSIG, ANY, TTL 0 */
	wire_put16(at + n, (uint16_t)(FIXED + name->len + mac->len));
	n += 2;
	n += put(at + n, name->at, name->len);
	wire_put48(at + n, fields->time);
	wire_put16(at + n + 6, fields->fudge);
	wire_put16(at + n + 8, (uint16_t)mac->len);
	n += 10;
	n += put(at + n, mac->octets, mac->len);
	n += put(at + n, wire, 2); /* original ID */
	n += put(at + n, "\x00\x00\x00\x00", 4);
	wire_put16(wire + 10, (uint16_t)(wire_u16(wire + 10) + 1));
	return len + n;
}

bool
tsig_sign(const struct tsig_key *key, int64_t now, uint8_t *wire, size_t room, size_t *len,
	  struct tsig_mac *mac_out, struct err *err)
{
	struct fields fields = { .time = (uint64_t)now, .fudge = TSIG_FUDGE };

	if (*len < WIRE_HEADER || room < *len || room - *len < TSIG_ROOM + KEY_NAME ||
	    room > WIRE_MESSAGE)
		return err_set(err, ERR_BUG, "no room for a signature");
	set_variables(key, &fields);
	const struct piece pieces[] = { { wire, *len },
					{ fields.variables, fields.len },
					{ NULL, 0 } };

	if (!hmac(key, pieces, mac_out))
		return err_set(err, ERR_SYSTEM, "libcrypto cannot make a MAC with %s",
			       key_algorithm(key->algorithm));
	*len = append(key, &fields, mac_out, wire, *len);
	return true;
}

/* Finds the last record, which starts at *start; false when anything is broken or left over, or
 * when an earlier record is a TSIG. `found` says whether the last one is a TSIG. */
static bool
find(const uint8_t *wire, size_t len, size_t *start, struct wire_record *last, bool *found)
{
	size_t at;
	unsigned records;

	*found = false;
	if (!wire_skip_questions(wire, len, &at))
		return false;
	records = (unsigned)wire_u16(wire + 6) + wire_u16(wire + 8) + wire_u16(wire + 10);
	for (; records > 0; records--) {
		if (*found)
			return false;
		*start = at;
		if (!wire_next_record(wire, len, &at, last))
			return false;
		*found = last->type == TYPE_TSIG;
	}
	return at == len && !(*found && wire_u16(wire + 10) == 0);
}

/* Reads the RDATA behind the algorithm's name. */
static bool
read_fields(const uint8_t *wire, size_t at, size_t end, struct fields *fields, struct piece *mac,
	    const uint8_t **id)
{
	if (end - at < 10)
		return false;
	fields->time = wire_u48(wire + at);
	fields->fudge = wire_u16(wire + at + 6);
	mac->len = wire_u16(wire + at + 8);
	mac->at = wire + at + 10;
	at += 10;
	if (end - at < mac->len + 6)
		return false;
	at += mac->len;
	*id = wire + at;
	fields->error = wire_u16(wire + at + 2);
	fields->other_len = wire_u16(wire + at + 4);
	fields->other = wire + at + 6;
	return end - at - 6 == fields->other_len;
}

/* The digest of the answer (RFC 8945, sections 4.3 and 5.3): the request's MAC with its length, the
 * message as it was before it was signed, the variables. */
static bool
digest(const struct tsig_key *key, const struct tsig_mac *request, const uint8_t *wire, size_t len,
       const uint8_t *id, struct fields *fields, struct tsig_mac *mac_out)
{
	uint8_t header[WIRE_HEADER], size[2];
	static const uint8_t nothing[1];

	memcpy(header, wire, WIRE_HEADER);
	memcpy(header, id, 2);
	wire_put16(header + 10, (uint16_t)(wire_u16(wire + 10) - 1));
	wire_put16(size, (uint16_t)request->len);
	set_variables(key, fields);
	const struct piece pieces[] = {
		{ size, 2 },
		{ request->octets, request->len },
		{ header, WIRE_HEADER },
		{ wire + WIRE_HEADER, len - WIRE_HEADER },
		{ fields->variables, fields->len },
		{ fields->other_len ? fields->other : nothing, fields->other_len },
		{ NULL, 0 },
	};

	return hmac(key, pieces, mac_out);
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/* The MAC comes before the time, so that a forger learns nothing and can change nothing. */
static enum tsig_verdict
judge(const struct tsig_key *key, const struct tsig_mac *request, int64_t now, const uint8_t *wire,
      const struct wire_record *record, struct tsig_answer *answer)
{
	const struct span *name = &algorithms[key->algorithm].name;
	size_t at = record->data, end = record->data + record->size;
	struct fields fields;
	struct tsig_mac mine;
	struct piece mac;
	const uint8_t *id;

	if (!wire_skip_name(wire, end, &at) || !read_fields(wire, at, end, &fields, &mac, &id))
		return TSIG_MALFORMED;
	answer->error = fields.error;
	answer->server_time = fields.error == TSIG_BADTIME && fields.other_len == 6
				      ? (int64_t)wire_u48(fields.other)
				      : (int64_t)fields.time;
	if (!wire_name_is(wire, end, record->owner, key->wire, key->wire_len) ||
	    at - record->data != name->len ||
	    !wire_name_is(wire, end, record->data, (const uint8_t *)name->at, name->len))
		return TSIG_OTHER_KEY;
	if (record->class != WIRE_CLASS_ANY || record->ttl != 0)
		return TSIG_MALFORMED;
	if (mac.len == 0)
		return TSIG_UNSIGNED;
	if (!digest(key, request, wire, answer->len, id, &fields, &mine) || mac.len != mine.len ||
	    CRYPTO_memcmp(mac.at, mine.octets, mine.len) != 0)
		return TSIG_WRONG_MAC;
	if (fields.error != TSIG_BADTIME && distance(now, (int64_t)fields.time) > fields.fudge)
		return TSIG_LATE;
	return TSIG_GOOD;
}

struct tsig_answer
tsig_verify(const struct tsig_key *key, const struct tsig_mac *request, int64_t now,
	    const uint8_t *wire, size_t len)
{
	struct tsig_answer answer = { .verdict = TSIG_MALFORMED, .len = len };
	struct wire_record last;
	bool found;

	if (!find(wire, len, &answer.len, &last, &found))
		return answer;
	if (!found) {
		answer.verdict = TSIG_MISSING;
		answer.len = len;
		return answer;
	}
	answer.verdict = judge(key, request, now, wire, &last, &answer);
	return answer;
}
