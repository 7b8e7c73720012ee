#include "dnsupdate/zone_own.h"

#define TURN_LOOK_MS 20

static void
on_timer(uv_timer_t *timer)
{
	struct zone *zone = timer->data;
	struct err err = { 0 };
	char sentence[ZONE_SENTENCE];
	struct text text = TEXT(sentence);

	if (zone_turn_take(zone, &err))
		return;
	text_add(&text, "not sent: %s", err.text);
	zone_change_finish(zone, ZONE_FAILED, sentence);
}

/* Whoever holds it has deadlines for all it does: the turn comes. */
bool
zone_turn_take(struct zone *zone, struct err *err)
{
	struct zone_turn *turn = zone->options.turn;

	if (turn && turn->holder && turn->holder != zone) {
		zone->change.stage = ZONE_OWN_WAIT;
		uv_timer_start(&zone->timer, on_timer, TURN_LOOK_MS, 0);
		return true;
	}
	if (!zone_change_send(zone, err))
		return false;
	zone->change.stage = ZONE_OWN_UPDATE;
	if (turn)
		turn->holder = zone;
	return true;
}

void
zone_turn_end(struct zone *zone)
{
	if (zone->options.turn && zone->options.turn->holder == zone)
		zone->options.turn->holder = NULL;
}
