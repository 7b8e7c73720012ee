#include "dnsupdate/zone.h"

#include "dnsupdate/answer.h"
#include "dnsupdate/zone_cause.h"
#include "dnsupdate/zone_own.h"

void
zone_change_finish(struct zone *zone, enum zone_result result, const char *sentence)
{
	zone->change.stage = ZONE_OWN_IDLE;
	zone->options.on_change(zone->options.ctx, result, sentence, zone->views[0].serial);
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
		.key = &zone->key,
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
	tsig = tsig_verify(&zone->key, &change->mac, zone->options.now(), wire, len);
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
		zone_change_finish(zone, result, sentence);
		break;
	}
}

static void
on_done(void *ctx, enum exchange_outcome outcome, const char *why)
{
	struct zone *zone = ctx;
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	zone->change.exchange = NULL;
	span_copy(span_of(why), zone->change.why, sizeof(zone->change.why));
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

/* Signs and sends. Each attempt has its own id and time. */
static bool
send_update(struct zone *zone, struct message *message, struct err *err)
{
	struct zone_own_change *change = &zone->change;
	struct exchange_options options = {
		.loop = zone->options.loop,
		.address = zone->addresses[0],
		.timeout_ms = zone->options.timeout_ms,
		.ctx = zone,
		.judge = judge,
		.done = on_done,
	};

	change->len =
		message->len < sizeof(change->question) ? message->len : sizeof(change->question);
	memcpy(change->question, message->wire, change->len);
	if (!tsig_sign(&zone->key, zone->options.now(), message->wire, sizeof(message->wire),
		       &message->len, &change->mac, err))
		return false;
	options.wire = message->wire;
	options.len = message->len;
	options.tcp = zone->options.tcp || message->len > MESSAGE_UDP;
	change->exchange = exchange_start(&options, err);
	return change->exchange != NULL;
}

static bool
start(struct zone *zone, const struct mx_set *from, const struct mx_set *to, struct err *err)
{
	struct zone_own_change *change = &zone->change;
	struct message message;

	if (zone->key.secret_len == 0)
		return err_set(err, ERR_INPUT, "there is no key to change the zone %s with",
			       zone->zone);
	if (change->stage != ZONE_OWN_IDLE)
		return err_set(err, ERR_BUSY, "a change of %s is under way", zone->domain);
	if (!message_update(zone->zone, zone->domain, from, to, &message, err))
		return false;
	*change = (struct zone_own_change){ .from = *from, .nothing = !to, .round.zone = zone };
	if (to)
		change->to = *to;
	if (!send_update(zone, &message, err))
		return false;
	change->stage = ZONE_OWN_UPDATE;
	return true;
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
