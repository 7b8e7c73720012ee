#include "daemon/core/plan.h"
#include "dnsupdate/zone_own.h"
#include "dnsupdate/zone_round.h"

#define PROVE_ASK_MS 2000 /* for one question; a dead server must not hold up the others */
#define PROVE_FIRST_MS 200
#define PROVE_SLOWEST_MS 2000

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
		if (view->known) {
			text_add(text, "shows ");
			mx_say(&view->shown, text);
		} else {
			text_add(text, "%s", view->error);
		}
	}
}

/* A primary that said yes and goes on showing the old set, or nothing: it may not have kept it. */
static bool
was_lost(const struct zone *zone)
{
	const struct zone_own_change *change = &zone->change;
	const struct zone_view *primary = &zone->views[0];

	return !change->shown[0] && (!primary->known || mx_equal(&primary->shown, &change->from));
}

/* The records are there, the TTL is another: accepted with NOERROR, and changed in silence. */
static void
add_clamped(const struct zone *zone, struct text *text)
{
	const struct mx_set *wanted = &zone->change.to;
	const struct zone_view *primary = &zone->views[0];

	if (primary->known && plan_ttl_only(&primary->shown, wanted))
		text_add(text,
			 "the records are as sent, but the server made the TTL %u of %u (BIND: "
			 "max-zone-ttl): ",
			 primary->shown.ttl, wanted->ttl);
}

static void
unproved(struct zone *zone)
{
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);
	bool lost = was_lost(zone);

	text_add(&text, "accepted by %s, but not shown %s after %.1f s: ", zone->views[0].name,
		 lost ? "even there" : "everywhere", (double)zone->options.prove_ms / 1000);
	add_clamped(zone, &text);
	add_lagging(zone, &text);
	text_add(&text, "; serial of the primary: %u", zone->views[0].serial);
	zone_change_finish(zone, lost ? ZONE_UNKNOWN : ZONE_UNPROVED, sentence);
}

static void
proved(struct zone *zone)
{
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	text_add(&text, "%s%u server%s show%s ", zone->servers > 1 ? "all " : "", zone->servers,
		 zone->servers > 1 ? "s" : "", zone->servers > 1 ? "" : "s");
	mx_say(&zone->change.to, &text);
	text_add(&text, ", serial %u", zone->views[0].serial);
	zone_change_finish(zone, ZONE_PROVED, sentence);
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

void
zone_prove_start(struct zone *zone)
{
	struct zone_own_change *change = &zone->change;

	zone_turn_end(zone);
	uv_update_time(zone->options.loop);
	change->stage = ZONE_OWN_PROVE;
	change->deadline = uv_now(zone->options.loop) + (uint64_t)zone->options.prove_ms;
	change->delay = PROVE_FIRST_MS;
	prove(zone);
}
