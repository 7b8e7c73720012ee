#include "dnsupdate/zone_round.h"

#include "dnsupdate/answer.h"

static void
set_error(struct zone_view *view, const char *error)
{
	struct text text = TEXT(view->error);

	view->known = false;
	text_add_scrubbed(&text, span_of(error));
}

/* A later round has already said what this server shows: an older answer must not undo that. */
static bool
outdated(const struct zone_own_ask *ask)
{
	unsigned *newest = &ask->round->zone->newest[ask->server];

	if (*newest > ask->round->number)
		return true;
	*newest = ask->round->number;
	return false;
}

/* What it shows now, and since when; an error in between is no change. */
static void
take_shown(struct zone_view *view, const struct mx_set *shown, int64_t now)
{
	if (!view->since || !mx_equal(&view->shown, shown))
		view->since = now;
	view->shown = *shown;
	view->known = true;
	view->error[0] = '\0';
}

static enum exchange_verdict
judge(void *ctx, const uint8_t *wire, size_t len, bool tcp)
{
	struct zone_own_ask *ask = ctx;
	struct zone *zone = ask->round->zone;
	struct zone_view *view = &zone->views[ask->server];
	struct mx_set shown = { 0 };
	struct err err = { 0 };

	switch (answer_judge(ask->question, ask->len, wire, len)) {
	case ANSWER_ODD:
		return EXCHANGE_ODD;
	case ANSWER_TRUNCATED:
		return EXCHANGE_TRUNCATED;
	case ANSWER_OURS:
		break;
	}
	if (ask->wire_len && !zone_signed_good(ask, wire, len))
		return tcp ? EXCHANGE_ENOUGH : EXCHANGE_ODD;
	if (ask->server == 0)
		zone->primary = ask->address;
	if (outdated(ask))
		return EXCHANGE_ANSWER;
	if (ask->soa) {
		if (!answer_soa(wire, len, zone->zone, &view->serial, &err))
			view->serial = 0;
	} else if (answer_mx(wire, len, zone->domain, &shown, &err)) {
		take_shown(view, &shown, ask->round->asked);
	} else {
		set_error(view, err.text);
	}
	return EXCHANGE_ANSWER;
}

static void
note(const struct zone_own_ask *ask, enum exchange_outcome outcome, const char *why)
{
	struct zone_view *view = &ask->round->zone->views[ask->server];

	if (ask->soa && outcome != EXCHANGE_ANSWERED)
		view->serial = 0;
	if (ask->soa)
		return;
	view->asked = ask->round->asked;
	if (outcome != EXCHANGE_ANSWERED)
		set_error(view, why);
}

static bool send_question(struct zone_own_ask *ask);

/* The next address of the primary, in what is left of the time. */
static bool
next_address(struct zone_own_ask *ask, const char *why)
{
	const struct zone *zone = ask->round->zone;
	char before[sizeof(ask->why)];
	struct text text;

	if (ask->server != 0 || zone->primaries == 1)
		return false;
	memcpy(before, ask->why, sizeof(before));
	text = text_over(ask->why, sizeof(ask->why));
	text_add(&text, "%s%s%s: %s", before, before[0] ? "; " : "",
		 zone->primary_at[ask->address].name, why);
	if (++ask->tried == zone->primaries)
		return false;
	ask->address = (ask->address + 1) % zone->primaries;
	return send_question(ask);
}

static void
done(void *ctx, enum exchange_outcome outcome, const char *why)
{
	struct zone_own_ask *ask = ctx;
	struct zone_own_round *round = ask->round;

	ask->exchange = NULL;
	if (outcome != EXCHANGE_ANSWERED && next_address(ask, why))
		return;
	if (!outdated(ask))
		note(ask, outcome, ask->hint[0] ? ask->hint : ask->why[0] ? ask->why : why);
	if (--round->open == 0)
		round->done(round->zone);
}

static bool
send_question(struct zone_own_ask *ask)
{
	struct zone *zone = ask->round->zone;
	bool primary = ask->server == 0;
	struct exchange_options options = {
		.loop = zone->options.loop,
		.wire = ask->wire_len ? ask->wire : ask->question,
		.len = ask->wire_len ? ask->wire_len : ask->len,
		.address = primary ? zone->primary_at[ask->address].address
				   : zone->addresses[ask->server],
		.timeout_ms = ask->timeout_ms / (primary ? (int64_t)zone->primaries : 1),
		.ctx = ask,
		.judge = judge,
		.done = done,
	};
	struct err err = { 0 };

	options.from = zone_from(zone, &options.address);
	ask->exchange = exchange_start(&options, &err);
	return ask->exchange != NULL;
}

static void
start(struct zone_own_round *round, unsigned server, bool soa, int64_t timeout_ms)
{
	struct zone *zone = round->zone;
	struct zone_own_ask *ask = &round->asks[2 * server + soa];
	struct message message;
	struct err err = { 0 };

	*ask = (struct zone_own_ask){ .round = round,
				      .server = server,
				      .soa = soa,
				      .address = zone->primary,
				      .timeout_ms = timeout_ms };
	if (message_query(soa ? zone->zone : zone->domain, soa ? MESSAGE_SOA : MESSAGE_MX, &message,
			  &err) &&
	    message.len <= sizeof(ask->question)) {
		memcpy(ask->question, message.wire, message.len);
		ask->len = message.len;
		if (zone_signed_wanted(zone, server) && !zone_signed_make(ask, &err)) {
			ask->wire_len = 0; /* nothing is asked */
		} else if (send_question(ask)) {
			round->open++;
			return;
		} else {
			err_set(&err, ERR_SYSTEM, "no memory for an exchange");
		}
	}
	if (!soa)
		set_error(&zone->views[server], err.text);
}

bool
zone_round_start(struct zone_own_round *round, unsigned servers, const bool *skip,
		 int64_t timeout_ms, void (*after)(struct zone *zone))
{
	round->done = after;
	round->number = ++round->zone->rounds;
	round->asked = round->zone->options.now();
	for (unsigned i = 0; i < servers; i++) {
		if (skip && skip[i])
			continue;
		start(round, i, false, timeout_ms);
		start(round, i, true, timeout_ms);
	}
	return round->open > 0;
}

void
zone_round_stop(struct zone_own_round *round)
{
	for (unsigned i = 0; i < 2 * ZONE_OWN_SERVERS; i++) {
		exchange_free(round->asks[i].exchange);
		round->asks[i].exchange = NULL;
	}
	round->open = 0;
}
