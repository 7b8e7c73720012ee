#include "tests/lab/sim/guard.h"

void
guard_init(struct guard *guard, int64_t now)
{
	detect_init(&guard->detect, &guard->detect_rules);
	decide_init(&guard->decide, now);
}

static void
note(struct guard *guard, int64_t now)
{
	const struct finding *finding = &guard->finding;

	if (!finding->changed)
		return;
	if (finding->surge) {
		guard->surges++;
		if (guard->surge_at == 0)
			guard->surge_at = (double)now;
	} else {
		guard->calm_at = (double)now;
	}
}

static void
split(struct guard *guard, int64_t now, struct zone *zone)
{
	zone->split = true;
	guard->splits++;
	if (guard->split_at == 0)
		guard->split_at = (double)now;
}

void
guard_step(struct guard *guard, int64_t now, double bounces, struct zone *zone)
{
	struct detect_in count = { .time = now, .period = 1, .count = bounces };
	struct decide_in in = { .now = now,
				.sources_fresh = true,
				.shown = zone->split ? DECIDE_SHOWN_SPLIT : DECIDE_SHOWN_NORMAL,
				.shown_at = now,
				.outcome = guard->sent ? DECIDE_PROVED : DECIDE_NO_OUTCOME };
	struct decide_out out;

	detect_step(&guard->detect, &count, &guard->finding);
	note(guard, now);
	if (guard->split_at_will > 0 && (double)now >= guard->split_at_will && !zone->split)
		split(guard, now, zone);
	if (!guard->acts || guard->split_at_will > 0)
		return;
	guard->sent = false;
	in.finding = guard->finding;
	decide_step(&guard->decide, &guard->decide_rules, &in, &out);
	if (out.action != DECIDE_DO_SPLIT && out.action != DECIDE_DO_RESTORE)
		return;
	guard->sent = true;
	if (out.action == DECIDE_DO_SPLIT) {
		split(guard, now, zone);
		return;
	}
	zone->split = false;
	guard->restored_at = (double)now;
}
