#include "dnsupdate/answer.h"
#include "dnsupdate/zone_own.h"

bool
zone_signed_wanted(const struct zone *zone, unsigned server)
{
	return zone->options.sign_reads && server == 0 && zone->key_count > 0;
}

bool
zone_signed_make(struct zone_own_ask *ask, struct err *err)
{
	const struct zone *zone = ask->round->zone;

	ask->key = zone->key;
	memcpy(ask->wire, ask->question, ask->len);
	ask->wire_len = ask->len;
	return tsig_sign(&zone->keys[ask->key], zone->options.now(), ask->wire, sizeof(ask->wire),
			 &ask->wire_len, &ask->mac, err);
}

/* PowerDNS says NOTAUTH or REFUSED without a TSIG error. */
static bool
about_the_key(const struct tsig_answer *tsig, unsigned rcode)
{
	return tsig->error == TSIG_BADKEY || tsig->error == TSIG_BADSIG ||
	       (tsig->error == 0 && tsig->verdict != TSIG_GOOD &&
		(rcode == ANSWER_NOTAUTH || rcode == ANSWER_REFUSED));
}

/* Another key may be known there: the next question is signed with that. */
static void
other_key(struct zone *zone, const struct zone_own_ask *ask)
{
	if (zone->change.stage == ZONE_OWN_IDLE && zone->key == ask->key)
		zone->key = (zone->key + 1) % zone->key_count;
}

bool
zone_signed_good(struct zone_own_ask *ask, const uint8_t *wire, size_t len)
{
	struct zone *zone = ask->round->zone;
	struct text why = TEXT(ask->hint);
	struct tsig_answer tsig =
		tsig_verify(&zone->keys[ask->key], &ask->mac, zone->options.now(), wire, len);

	if (tsig.verdict == TSIG_GOOD && tsig.error == 0)
		return true;
	text_add(&why, "answered %s, not signed as it must be",
		 answer_rcode_name(answer_rcode(wire)));
	if (about_the_key(&tsig, answer_rcode(wire))) {
		text_add(&why, ": it has not our key %s, or another secret for it",
			 zone->keys[ask->key].name);
		other_key(zone, ask);
	} else if (tsig.error == TSIG_BADTIME) {
		text_add(&why, ": its clock and ours are apart");
	}
	return false;
}
