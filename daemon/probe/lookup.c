#include "daemon/probe/lookup.h"

#include "daemon/base/text.h"

#include <ldns/ldns.h>
#include <stdlib.h>

#define TIMEOUT 4 /* seconds, of one question to one resolver */
#define TRIES 2
#define UDP_SIZE 1232 /* DNS flag day 2020 */

struct lookup {
	ldns_resolver *resolver;
};

static const ldns_rr_type types[] = {
	[LOOKUP_A] = LDNS_RR_TYPE_A,	     [LOOKUP_AAAA] = LDNS_RR_TYPE_AAAA,
	[LOOKUP_CNAME] = LDNS_RR_TYPE_CNAME, [LOOKUP_TXT] = LDNS_RR_TYPE_TXT,
	[LOOKUP_TLSA] = LDNS_RR_TYPE_TLSA,   [LOOKUP_SOA] = LDNS_RR_TYPE_SOA,
	[LOOKUP_NS] = LDNS_RR_TYPE_NS
};

/* "ADDRESS", "IPV4:PORT" or "[IPV6]:PORT". */
static bool
set_address(ldns_resolver *resolver, const char *address)
{
	char host[64];
	const char *colon = strrchr(address, ':'), *bracket = strrchr(address, ']');
	bool port = colon && (bracket ? bracket < colon : strchr(address, ':') == colon);
	struct span span = { address, port ? (size_t)(colon - address) : strlen(address) };
	long number = port ? strtol(colon + 1, NULL, 10) : 53;
	ldns_rdf *rdf;
	bool ok;

	if (span_begins(span, SPAN("[")) && span_ends(span, SPAN("]")))
		span = (struct span){ span.at + 1, span.len - 2 };
	if (!span_copy(span, host, sizeof(host)) || number < 1 || number > UINT16_MAX)
		return false;
	rdf = ldns_rdf_new_frm_str(strchr(host, ':') ? LDNS_RDF_TYPE_AAAA : LDNS_RDF_TYPE_A, host);
	ok = rdf && ldns_resolver_push_nameserver(resolver, rdf) == LDNS_STATUS_OK;
	ldns_rdf_deep_free(rdf);
	if (port)
		ldns_resolver_set_port(resolver, (uint16_t)number);
	return ok;
}

bool
lookup_open(const char *address, struct lookup **out, struct err *err)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	struct timeval timeout = { .tv_sec = TIMEOUT };

	if (!lookup)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (address)
		lookup->resolver = ldns_resolver_new();
	else if (ldns_resolver_new_frm_file(&lookup->resolver, NULL) != LDNS_STATUS_OK)
		lookup->resolver = NULL;
	if (!lookup->resolver || (address && !set_address(lookup->resolver, address))) {
		lookup_free(lookup);
		return err_set(err, ERR_INPUT, "no resolver: %s",
			       address ? address : "/etc/resolv.conf cannot be read");
	}
	ldns_resolver_set_timeout(lookup->resolver, timeout);
	ldns_resolver_set_retry(lookup->resolver, TRIES);
	ldns_resolver_set_edns_udp_size(lookup->resolver, UDP_SIZE);
	ldns_resolver_set_recursive(lookup->resolver, true);
	*out = lookup;
	return true;
}

void
lookup_free(struct lookup *lookup)
{
	if (lookup)
		ldns_resolver_deep_free(lookup->resolver);
	free(lookup);
}

/* All strings of a TXT are one text (RFC 7208, section 3.3, says so for SPF; others follow). */
static void
print_txt(const ldns_rr *rr, struct text *text)
{
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
		size_t size = ldns_rdf_size(rdf);

		if (size > 1)
			text_add_scrubbed(text, (struct span){ (const char *)ldns_rdf_data(rdf) + 1,
							       size - 1 });
	}
}

static void
print_fields(const ldns_rr *rr, struct text *text)
{
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		char *field = ldns_rdf2str(ldns_rr_rdf(rr, i));

		if (field)
			text_add(text, "%s%s", i ? " " : "", field);
		free(field);
	}
}

static void
take(const ldns_pkt *answer, ldns_rr_type type, struct lookup_answer *out)
{
	const ldns_rr_list *list = ldns_pkt_answer(answer);

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		struct text text;

		out->cname = out->cname || ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME;
		if (ldns_rr_get_type(rr) != type)
			continue;
		if (out->count == LOOKUP_ROWS) {
			out->more = true;
			break;
		}
		text = text_over(out->text[out->count++], LOOKUP_TEXT);
		if (type == LDNS_RR_TYPE_TXT)
			print_txt(rr, &text);
		else
			print_fields(rr, &text);
	}
}

enum lookup_outcome
lookup_ask(struct lookup *lookup, const char *name, enum lookup_type type,
	   struct lookup_answer *out)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	enum lookup_outcome outcome = LOOKUP_FAILED;
	ldns_pkt *answer = NULL;

	*out = (struct lookup_answer){ 0 };
	if (owner)
		answer = ldns_resolver_query(lookup->resolver, owner, types[type], LDNS_RR_CLASS_IN,
					     LDNS_RD);
	if (answer && ldns_pkt_get_rcode(answer) == LDNS_RCODE_NXDOMAIN) {
		outcome = LOOKUP_NO_NAME;
	} else if (answer && ldns_pkt_get_rcode(answer) == LDNS_RCODE_NOERROR) {
		take(answer, types[type], out);
		outcome = out->count ? LOOKUP_FOUND : LOOKUP_EMPTY;
	}
	ldns_pkt_free(answer);
	ldns_rdf_deep_free(owner);
	return outcome;
}
