#include "dnsupdate/answer.h"

#include "daemon/base/names.h"
#include "dnsupdate/wire.h"

#include <ldns/ldns.h>
#include <stdlib.h>

static const struct name rcodes[] = {
	{ ANSWER_NOERROR, "NOERROR" },
	{ ANSWER_FORMERR, "FORMERR" },
	{ ANSWER_SERVFAIL, "SERVFAIL" },
	{ ANSWER_NXDOMAIN, "NXDOMAIN" },
	{ ANSWER_NOTIMP, "NOTIMP" },
	{ ANSWER_REFUSED, "REFUSED" },
	{ ANSWER_YXDOMAIN, "YXDOMAIN" },
	{ ANSWER_YXRRSET, "YXRRSET" },
	{ ANSWER_NXRRSET, "NXRRSET" },
	{ ANSWER_NOTAUTH, "NOTAUTH" },
	{ ANSWER_NOTZONE, "NOTZONE" },
	{ 11, "rcode 11" },
	{ 12, "rcode 12" },
	{ 13, "rcode 13" },
	{ 14, "rcode 14" },
	{ 15, "rcode 15" },
};

unsigned
answer_rcode(const uint8_t *wire)
{
	return wire_u16(wire + 2) & WIRE_RCODE;
}

const char *
answer_rcode_name(unsigned rcode)
{
	return names_name(rcodes, sizeof(rcodes) / sizeof(rcodes[0]), (int)rcode);
}

/* The one question of the request stands in the answer, case aside. */
static bool
same_question(const uint8_t *request, size_t request_len, const uint8_t *wire, size_t len)
{
	size_t end = WIRE_HEADER;

	if (!wire_skip_name(request, request_len, &end) || request_len - end < 4)
		return false;
	return wire_u16(wire + 4) == 1 && len >= end + 4 &&
	       wire_name_is(wire, len, WIRE_HEADER, request + WIRE_HEADER, end - WIRE_HEADER) &&
	       memcmp(wire + end, request + end, 4) == 0;
}

enum answer_kind
answer_judge(const uint8_t *request, size_t request_len, const uint8_t *wire, size_t len)
{
	uint16_t flags, asked;

	if (len < WIRE_HEADER || request_len < WIRE_HEADER || memcmp(wire, request, 2) != 0)
		return ANSWER_ODD;
	flags = wire_u16(wire + 2);
	asked = wire_u16(request + 2);
	if (!(flags & WIRE_QR) || (flags & WIRE_OPCODE) != (asked & WIRE_OPCODE))
		return ANSWER_ODD;
	if (wire_u16(wire + 4) == 0) {
		if ((flags & WIRE_RCODE) == 0 && (asked & WIRE_OPCODE) == 0)
			return ANSWER_ODD;
	} else if (!same_question(request, request_len, wire, len)) {
		return ANSWER_ODD;
	}
	return flags & WIRE_TC ? ANSWER_TRUNCATED : ANSWER_OURS;
}

/* The owner's name compared with a name of ours. */
static bool
owned_by(const ldns_rr *rr, const ldns_rdf *name)
{
	return ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN && ldns_rr_owner(rr) &&
	       ldns_dname_compare(ldns_rr_owner(rr), name) == 0;
}

/* Adds a name from the wire to a sentence. */
static bool
refuse_name(struct err *err, const char *before, const ldns_rdf *name)
{
	char sentence[400];
	struct text text = TEXT(sentence);
	char *shown = name ? ldns_rdf2str(name) : NULL;

	text_add_scrubbed(&text, span_of(shown ? shown : "?"));
	free(shown);
	return err_set(err, ERR_REFUSED, "%s %s", before, sentence);
}

/* The rcode is NOERROR, but nothing is said with authority: why? */
static bool
refuse_lame(const ldns_pkt *packet, struct err *err)
{
	const ldns_rr_list *authority = ldns_pkt_authority(packet);

	for (size_t i = 0; i < ldns_rr_list_rr_count(authority); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(authority, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NS)
			return refuse_name(err, "has not got the zone, it refers to",
					   ldns_rr_rdf(rr, 0));
	}
	return err_set(err, ERR_REFUSED,
		       "answers without authority: it does not serve the zone itself");
}

static bool
check(const ldns_pkt *packet, const uint8_t *wire, const ldns_rdf *name, struct err *err)
{
	unsigned rcode = answer_rcode(wire);
	const ldns_rr_list *answers = ldns_pkt_answer(packet);

	if (rcode == ANSWER_NXDOMAIN)
		return err_set(err, ERR_REFUSED, "says that the name does not exist (NXDOMAIN)");
	if (rcode != ANSWER_NOERROR)
		return err_set(err, rcode == ANSWER_SERVFAIL ? ERR_BUSY : ERR_REFUSED,
			       "answered %s", answer_rcode_name(rcode));
	if (!ldns_pkt_aa(packet))
		return refuse_lame(packet, err);
	for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answers, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && owned_by(rr, name))
			return refuse_name(err, "says that the name is an alias (CNAME) of",
					   ldns_rr_rdf(rr, 0));
	}
	return true;
}

/* Parses and checks; gives the packet and the name, which the caller frees, also on failure. */
static bool
open_answer(const uint8_t *wire, size_t len, const char *name, ldns_pkt **packet, ldns_rdf **rdf,
	    struct err *err)
{
	*rdf = ldns_dname_new_frm_str(name);
	if (!*rdf)
		return err_set(err, ERR_INPUT, "'%s' is not a DNS name", name);
	if (ldns_wire2pkt(packet, wire, len) != LDNS_STATUS_OK) {
		*packet = NULL;
		return err_set(err, ERR_INPUT, "sent an answer that cannot be read");
	}
	return check(*packet, wire, *rdf, err);
}

static bool
add_record(const ldns_rr *rr, struct mx_set *set, struct err *err)
{
	char *name;
	bool good;

	if (ldns_rr_rd_count(rr) != 2)
		return err_set(err, ERR_INPUT, "sent an MX record that cannot be read");
	if (set->count == MX_RECORDS)
		return err_set(err, ERR_INPUT, "shows more than %d MX records", MX_RECORDS);
	name = ldns_rdf2str(ldns_rr_rdf(rr, 1));
	good = name && mx_add(set, ldns_rdf2native_int16(ldns_rr_rdf(rr, 0)), span_of(name));
	free(name);
	if (!good)
		return err_set(err, ERR_INPUT, "shows an exchanger with a name that is too long");
	if (set->count == 1 || ldns_rr_ttl(rr) < set->ttl)
		set->ttl = ldns_rr_ttl(rr);
	return true;
}

bool
answer_mx(const uint8_t *wire, size_t len, const char *domain, struct mx_set *out, struct err *err)
{
	ldns_pkt *packet = NULL;
	ldns_rdf *name = NULL;
	struct mx_set set = { 0 };
	bool good = open_answer(wire, len, domain, &packet, &name, err);
	const ldns_rr_list *answers = good ? ldns_pkt_answer(packet) : NULL;

	for (size_t i = 0; good && i < ldns_rr_list_rr_count(answers); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answers, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_MX && owned_by(rr, name))
			good = add_record(rr, &set, err);
	}
	ldns_rdf_deep_free(name);
	ldns_pkt_free(packet);
	if (good)
		*out = set;
	return good;
}

bool
answer_soa(const uint8_t *wire, size_t len, const char *zone, uint32_t *serial_out, struct err *err)
{
	ldns_pkt *packet = NULL;
	ldns_rdf *name = NULL;
	bool found = false;
	bool good = open_answer(wire, len, zone, &packet, &name, err);
	const ldns_rr_list *answers = good ? ldns_pkt_answer(packet) : NULL;

	for (size_t i = 0; good && !found && i < ldns_rr_list_rr_count(answers); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answers, i);

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || !owned_by(rr, name) ||
		    ldns_rr_rd_count(rr) != 7)
			continue;
		found = true;
		*serial_out = ldns_rdf2native_int32(ldns_rr_rdf(rr, 2));
	}
	ldns_rdf_deep_free(name);
	ldns_pkt_free(packet);
	if (good && !found)
		return err_set(err, ERR_REFUSED, "has no SOA record for the zone");
	return good;
}
