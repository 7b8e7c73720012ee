#include "dnsupdate/message.h"

#include <ldns/ldns.h>
#include <openssl/rand.h>

#define TTL_MAX 2147483647u /* RFC 2181, section 8 */

/* Takes the packet; writes it with a fresh id and RD clear. */
static bool
finish(ldns_pkt *packet, struct message *out, struct err *err)
{
	uint8_t *wire = NULL;
	uint16_t id;
	size_t len = 0;
	bool good = false;

	if (!packet || RAND_bytes((unsigned char *)&id, sizeof(id)) != 1) {
		err_set(err, ERR_SYSTEM, "no memory or no random numbers for a DNS message");
		goto out;
	}
	ldns_pkt_set_id(packet, id);
	ldns_pkt_set_rd(packet, false);
	if (ldns_pkt2wire(&wire, packet, &len) != LDNS_STATUS_OK || len > MESSAGE_ROOM) {
		err_set(err, ERR_BUG, "a DNS message cannot be written");
		goto out;
	}
	memcpy(out->wire, wire, len);
	out->len = len;
	good = true;
out:
	LDNS_FREE(wire);
	ldns_pkt_free(packet);
	return good;
}

static ldns_rdf *
name_of(const char *name, struct err *err)
{
	ldns_rdf *rdf = ldns_dname_new_frm_str(name);

	if (!rdf)
		err_set(err, ERR_INPUT, "'%s' is not a DNS name", name);
	return rdf;
}

bool
message_query(const char *name, uint16_t type, struct message *out, struct err *err)
{
	ldns_rdf *rdf = name_of(name, err);

	if (!rdf)
		return false;
	return finish(ldns_pkt_query_new(rdf, (ldns_rr_type)type, LDNS_RR_CLASS_IN, 0), out, err);
}

/* Adds a record of the MX RRset: without `record` it has no RDATA. */
static bool
add(ldns_rr_list *list, const char *domain, ldns_rr_class class, uint32_t ttl,
    const struct mx_record *record, struct err *err)
{
	ldns_rr *rr = ldns_rr_new();
	ldns_rdf *owner = name_of(domain, err);
	ldns_rdf *exchange = record ? name_of(record->exchange, err) : NULL;

	if (!rr || !owner || (record && !exchange)) {
		ldns_rr_free(rr);
		ldns_rdf_deep_free(owner);
		ldns_rdf_deep_free(exchange);
		return false;
	}
	ldns_rr_set_owner(rr, owner);
	ldns_rr_set_type(rr, LDNS_RR_TYPE_MX);
	ldns_rr_set_class(rr, class);
	ldns_rr_set_ttl(rr, ttl);
	if (record) {
		ldns_rr_push_rdf(rr,
				 ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, record->preference));
		ldns_rr_push_rdf(rr, exchange);
	}
	ldns_rr_list_push_rr(list, rr);
	return true;
}

static bool
add_set(ldns_rr_list *list, const char *domain, uint32_t ttl, const struct mx_set *set,
	struct err *err)
{
	for (unsigned i = 0; i < set->count; i++)
		if (!add(list, domain, LDNS_RR_CLASS_IN, ttl, &set->records[i], err))
			return false;
	return true;
}

bool
message_update(const char *zone, const char *domain, const struct mx_set *from,
	       const struct mx_set *to, struct message *out, struct err *err)
{
	ldns_rr_list *wanted = ldns_rr_list_new(), *change = ldns_rr_list_new();
	ldns_rdf *apex = NULL;
	bool good = false;

	if (to && to->count == 0)
		err_set(err, ERR_BUG, "an empty MX set is never published");
	else if (to && to->ttl > TTL_MAX)
		err_set(err, ERR_INPUT, "a TTL is at most %u s, wanted %u", TTL_MAX, to->ttl);
	else if (!wanted || !change)
		err_set(err, ERR_SYSTEM, "no memory for a DNS message");
	else
		good = (from->count > 0 ? add_set(wanted, domain, 0, from, err)
					: add(wanted, domain, LDNS_RR_CLASS_NONE, 0, NULL, err)) &&
		       (!to || (add(change, domain, LDNS_RR_CLASS_ANY, 0, NULL, err) &&
				add_set(change, domain, to->ttl, to, err))) &&
		       (apex = name_of(zone, err));
	good = good &&
	       finish(ldns_update_pkt_new(apex, LDNS_RR_CLASS_IN, wanted, change, NULL), out, err);
	ldns_rr_list_deep_free(wanted);
	ldns_rr_list_deep_free(change);
	return good;
}
