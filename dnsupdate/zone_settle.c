#include "dnsupdate/zone_own.h"
#include "dnsupdate/zone_round.h"

/* Not applied, and the zone is as before: the hint, or the silence, is the reason. */
static void
unchanged(struct zone *zone)
{
	struct zone_own_change *change = &zone->change;
	enum zone_result result = ZONE_FAILED;
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	if (change->answered || change->hinted)
		result = zone_change_cause(zone, &text);
	else
		text_add(&text, "%s: %s; the zone is unchanged", zone->views[0].name, change->why);
	if (result == ZONE_PROVED || result == ZONE_UNKNOWN)
		result = ZONE_FAILED;
	if (!zone_again(zone, result))
		zone_change_finish(zone, result, sentence);
}

/*
 * Which of the two it was cannot be told: never applied, or applied, its answer lost, and changed
 * by another before we read. Either way nothing of theirs was overwritten.
 */
static void
conflict(struct zone *zone)
{
	const struct zone_view *view = &zone->views[0];
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	text_add(&text, "our update is not there, and nothing more is sent: %s shows ", view->name);
	mx_say(&view->shown, &text);
	text_add(&text, " where we had read ");
	mx_say(&zone->change.from, &text);
	zone_change_finish(zone, ZONE_CONFLICT, sentence);
}

static void
unknown(struct zone *zone)
{
	const struct zone_own_change *change = &zone->change;
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	text_add(&text, "whether the update was applied is not known: ");
	if (change->answered || change->hinted)
		zone_change_cause(zone, &text);
	else
		text_add(&text, "%s: %s", zone->views[0].name, change->why);
	text_add(&text, "; and reading it back: %s", zone->views[0].error);
	zone_change_finish(zone, ZONE_UNKNOWN, sentence);
}

static void
on_settled(struct zone *zone)
{
	const struct zone_own_change *change = &zone->change;
	const struct zone_view *view = &zone->views[0];

	if (!view->known)
		unknown(zone);
	else if (mx_equal(&view->shown, &change->to))
		zone_prove_start(zone);
	else if (mx_equal(&view->shown, &change->from))
		unchanged(zone);
	else
		conflict(zone);
}

void
zone_settle_start(struct zone *zone)
{
	zone->change.stage = ZONE_OWN_SETTLE;
	if (!zone_round_start(&zone->change.round, 1, NULL, zone->options.timeout_ms, on_settled)) {
		zone->views[0].known = false;
		unknown(zone);
	}
}
