#include "tests/unit/core/decide_help.h"

Test(decide_promises, stored_and_loaded)
{
	struct decide decide, loaded, untouched;
	struct decide_in in;
	unsigned char bytes[sizeof(decide) + 1];

	make_split(&decide, &usual, &in);
	memcpy(bytes, &decide, sizeof(decide));
	cr_assert(decide_load(&loaded, bytes, sizeof(decide)));
	cr_assert(memcmp(&loaded, &decide, sizeof(decide)) == 0);
	untouched = loaded;
	cr_assert(!decide_load(&loaded, bytes, sizeof(decide) - 1));
	cr_assert(!decide_load(&loaded, bytes, sizeof(decide) + 1));
	for (size_t at = 0; at < sizeof(decide); at++) { /* no byte makes it fall over later */
		struct decide broken;
		struct decide_in next = in;

		memcpy(bytes, &decide, sizeof(decide));
		bytes[at] ^= 0xFF;
		if (!decide_load(&broken, bytes, sizeof(decide)))
			continue;
		step(&broken, &usual, &next, 1);
		decide_forget_zone(&broken);
		step(&broken, &usual, &next, 1);
	}
	decide.version++;
	cr_assert(!decide_load(&loaded, &decide, sizeof(decide)));
	cr_assert(memcmp(&loaded, &untouched, sizeof(loaded)) == 0);
}

Test(decide_promises, clock_steps_move_nothing)
{
	static const int64_t jumps[] = { -1, -HOUR, -HOUR * 24 * 365 * 10 };

	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		struct decide decide;
		struct decide_in in;
		struct decide_out out;

		make_split(&decide, &usual, &in);
		decide.now = in.now += HOUR * 24 * 366 * 10;
		decide.split_since = decide.split_times[0] = in.now - HOUR;
		in.finding = calm;
		decide.calm_seen = 29 * MINUTE;
		out = step(&decide, &usual, &in, jumps[i]);
		cr_assert(out.action == DECIDE_NOTHING && decide.state == DECIDE_SPLIT,
			  "jump %" PRId64 ": %s", jumps[i], out.why);
		cr_assert(out.kind == DECIDE_GUARD_CALM, "jump %" PRId64 ": %s", jumps[i],
			  out.guard);
		cr_assert_eq(past_splits(&decide, in.now), 1);
		cr_assert_eq(step(&decide, &usual, &in, 59).action, DECIDE_NOTHING);
		cr_assert_eq(step(&decide, &usual, &in, 1).action, DECIDE_DO_RESTORE);
	}
}

static uint64_t
draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 11) % below;
}

/* What the world does next: the same for both decides of the test below. */
static void
world(uint64_t *seed, struct decide_in *in, const struct decide_out *did)
{
	in->outcome = DECIDE_NO_OUTCOME;
	if (did->action == DECIDE_DO_SPLIT || did->action == DECIDE_DO_RESTORE) {
		in->outcome = draw(seed, 4) ? DECIDE_PROVED : DECIDE_FAILED;
		if (in->outcome == DECIDE_PROVED)
			in->shown = did->action == DECIDE_DO_SPLIT ? DECIDE_SHOWN_SPLIT
								   : DECIDE_SHOWN_NORMAL;
	}
	if (draw(seed, 200) == 0)
		in->finding = in->finding.surge ? calm : surge;
	if (draw(seed, 400) == 0)
		in->override = (struct override){ .order = (enum order)draw(seed, 3),
						  .since = in->now,
						  .expires = in->now + (int64_t)draw(seed, 7200) };
	if (in->override.order != ORDER_AUTO && in->now >= in->override.expires)
		in->override.order = ORDER_AUTO;
}

Test(decide_promises, a_clock_that_is_set_500_times_changes_no_step)
{
	struct decide_rules rules = usual;
	struct decide still, moved;
	struct decide_in in = { .now = 1795521600,
				.finding = calm,
				.sources_fresh = true,
				.shown = DECIDE_SHOWN_NORMAL };
	struct decide_out did = { 0 };
	int64_t apart = 0;
	unsigned jumps = 0, changes = 0;
	uint64_t seed = 1;

	rules.splits_a_day = 32;
	decide_init(&still, in.now);
	moved = still;
	while (jumps < 500) {
		struct decide_in other;
		struct decide_out out;

		in.now += (int64_t)draw(&seed, 40);
		in.shown_at = in.now;
		world(&seed, &in, &did);
		if (draw(&seed, 30) == 0) { /* to some ten years */
			int64_t jump = (int64_t)(UINT64_C(1) << draw(&seed, 29));

			jump = apart > 0 ? -jump : jump;
			decide_clock_set(&moved, jump);
			apart += jump;
			jumps++;
		}
		other = in;
		other.now += apart;
		other.shown_at += apart;
		other.override.since += apart;
		other.override.expires += apart;
		decide_step(&still, &rules, &in, &did);
		decide_step(&moved, &rules, &other, &out);
		cr_assert(out.action == did.action && out.kind == did.kind &&
				  out.page == did.page &&
				  out.override_ended == did.override_ended &&
				  moved.state == still.state,
			  "jump %u: %s, but %s", jumps, out.why, did.why);
		changes += did.state_changed;
	}
	cr_assert(changes > 50, "%u", changes);
}

/* Draws the next input around what is true; rarely changes what lasts. */
static void
shake(struct decide_in *in, struct decide_rules *rules, uint64_t *seed)
{
	in->now += (int64_t)(draw(seed, 50) ? draw(seed, 90) : draw(seed, 20000));
	if (draw(seed, 300) == 0)
		in->now -= (int64_t)draw(seed, 5000);
	if (draw(seed, 40) == 0)
		in->finding = draw(seed, 2) ? surge : calm;
	if (draw(seed, 60) == 0)
		in->sources_fresh = draw(seed, 3) > 0;
	if (draw(seed, 200) == 0)
		in->override = (struct override){ .order = (enum order)draw(seed, 3),
						  .since = in->now,
						  .expires = in->now + (int64_t)draw(seed, 20000) };
	if (draw(seed, 80) == 0)
		in->shown = (enum decide_shown)draw(seed, 4);
	if (draw(seed, 4) == 0)
		in->shown_at = in->now;
	if (draw(seed, 100) == 0)
		in->primary = (enum decide_probe)draw(seed, 3);
	if (draw(seed, 100) == 0)
		in->secondary = (enum decide_probe)draw(seed, 3);
	if (draw(seed, 500) == 0)
		rules->mode = (enum mode)draw(seed, 3);
}

#define PROPERTY_STEPS 200000

Test(decide_promises, promises_hold_whatever_comes)
{
	struct decide_rules rules = usual;
	struct decide_in in = { .now = 2000000000, .shown = DECIDE_SHOWN_NORMAL };
	uint64_t seed = 20261124;
	enum decide_action open = DECIDE_NOTHING;
	int64_t made[PROPERTY_STEPS / 100];
	unsigned splits = 0, restores = 0, own = 0;
	struct decide decide;

	decide_init(&decide, in.now);
	rules.min_split = 60;
	rules.calm = 60;
	for (unsigned i = 0; i < PROPERTY_STEPS; i++) {
		struct decide_out out;
		enum decide_state before = decide.state;
		enum decide_guard guard = decide.guard;
		int64_t then = in.now;

		shake(&in, &rules, &seed);
		for (unsigned j = 0; in.now < then && j < own; j++)
			made[j] -= then - in.now;
		in.outcome = open != DECIDE_NOTHING && draw(&seed, 3) == 0
				     ? (enum decide_outcome)(1 + draw(&seed, DECIDE_UNKNOWN))
				     : DECIDE_NO_OUTCOME;
		if (in.outcome == DECIDE_PROVED || in.outcome == DECIDE_UNPROVED ||
		    (in.outcome == DECIDE_UNKNOWN && draw(&seed, 2)))
			in.shown =
				open == DECIDE_DO_SPLIT ? DECIDE_SHOWN_SPLIT : DECIDE_SHOWN_NORMAL;
		if (in.outcome != DECIDE_NO_OUTCOME)
			open = DECIDE_NOTHING;
		if (draw(&seed, 1000) == 0) { /* a restart through bytes */
			struct decide stored = decide;

			cr_assert(decide_load(&decide, &stored, sizeof(stored)), "step %u", i);
			decide_forget_zone(&decide);
			open = DECIDE_NOTHING;
			in.outcome = DECIDE_NO_OUTCOME;
		}
		decide_step(&decide, &rules, &in, &out);
		if (decide.state == DECIDE_SPLIT && before != DECIDE_SPLIT && decide.splits &&
		    decide.split_times[decide.splits - 1] == in.now)
			made[own++ % (PROPERTY_STEPS / 100)] = in.now;
		cr_assert((out.guard[0] != '\0') == (out.kind != DECIDE_GUARD_NONE), "step %u", i);
		cr_assert(out.why[0] != '\0', "step %u", i);
		cr_assert(out.state_changed == (decide.state != before), "step %u", i);
		cr_assert(out.guard_changed == (out.kind != guard), "step %u", i);
		cr_assert(!out.state_changed || decide.since == in.now, "step %u", i);
		cr_assert(out.state_changed || decide.since <= then || in.now < then, "step %u", i);
		if (out.action != DECIDE_DO_SPLIT && out.action != DECIDE_DO_RESTORE)
			continue;
		cr_assert(rules.mode != MODE_OBSERVE, "step %u: acted in mode observe", i);
		cr_assert(open == DECIDE_NOTHING, "step %u: two changes at once", i);
		cr_assert(in.shown == (out.action == DECIDE_DO_SPLIT ? DECIDE_SHOWN_NORMAL
								     : DECIDE_SHOWN_SPLIT),
			  "step %u: acted on a zone that shows %d", i, (int)in.shown);
		cr_assert(in.outcome == DECIDE_NO_OUTCOME, "step %u: acted before reading", i);
		cr_assert(rules.mode != MODE_MANUAL || wish_ordered(&in) || decide.ordered ||
				  out.action == DECIDE_DO_RESTORE,
			  "step %u: mode manual acted without an order", i);
		open = out.action;
		splits += out.action == DECIDE_DO_SPLIT;
		restores += out.action == DECIDE_DO_RESTORE;
		if (out.action == DECIDE_DO_SPLIT && !wish_ordered(&in)) {
			unsigned today = 0;

			for (unsigned j = 0; j < own && j < PROPERTY_STEPS / 100; j++)
				today += in.now - made[j] < DECIDE_DAY;
			cr_assert(today < rules.splits_a_day, "step %u: split %u of a day", i,
				  today + 1);
			cr_assert(in.finding.surge && in.sources_fresh, "step %u", i);
		}
	}
	cr_assert(splits > 100 && restores > 100 && own > 20, "%u splits, %u restores, %u counted",
		  splits, restores, own);
}

static const struct {
	int64_t seconds;
	const char *text;
} durations[] = {
	{ 0, "0s" },	  { 119, "119s" },    { 120, "2m" },	     { 1799, "30m" },
	{ 7169, "119m" }, { 7170, "2h" },     { 11400, "3h10m" },    { 172769, "47h59m" },
	{ 172800, "2d" }, { 187200, "2d4h" }, { 86400 * 30, "30d" },
};

Test(decide_promises, durations_are_for_people)
{
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		char printed[32];
		struct text text = TEXT(printed);

		wish_add_duration(&text, durations[i].seconds);
		cr_assert_str_eq(printed, durations[i].text);
	}
}

static void
assert_whole(const char *sentence)
{
	char scrubbed[DECIDE_SENTENCE * 3];
	struct text text = TEXT(scrubbed);

	text_add_scrubbed(&text, span_of(sentence));
	cr_assert(strcmp(scrubbed, sentence) == 0, "not printable UTF-8: %s", sentence);
	cr_assert(strlen(sentence) < DECIDE_SENTENCE - 1, "cut: %s", sentence);
}

/* Names and reasons come from outside, and are as long as they can be. */
Test(decide_promises, an_order_is_quoted_whole)
{
	for (int outcome = DECIDE_CONFLICT; outcome <= DECIDE_UNKNOWN; outcome++) {
		struct decide_in in = { .now = 1000, .shown = DECIDE_SHOWN_NORMAL };
		struct decide_rules rules = usual;
		struct decide_out out;
		struct decide decide;

		decide_init(&decide, in.now);
		in.override = (struct override){ .order = ORDER_SPLIT, .expires = INT64_MAX };
		memset(in.override.by, '\x1b', OVERRIDE_BY - 1);
		memset(in.override.reason, '\xe9', OVERRIDE_REASON - 1);
		rules.mode = MODE_OBSERVE;
		assert_whole(step(&decide, &rules, &in, 1).guard);
		out = step(&decide, &usual, &in, 1);
		cr_assert_eq(out.action, DECIDE_DO_SPLIT);
		assert_whole(out.why);
		in.outcome = (enum decide_outcome)outcome;
		assert_whole(step(&decide, &usual, &in, 1).why);
	}
}

Test(decide_promises, every_name_has_one_row)
{
	for (int i = 0; i <= DECIDE_WAITING; i++)
		for (int j = 0; j <= DECIDE_WAITING; j++)
			cr_assert((strcmp(decide_state_name((enum decide_state)i),
					  decide_state_name((enum decide_state)j)) == 0) ==
					  (i == j),
				  "state %d and %d", i, j);
	for (int i = 0; i <= DECIDE_GUARD_COUNTERS; i++)
		for (int j = 0; j <= DECIDE_GUARD_COUNTERS; j++)
			cr_assert((strcmp(decide_guard_name((enum decide_guard)i),
					  decide_guard_name((enum decide_guard)j)) == 0) ==
					  (i == j),
				  "guard %d and %d", i, j);
	cr_assert_str_eq(decide_state_name((enum decide_state)(DECIDE_WAITING + 1)), "unknown");
	cr_assert_str_eq(decide_guard_name((enum decide_guard)(DECIDE_GUARD_COUNTERS + 1)),
			 "unknown");
}
