#include "dnsupdate/zone.h"

#include "dnsupdate/answer.h"
#include "dnsupdate/zone_cause.h"
#include "dnsupdate/zone_own.h"

void
zone_change_finish(struct zone *zone, enum zone_result result, const char *sentence)
{
	const struct zone_own_change *change = &zone->change;
	char both[ZONE_SENTENCE];
	struct text text = TEXT(both);

	text_add(&text, "%s%s%s", sentence, change->other_key[0] ? "; " : "", change->other_key);
	if (change->other_key[0] && result == ZONE_REFUSED)
		zone->key = 0; /* neither is taken */
	zone_turn_end(zone);
	zone->change.stage = ZONE_OWN_IDLE;
	zone->options.on_change(zone->options.ctx, result, both, zone->views[0].serial);
}

enum zone_result
zone_change_cause(const struct zone *zone, struct text *text)
{
	const struct zone_own_change *change = &zone->change;
	struct zone_cause in = {
		.rcode = change->rcode,
		.error = change->error,
		.believed = change->answered,
		.ours = zone->options.now(),
		.theirs = change->theirs,
		.server = zone->views[0].name,
		.key = &zone->keys[zone->key],
		.zone = zone->zone,
		.domain = zone->domain,
	};

	return zone_cause(&in, text);
}

static enum exchange_verdict
judge(void *ctx, const uint8_t *wire, size_t len, bool tcp)
{
	struct zone *zone = ctx;
	struct zone_own_change *change = &zone->change;
	enum answer_kind kind = answer_judge(change->question, change->len, wire, len);
	struct tsig_answer tsig;

	if (kind == ANSWER_ODD)
		return EXCHANGE_ODD;
	tsig = tsig_verify(&zone->keys[zone->key], &change->mac, zone->options.now(), wire, len);
	if (tsig.verdict == TSIG_GOOD && kind == ANSWER_TRUNCATED)
		return EXCHANGE_TRUNCATED;
	change->answered = tsig.verdict == TSIG_GOOD;
	if (!change->answered && change->hinted && change->error != 0)
		return EXCHANGE_ODD; /* that hint said more than another can */
	change->hinted = !change->answered;
	change->rcode = answer_rcode(wire);
	change->error = tsig.error;
	change->theirs = tsig.server_time;
	if (change->answered)
		return EXCHANGE_ANSWER;
	return tcp ? EXCHANGE_ENOUGH : EXCHANGE_ODD;
}

/* The end of an update of prerequisites alone: there is nothing to settle or to prove. */
static void
end_nothing(struct zone *zone)
{
	const struct zone_own_change *change = &zone->change;
	enum zone_result result = ZONE_FAILED;
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	if (change->answered || change->hinted)
		result = zone_change_cause(zone, &text);
	else
		text_add(&text, "%s: %s", zone->views[0].name, change->why);
	if (result == ZONE_UNKNOWN)
		result = ZONE_FAILED;
	if (zone_again(zone, result))
		return;
	zone_change_finish(zone, result, sentence);
}

static void
answered(struct zone *zone)
{
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);
	enum zone_result result = zone_change_cause(zone, &text);

	switch (result) {
	case ZONE_PROVED:
		zone_prove_start(zone);
		break;
	case ZONE_CONFLICT:
	case ZONE_FAILED:
	case ZONE_UNKNOWN:
	case ZONE_UNPROVED:
		zone_settle_start(zone);
		break;
	case ZONE_REFUSED:
		if (!zone_again(zone, result))
			zone_change_finish(zone, result, sentence);
		break;
	}
}

/* Nothing arrived at this address, or nothing was to be changed there: the next one's turn. */
static bool
next_address(struct zone *zone, enum exchange_outcome outcome)
{
	struct zone_own_change *change = &zone->change;
	struct err err = { 0 };

	if ((outcome == EXCHANGE_SILENT && (!change->nothing || change->hinted)) ||
	    ++change->tried >= zone->primaries)
		return false;
	zone->primary = (zone->primary + 1) % zone->primaries;
	return zone_change_send(zone, &err);
}

static void
on_done(void *ctx, enum exchange_outcome outcome, const char *why)
{
	struct zone *zone = ctx;
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	zone->change.exchange = NULL;
	span_copy(span_of(why), zone->change.why, sizeof(zone->change.why));
	if (outcome != EXCHANGE_ANSWERED && next_address(zone, outcome))
		return;
	if (zone->change.nothing) {
		end_nothing(zone);
		return;
	}
	switch (outcome) {
	case EXCHANGE_ANSWERED:
		answered(zone);
		break;
	case EXCHANGE_SILENT:
		zone_settle_start(zone);
		break;
	case EXCHANGE_UNSENT:
		text_add(&text, "%s: %s", zone->views[0].name, why);
		zone_change_finish(zone, ZONE_FAILED, sentence);
		break;
	}
}

/* Each attempt has its own id and time. */
bool
zone_change_send(struct zone *zone, struct err *err)
{
	struct zone_own_change *change = &zone->change;
	struct exchange_options options = {
		.loop = zone->options.loop,
		.address = zone->primary_at[zone->primary].address,
		.from = zone_from(zone, &zone->primary_at[zone->primary].address),
		.timeout_ms = zone->options.timeout_ms / (int64_t)zone->primaries,
		.ctx = zone,
		.judge = judge,
		.done = on_done,
	};
	struct message message;

	if (!message_update(zone->zone, zone->domain, &change->from,
			    change->nothing ? NULL : &change->to, &message, err))
		return false;
	change->len =
		message.len < sizeof(change->question) ? message.len : sizeof(change->question);
	memcpy(change->question, message.wire, change->len);
	if (!tsig_sign(&zone->keys[zone->key], zone->options.now(), message.wire,
		       sizeof(message.wire), &message.len, &change->mac, err))
		return false;
	options.wire = message.wire;
	options.len = message.len;
	options.tcp = zone->options.tcp || message.len > MESSAGE_UDP;
	change->exchange = exchange_start(&options, err);
	return change->exchange != NULL;
}

static bool
start(struct zone *zone, const struct mx_set *from, const struct mx_set *to, struct err *err)
{
	struct zone_own_change *change = &zone->change;

	if (zone->key_count == 0)
		return err_set(err, ERR_INPUT, "there is no key to change the zone %s with",
			       zone->zone);
	if (change->stage != ZONE_OWN_IDLE)
		return err_set(err, ERR_BUSY, "a change of %s is under way", zone->domain);
	if (to && to->count == 0)
		return err_set(err, ERR_BUG, "an empty MX set is never published");
	*change = (struct zone_own_change){ .from = *from, .nothing = !to, .round.zone = zone };
	if (to)
		change->to = *to;
	return zone_turn_take(zone, err);
}

bool
zone_change(struct zone *zone, const struct mx_set *from, const struct mx_set *to, struct err *err)
{
	return start(zone, from, to, err);
}

bool
zone_change_nothing(struct zone *zone, const struct mx_set *from, struct err *err)
{
	return start(zone, from, NULL, err);
}
