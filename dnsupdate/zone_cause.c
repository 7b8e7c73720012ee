#include "dnsupdate/zone_cause.h"

#include "daemon/base/when.h"
#include "dnsupdate/answer.h"
#include "dnsupdate/tsig.h"

#include <inttypes.h>

#define ANY (-1)

/* Words in braces are filled in. The first row that fits counts. */
static const struct row {
	int rcode, error, believed; /* ANY: whatever it is */
	enum zone_result result;
	const char *sentence;
} rows[] = {
	{ ANY, TSIG_BADKEY, ANY, ZONE_REFUSED,
	  "{server} does not know the key {key} with {algorithm}, or (Knot) does not let it do "
	  "this "
	  "({rcode}, BADKEY)" },
	{ ANY, TSIG_BADSIG, ANY, ZONE_REFUSED,
	  "{server} has another secret for the key {key} ({rcode}, BADSIG)" },
	{ ANY, TSIG_BADTIME, ANY, ZONE_REFUSED,
	  "the clock of {server} and ours are {apart} apart: ours says {ours}, its {theirs} "
	  "({rcode}, BADTIME)" },
	{ ANSWER_NOERROR, 0, 1, ZONE_PROVED, "{server} accepts the key {key}" },
	{ ANSWER_NOTAUTH, 0, 1, ZONE_REFUSED,
	  "{server} is not the primary of the zone {zone} (NOTAUTH)" },
	{ ANSWER_NOTAUTH, 0, 0, ZONE_REFUSED,
	  "{server} is not the primary of the zone {zone}, or (Knot) lets nobody change it so "
	  "(NOTAUTH, not signed)" },
	{ ANSWER_REFUSED, 0, 1, ZONE_REFUSED,
	  "{server} does not let the key {key} change the MX of {domain}, or an exchanger has no "
	  "address, or the zone is frozen there, or it is no primary (REFUSED)" },
	{ ANSWER_REFUSED, 0, 0, ZONE_REFUSED,
	  "{server} takes no updates, or (PowerDNS) key, secret or clock are wrong (REFUSED, not "
	  "signed)" },
	{ ANSWER_NXRRSET, 0, 1, ZONE_CONFLICT,
	  "the MX of {domain} is not what it was when it was read (NXRRSET)" },
	{ ANSWER_YXRRSET, 0, 1, ZONE_CONFLICT,
	  "{domain} has an MX now, it had none when it was read (YXRRSET)" },
	{ ANSWER_NOTZONE, 0, ANY, ZONE_REFUSED,
	  "{server} says that {domain} is not in the zone {zone} (NOTZONE)" },
	{ ANSWER_NOTIMP, 0, ANY, ZONE_REFUSED, "{server} has no dynamic updates (NOTIMP)" },
	{ ANSWER_FORMERR, 0, ANY, ZONE_REFUSED,
	  "{server} cannot read our update, or something on the way changes it (FORMERR)" },
	{ ANSWER_SERVFAIL, 0, ANY, ZONE_FAILED,
	  "{server} failed, its own log says why (SERVFAIL)" },
	{ ANSWER_NOERROR, ANY, 0, ZONE_UNKNOWN,
	  "{server} said yes, but its answer was not signed as it must be" },
	{ ANY, ANY, ANY, ZONE_REFUSED, "{server} answered {rcode}" },
};

static bool
fits(const struct row *row, const struct zone_cause *cause)
{
	return (row->rcode == ANY || row->rcode == (int)cause->rcode) &&
	       (row->error == ANY || row->error == (int)cause->error) &&
	       (row->believed == ANY || row->believed == (int)cause->believed);
}

static void
add_clock(struct text *text, int64_t seconds)
{
	char clock[WHEN_TEXT];

	if (seconds <= 0 || seconds > INT64_C(253402300799)) { /* 9999-12-31 */
		text_add(text, "something else");
		return;
	}
	when_rfc3339(seconds * WHEN_SECOND_US, clock);
	text_add(text, "%s", clock);
}

static void
add_apart(struct text *text, const struct zone_cause *cause)
{
	int64_t apart = cause->theirs - cause->ours;

	if (cause->theirs <= 0)
		text_add(text, "too far");
	else
		text_add(text, "%" PRId64 " s", apart < 0 ? -apart : apart);
}

static void
add_word(struct text *text, const struct zone_cause *cause, struct span word)
{
	struct span key = span_of(cause->key ? cause->key->name : "?");

	if (key.len > 1)
		key.len--;
	if (span_equal(word, SPAN("server")))
		text_add(text, "%s", cause->server);
	else if (span_equal(word, SPAN("key")))
		text_add_span(text, key);
	else if (span_equal(word, SPAN("algorithm")))
		text_add(text, "%s", cause->key ? key_algorithm(cause->key->algorithm) : "?");
	else if (span_equal(word, SPAN("zone")))
		text_add(text, "%s", cause->zone);
	else if (span_equal(word, SPAN("domain")))
		text_add(text, "%s", cause->domain);
	else if (span_equal(word, SPAN("rcode")))
		text_add(text, "%s", answer_rcode_name(cause->rcode));
	else if (span_equal(word, SPAN("apart")))
		add_apart(text, cause);
	else if (span_equal(word, SPAN("ours")))
		add_clock(text, cause->ours);
	else if (span_equal(word, SPAN("theirs")))
		add_clock(text, cause->theirs);
}

enum zone_result
zone_cause(const struct zone_cause *cause, struct text *text)
{
	const struct row *row = rows;
	struct span rest;

	while (!fits(row, cause))
		row++;
	rest = span_of(row->sentence);
	while (rest.len > 0) {
		const char *brace = memchr(rest.at, '{', rest.len);
		size_t plain = brace ? (size_t)(brace - rest.at) : rest.len;
		const char *end;

		text_add_span(text, (struct span){ rest.at, plain });
		rest = span_after(rest, plain);
		end = rest.len ? memchr(rest.at, '}', rest.len) : NULL;
		if (!end)
			break;
		add_word(text, cause, (struct span){ rest.at + 1, (size_t)(end - rest.at) - 1 });
		rest = span_after(rest, (size_t)(end - rest.at) + 1);
	}
	return row->result;
}
