#include "dnsupdate/zone.h"

#include "dnsupdate/answer.h"
#include "dnsupdate/zone_cause.h"
#include "dnsupdate/zone_own.h"
#include "dnsupdate/zone_round.h"

#define PROVE_ASK_MS 2000 /* for one question; a dead server must not hold up the others */
#define PROVE_FIRST_MS 200
#define PROVE_SLOWEST_MS 2000

static void
finish(struct zone *zone, enum zone_result result, const char *sentence)
{
	zone->change.stage = ZONE_OWN_IDLE;
	zone->options.on_change(zone->options.ctx, result, sentence, zone->views[0].serial);
}

/* What the answer, believed or not, means. */
static enum zone_result
cause(const struct zone *zone, struct text *text)
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

/* The proof: rounds until every server shows it */

/* Names the servers that do not show it, and what they show instead. */
static void
add_lagging(const struct zone *zone, struct text *text)
{
	const char *comma = "";

	for (unsigned i = 0; i < zone->servers; i++) {
		const struct zone_view *view = &zone->views[i];

		if (zone->change.shown[i])
			continue;
		text_add(text, "%s%s ", comma, view->name);
		comma = "; ";
		if (!view->known)
			text_add(text, "%s", view->error);
		else
			text_add(text, "shows ");
		if (view->known && view->shown.count > 0)
			mx_print(&view->shown, text);
		else if (view->known)
			text_add(text, "no MX");
	}
}

static void
unproved(struct zone *zone)
{
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	text_add(&text,
		 "accepted by %s, but not shown everywhere after %.1f s: ", zone->views[0].name,
		 (double)zone->options.prove_ms / 1000);
	add_lagging(zone, &text);
	finish(zone, ZONE_UNPROVED, sentence);
}

static void
proved(struct zone *zone)
{
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	text_add(&text, "%s%u server%s show%s ", zone->servers > 1 ? "all " : "", zone->servers,
		 zone->servers > 1 ? "s" : "", zone->servers > 1 ? "" : "s");
	mx_print(&zone->change.to, &text);
	text_add(&text, ", serial %u", zone->views[0].serial);
	finish(zone, ZONE_PROVED, sentence);
}

static void prove(struct zone *zone);

static void
on_timer(uv_timer_t *timer)
{
	prove(timer->data);
}

static void
on_round(struct zone *zone)
{
	struct zone_own_change *change = &zone->change;
	uint64_t now = uv_now(zone->options.loop);
	unsigned missing = 0;

	for (unsigned i = 0; i < zone->servers; i++) {
		const struct zone_view *view = &zone->views[i];

		if (view->known && mx_equal(&view->shown, &change->to))
			change->shown[i] = true;
		missing += !change->shown[i];
	}
	if (missing == 0) {
		proved(zone);
	} else if (now >= change->deadline) {
		unproved(zone);
	} else {
		uint64_t left = change->deadline - now;

		uv_timer_start(&zone->timer, on_timer, change->delay < left ? change->delay : left,
			       0);
		change->delay = change->delay * 3 / 2;
		if (change->delay > PROVE_SLOWEST_MS)
			change->delay = PROVE_SLOWEST_MS;
	}
}

static void
prove(struct zone *zone)
{
	struct zone_own_change *change = &zone->change;
	uint64_t now = uv_now(zone->options.loop), left = PROVE_FIRST_MS;

	if (change->deadline > now + left)
		left = change->deadline - now;
	if (left > PROVE_ASK_MS)
		left = PROVE_ASK_MS;
	if (!zone_round_start(&change->round, zone->servers, change->shown, (int64_t)left,
			      on_round))
		unproved(zone);
}

static void
start_proof(struct zone *zone)
{
	struct zone_own_change *change = &zone->change;

	uv_update_time(zone->options.loop);
	change->stage = ZONE_OWN_PROVE;
	change->deadline = uv_now(zone->options.loop) + (uint64_t)zone->options.prove_ms;
	change->delay = PROVE_FIRST_MS;
	prove(zone);
}

/* What the update did is not known, or the server says that the zone is another: look */

/* Not applied, and the zone is as before: the hint, or the silence, is the reason. */
static void
unchanged(struct zone *zone)
{
	struct zone_own_change *change = &zone->change;
	enum zone_result result = ZONE_FAILED;
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	if (change->answered || change->hinted)
		result = cause(zone, &text);
	else
		text_add(&text, "%s: %s; the zone is unchanged", zone->views[0].name, change->why);
	if (result == ZONE_PROVED || result == ZONE_UNKNOWN)
		result = ZONE_FAILED;
	finish(zone, result, sentence);
}

static void
conflict(struct zone *zone)
{
	const struct zone_view *view = &zone->views[0];
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	text_add(&text, "nothing was changed, %s shows ", view->name);
	if (view->shown.count > 0)
		mx_print(&view->shown, &text);
	else
		text_add(&text, "no MX");
	text_add(&text, " where we had read ");
	mx_print(&zone->change.from, &text);
	finish(zone, ZONE_CONFLICT, sentence);
}

static void
unknown(struct zone *zone)
{
	const struct zone_own_change *change = &zone->change;
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	text_add(&text, "whether the update was applied is not known: ");
	if (change->answered || change->hinted)
		cause(zone, &text);
	else
		text_add(&text, "%s: %s", zone->views[0].name, change->why);
	text_add(&text, "; and reading it back: %s", zone->views[0].error);
	finish(zone, ZONE_UNKNOWN, sentence);
}

static void
on_settled(struct zone *zone)
{
	const struct zone_own_change *change = &zone->change;
	const struct zone_view *view = &zone->views[0];

	if (!view->known)
		unknown(zone);
	else if (mx_equal(&view->shown, &change->to))
		start_proof(zone);
	else if (mx_equal(&view->shown, &change->from))
		unchanged(zone);
	else
		conflict(zone);
}

static void
settle(struct zone *zone)
{
	zone->change.stage = ZONE_OWN_SETTLE;
	if (!zone_round_start(&zone->change.round, 1, NULL, zone->options.timeout_ms, on_settled)) {
		zone->views[0].known = false;
		unknown(zone);
	}
}

/* The update itself */

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

static void
answered(struct zone *zone)
{
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);
	enum zone_result result = cause(zone, &text);

	switch (result) {
	case ZONE_PROVED:
		start_proof(zone);
		break;
	case ZONE_CONFLICT:
	case ZONE_FAILED:
	case ZONE_UNKNOWN:
	case ZONE_UNPROVED:
		settle(zone);
		break;
	case ZONE_REFUSED:
		finish(zone, result, sentence);
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
	switch (outcome) {
	case EXCHANGE_ANSWERED:
		answered(zone);
		break;
	case EXCHANGE_SILENT:
		settle(zone);
		break;
	case EXCHANGE_UNSENT:
		text_add(&text, "%s: %s", zone->views[0].name, why);
		finish(zone, ZONE_FAILED, sentence);
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

bool
zone_change(struct zone *zone, const struct mx_set *from, const struct mx_set *to, struct err *err)
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
	*change = (struct zone_own_change){ .from = *from, .to = *to, .round.zone = zone };
	if (!send_update(zone, &message, err))
		return false;
	change->stage = ZONE_OWN_UPDATE;
	return true;
}
