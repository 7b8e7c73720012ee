#include "dnsupdate/answer.h"
#include "dnsupdate/tsig.h"
#include "dnsupdate/zone_own.h"

/* PowerDNS says REFUSED, and Knot NOTAUTH, without a signature; the others name the key. */
static bool
about_the_key(const struct zone_own_change *change)
{
	if (change->error == TSIG_BADKEY || change->error == TSIG_BADSIG)
		return true;
	return change->hinted && change->error == 0 &&
	       (change->rcode == ANSWER_REFUSED || change->rcode == ANSWER_NOTAUTH);
}

/* Such an answer cannot be signed, so anyone can forge it: that costs a second try, no more. */
bool
zone_again(struct zone *zone, enum zone_result result)
{
	struct zone_own_change *change = &zone->change;
	unsigned refused = zone->key;
	struct text text;
	struct err err = { 0 };

	if (result != ZONE_REFUSED || zone->key_count < ZONE_KEYS || change->other_key[0] ||
	    !about_the_key(change))
		return false;
	zone->key = 1 - zone->key;
	text = text_over(change->other_key, sizeof(change->other_key));
	text_add(&text, "the key %s was refused before (%s%s)", zone->keys[refused].name,
		 answer_rcode_name(change->rcode),
		 change->error == TSIG_BADKEY	? ", BADKEY"
		 : change->error == TSIG_BADSIG ? ", BADSIG"
						: ", not signed");
	change->answered = change->hinted = false;
	change->tried = 0;
	if (zone_change_send(zone, &err)) {
		change->stage = ZONE_OWN_UPDATE;
		return true;
	}
	zone->key = refused;
	return false;
}
