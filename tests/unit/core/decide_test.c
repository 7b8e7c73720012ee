#include "daemon/core/decide.h"
#include "daemon/core/past.h"
#include "daemon/core/wish.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#define MINUTE 60
#define HOUR 3600

static const struct decide_rules usual = {
	.mode = MODE_AUTO,
	.min_split = 30 * MINUTE,
	.calm = 30 * MINUTE,
	.max_split = 24 * HOUR,
	.splits_a_day = 4,
	.retry_first = 5,
	.retry_max = 15 * MINUTE,
};

static const struct finding surge = { .known = true,
				      .surge = true,
				      .rate = 600,
				      .expected = 3.2,
				      .evidence = 14.2,
				      .threshold = 12 };
static const struct finding calm = { .known = true, .rate = 2, .expected = 3.2 };

static struct decide_out
step(struct decide *decide, const struct decide_rules *rules, struct decide_in *in, int64_t passed)
{
	struct decide_out out;

	in->now += passed;
	if (in->shown_at >= 0)
		in->shown_at = in->now;
	decide_step(decide, rules, in, &out);
	in->outcome = DECIDE_NO_OUTCOME;
	return out;
}

/* A decide that has been split by itself since `now`, ten minutes after its first step. */
static void
make_split(struct decide *decide, const struct decide_rules *rules, struct decide_in *in)
{
	decide_init(decide, 1000000);
	*in = (struct decide_in){ .now = 1000000,
				  .finding = surge,
				  .sources_fresh = true,
				  .shown = DECIDE_SHOWN_NORMAL };
	cr_assert_eq(step(decide, rules, in, 600).action, DECIDE_DO_SPLIT);
	in->outcome = DECIDE_PROVED;
	in->shown = DECIDE_SHOWN_SPLIT;
	step(decide, rules, in, 1);
	cr_assert_eq(decide->state, DECIDE_SPLIT);
}

/* What one step does with a surge in a normal zone. */
static const struct {
	const char *what;
	enum mode mode;
	enum order order;
	enum decide_shown shown;
	bool silent, unknown, calm;
	enum decide_probe primary, secondary;
	int64_t warm_up;
	unsigned splits_a_day;
	enum decide_action action;
	enum decide_guard guard;
	bool page;
} firsts[] = {
	{ "auto splits", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL, .splits_a_day = 4,
	  .action = DECIDE_DO_SPLIT },
	{ "calm does nothing", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL, .calm = true },
	{ "observe only says", MODE_OBSERVE, .shown = DECIDE_SHOWN_NORMAL, .splits_a_day = 4,
	  .guard = DECIDE_GUARD_OBSERVE },
	{ "observe carries no order out", MODE_OBSERVE, .order = ORDER_SPLIT,
	  .shown = DECIDE_SHOWN_NORMAL, .guard = DECIDE_GUARD_OBSERVE },
	{ "manual waits for an order", MODE_MANUAL, .shown = DECIDE_SHOWN_NORMAL, .splits_a_day = 4,
	  .guard = DECIDE_GUARD_MANUAL, .page = true },
	{ "manual is quiet in calm", MODE_MANUAL, .shown = DECIDE_SHOWN_NORMAL, .calm = true },
	{ "manual carries an order out", MODE_MANUAL, .order = ORDER_SPLIT,
	  .shown = DECIDE_SHOWN_NORMAL, .action = DECIDE_DO_SPLIT },
	{ "an order needs no surge", MODE_AUTO, .order = ORDER_SPLIT, .calm = true,
	  .shown = DECIDE_SHOWN_NORMAL, .action = DECIDE_DO_SPLIT },
	{ "an order outranks the surge", MODE_AUTO, .order = ORDER_NORMAL, .splits_a_day = 4,
	  .shown = DECIDE_SHOWN_NORMAL },
	{ "an unread zone is read", MODE_AUTO, .splits_a_day = 4, .action = DECIDE_READ,
	  .guard = DECIDE_GUARD_UNREAD },
	{ "an order does not touch drift", MODE_AUTO, .order = ORDER_SPLIT,
	  .shown = DECIDE_SHOWN_DRIFT, .guard = DECIDE_GUARD_DRIFT },
	{ "silent sources", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL, .silent = true,
	  .splits_a_day = 4, .guard = DECIDE_GUARD_SILENT },
	{ "too little seen", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL, .unknown = true,
	  .splits_a_day = 4, .guard = DECIDE_GUARD_SILENT },
	{ "warm-up", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL, .warm_up = 1, .splits_a_day = 4,
	  .guard = DECIDE_GUARD_WARM_UP },
	{ "no splits allowed", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL, .guard = DECIDE_GUARD_CAP,
	  .page = true },
	{ "the secondary is dead", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL, .splits_a_day = 4,
	  .primary = DECIDE_PROBE_ANSWERS, .secondary = DECIDE_PROBE_FAILS,
	  .guard = DECIDE_GUARD_SECONDARY, .page = true },
	{ "an order splits although the secondary is dead", MODE_AUTO, .order = ORDER_SPLIT,
	  .shown = DECIDE_SHOWN_NORMAL, .secondary = DECIDE_PROBE_FAILS, .action = DECIDE_DO_SPLIT,
	  .guard = DECIDE_GUARD_SECONDARY, .page = true },
	{ "both are dead", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL, .splits_a_day = 4,
	  .primary = DECIDE_PROBE_FAILS, .secondary = DECIDE_PROBE_FAILS,
	  .guard = DECIDE_GUARD_SECONDARY, .page = true },
	{ "a dead primary is no hindrance", MODE_AUTO, .shown = DECIDE_SHOWN_NORMAL,
	  .splits_a_day = 4, .primary = DECIDE_PROBE_FAILS, .action = DECIDE_DO_SPLIT },
};

Test(decide, first_step_of_a_surge)
{
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		struct decide_rules rules = usual;
		struct decide_in in = { .now = 5000, .sources_fresh = !firsts[i].silent };
		struct decide_out out;
		struct decide decide;

		decide_init(&decide, 5000);
		rules.mode = firsts[i].mode;
		rules.warm_up = firsts[i].warm_up;
		rules.splits_a_day = firsts[i].splits_a_day;
		in.finding = firsts[i].calm ? calm : surge;
		in.finding.known = !firsts[i].unknown;
		in.shown = firsts[i].shown;
		in.primary = firsts[i].primary;
		in.secondary = firsts[i].secondary;
		in.override = (struct override){
			.order = firsts[i].order, .since = 4000, .expires = 9000, .by = "anna"
		};
		out = step(&decide, &rules, &in, 0);
		cr_assert(out.action == firsts[i].action, "%s: action %d", firsts[i].what,
			  (int)out.action);
		cr_assert(out.kind == firsts[i].guard, "%s: guard %s, %s", firsts[i].what,
			  decide_guard_name(out.kind), out.guard);
		cr_assert((out.guard[0] != '\0') == (out.kind != DECIDE_GUARD_NONE), "%s: '%s'",
			  firsts[i].what, out.guard);
		cr_assert(out.page == firsts[i].page, "%s: page %d", firsts[i].what, out.page);
		cr_assert(out.would_split == (out.kind == DECIDE_GUARD_OBSERVE), "%s",
			  firsts[i].what);
		out = step(&decide, &rules, &in, 0);
		cr_assert(!out.page, "%s: a person is called once", firsts[i].what);
	}
}

/* What a split does, at the edge of each time. */
static const struct {
	const char *what;
	int64_t split_for; /* seconds of surge, then of calm */
	int64_t calm_for;
	bool silent;
	enum decide_probe primary, secondary;
	enum decide_action action;
	enum decide_guard guard;
} lasts[] = {
	{ "kept in the surge", 20 * HOUR, 0, .guard = DECIDE_GUARD_NONE },
	{ "kept to the last second of min-split", 60, 1739, .guard = DECIDE_GUARD_MIN_SPLIT },
	{ "then calm is asked for", 61, 1739, .guard = DECIDE_GUARD_CALM },
	{ "kept to the last second of calm", 7200, 1799, .guard = DECIDE_GUARD_CALM },
	{ "restored after min-split and calm", 7200, 1800, .action = DECIDE_DO_RESTORE },
	{ "kept just under the longest time", 24 * HOUR - 1, 0, .guard = DECIDE_GUARD_NONE },
	{ "restored at the longest time", 24 * HOUR, 0, .action = DECIDE_DO_RESTORE },
	{ "kept when silent", 2 * HOUR, HOUR, .silent = true, .guard = DECIDE_GUARD_SILENT },
	{ "restored at the longest time when silent", 24 * HOUR, 0, .silent = true,
	  .action = DECIDE_DO_RESTORE },
	{ "restored at once when only the primary answers", 60, 0, .primary = DECIDE_PROBE_ANSWERS,
	  .secondary = DECIDE_PROBE_FAILS, .action = DECIDE_DO_RESTORE },
	{ "kept when nobody answers", 60, 0, .primary = DECIDE_PROBE_FAILS,
	  .secondary = DECIDE_PROBE_FAILS, .guard = DECIDE_GUARD_SECONDARY },
	{ "kept when only the secondary is known to fail", 60, 0, .primary = DECIDE_PROBE_NONE,
	  .secondary = DECIDE_PROBE_FAILS, .guard = DECIDE_GUARD_SECONDARY },
};

Test(decide, end_of_a_split)
{
	for (size_t i = 0; i < sizeof(lasts) / sizeof(lasts[0]); i++) {
		struct decide decide;
		struct decide_in in;
		struct decide_out out = { 0 };
		int64_t left = lasts[i].split_for;

		make_split(&decide, &usual, &in);
		while (left > 0 && out.action == DECIDE_NOTHING) {
			int64_t now = left > MINUTE ? MINUTE : left;

			in.sources_fresh = !lasts[i].silent;
			left -= now;
			if (left == 0) {
				in.primary = lasts[i].primary;
				in.secondary = lasts[i].secondary;
			}
			out = step(&decide, &usual, &in, now);
		}
		in.finding = calm;
		for (left = lasts[i].calm_for; left > 0 && out.action == DECIDE_NOTHING;) {
			int64_t now = left > MINUTE ? MINUTE : left;

			left -= now;
			out = step(&decide, &usual, &in, now);
		}
		cr_assert(left == 0, "%s: acted %" PRId64 " s early", lasts[i].what, left);
		cr_assert(out.action == lasts[i].action, "%s: action %d, %s", lasts[i].what,
			  (int)out.action, out.guard);
		cr_assert(out.kind == lasts[i].guard, "%s: guard %s, %s", lasts[i].what,
			  decide_guard_name(out.kind), out.guard);
	}
}

static const struct {
	enum decide_outcome outcome;
	enum decide_shown then; /* what the next reading shows */
	enum decide_state state;
	int64_t delay; /* seconds to the next attempt, 0: there is none */
} outcomes[] = {
	{ DECIDE_PROVED, DECIDE_SHOWN_SPLIT, DECIDE_SPLIT, 0 },
	{ DECIDE_UNPROVED, DECIDE_SHOWN_SPLIT, DECIDE_SPLIT, 0 },
	{ DECIDE_CONFLICT, DECIDE_SHOWN_NORMAL, DECIDE_SPLITTING, 5 },
	{ DECIDE_CONFLICT, DECIDE_SHOWN_SPLIT, DECIDE_SPLIT, 0 },
	{ DECIDE_CONFLICT, DECIDE_SHOWN_DRIFT, DECIDE_WAITING, 0 },
	{ DECIDE_REFUSED, DECIDE_SHOWN_NORMAL, DECIDE_SPLITTING, 15 * MINUTE },
	{ DECIDE_FAILED, DECIDE_SHOWN_NORMAL, DECIDE_SPLITTING, 5 },
	{ DECIDE_UNKNOWN, DECIDE_SHOWN_NORMAL, DECIDE_SPLITTING, 5 },
	{ DECIDE_UNKNOWN, DECIDE_SHOWN_SPLIT, DECIDE_SPLIT, 0 },
	{ DECIDE_UNKNOWN, DECIDE_SHOWN_DRIFT, DECIDE_WAITING, 0 },
};

Test(decide, each_outcome_of_an_update)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		struct decide_in in = { .now = 1000,
					.finding = surge,
					.sources_fresh = true,
					.shown = DECIDE_SHOWN_NORMAL };
		struct decide_out out;
		struct decide decide;
		int64_t sent;
		bool read = false;

		decide_init(&decide, 1000);
		cr_assert_eq(step(&decide, &usual, &in, 1).action, DECIDE_DO_SPLIT);
		in.shown_at = -1; /* no reading is newer than the outcome until one is asked for */
		in.outcome = outcomes[i].outcome;
		step(&decide, &usual, &in, 1);
		sent = in.now;
		for (unsigned j = 0; j < 2000; j++) {
			out = step(&decide, &usual, &in, 1);
			if (out.action == DECIDE_DO_SPLIT)
				break;
			if (out.action == DECIDE_READ) {
				read = true;
				in.shown = outcomes[i].then;
				in.shown_at = in.now;
			}
		}
		cr_assert(decide.state == outcomes[i].state, "row %zu: state %s, %s", i,
			  decide_state_name(decide.state), out.why);
		cr_assert((out.action == DECIDE_DO_SPLIT) == (outcomes[i].delay > 0), "row %zu", i);
		cr_assert(outcomes[i].delay == 0 || in.now - sent == outcomes[i].delay,
			  "row %zu: after %" PRId64 " s", i, in.now - sent);
		cr_assert(read == (outcomes[i].outcome != DECIDE_PROVED), "row %zu: read %d", i,
			  read);
	}
}

Test(decide, backoff_doubles_to_its_limit)
{
	static const int64_t delays[] = { 5, 10, 20, 40, 80, 160, 320, 640, 900, 900 };
	struct decide_in in = {
		.now = 1000, .finding = surge, .sources_fresh = true, .shown = DECIDE_SHOWN_NORMAL
	};
	struct decide_out out;
	struct decide decide;
	unsigned pages = 0;

	decide_init(&decide, 1000);
	cr_assert_eq(step(&decide, &usual, &in, 1).action, DECIDE_DO_SPLIT);
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		int64_t failed;

		in.outcome = DECIDE_FAILED;
		step(&decide, &usual, &in, 1);
		for (failed = in.now; in.now < failed + 1000;) {
			out = step(&decide, &usual, &in, 1);
			pages += out.page;
			if (out.action == DECIDE_DO_SPLIT)
				break;
		}
		cr_assert(in.now - failed == delays[i], "try %zu after %" PRId64 " s", i,
			  in.now - failed);
	}
	cr_assert(pages == 1, "called %u times", pages);
	/* An order is not kept waiting. */
	in.outcome = DECIDE_FAILED;
	step(&decide, &usual, &in, 1);
	in.override =
		(struct override){ .order = ORDER_SPLIT, .since = in.now, .expires = 1 << 30 };
	cr_assert_eq(step(&decide, &usual, &in, 1).action, DECIDE_DO_SPLIT);
}

Test(decide, calm_doubles_inside_a_day)
{
	static const int64_t minutes[] = { 30, 30, 60, 120, 240, 480, 720, 720 };
	struct decide decide;

	decide_init(&decide, 1000000);
	for (unsigned i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		cr_assert(past_calm(&decide, &usual) == minutes[i] * MINUTE, "%u splits", i);
		past_add_split(&decide);
	}
	decide.now += DECIDE_DAY - 1;
	cr_assert_eq(past_calm(&decide, &usual), 720 * MINUTE);
	decide.now += 1;
	cr_assert_eq(past_calm(&decide, &usual), 30 * MINUTE);
	for (unsigned i = 0; i < 10; i++) { /* four in any day, whatever was before */
		past_add_split(&decide);
		cr_assert(past_splits(&decide, decide.now) == (i < 4 ? i + 1 : 4), "split %u", i);
		decide.now += 6 * HOUR;
	}
	for (unsigned i = 0; i < 2 * DECIDE_SPLITS; i++)
		past_add_split(&decide);
	cr_assert_eq(decide.splits, DECIDE_SPLITS);
}

Test(decide, orders_end)
{
	struct decide decide;
	struct decide_in in;
	struct decide_out out;
	struct decide_rules rules = usual;

	/* Manual: what an order began ends with it. */
	rules.mode = MODE_MANUAL;
	decide_init(&decide, 1000);
	in = (struct decide_in){ .now = 1000,
				 .finding = calm,
				 .sources_fresh = true,
				 .shown = DECIDE_SHOWN_NORMAL,
				 .override = { ORDER_SPLIT, 1000, 2000, "anna", "test" } };
	out = step(&decide, &rules, &in, 1);
	cr_assert_eq(out.action, DECIDE_DO_SPLIT);
	cr_assert(strstr(out.why, "anna (test)"), "%s", out.why);
	in.outcome = DECIDE_PROVED;
	in.shown = DECIDE_SHOWN_SPLIT;
	step(&decide, &rules, &in, 1);
	out = step(&decide, &rules, &in, 997);
	cr_assert(out.action == DECIDE_NOTHING && !out.override_ended, "%s", out.why);
	out = step(&decide, &rules, &in, 1);
	cr_assert(out.override_ended && out.action == DECIDE_DO_RESTORE, "%s", out.why);

	/* Manual: a split that nobody ordered is left alone. */
	decide_init(&decide, 1000);
	in.override.order = ORDER_AUTO;
	step(&decide, &rules, &in, 1);
	out = step(&decide, &rules, &in, 40 * HOUR);
	cr_assert(out.action == DECIDE_NOTHING && out.kind == DECIDE_GUARD_MANUAL, "%s", out.guard);

	/* Auto: after the order the surge decides. */
	make_split(&decide, &usual, &in);
	in.override = (struct override){ ORDER_NORMAL, in.now, in.now + 100, "anna", "" };
	cr_assert_eq(step(&decide, &usual, &in, 1).action, DECIDE_DO_RESTORE);
	in.outcome = DECIDE_PROVED;
	in.shown = DECIDE_SHOWN_NORMAL;
	step(&decide, &usual, &in, 1);
	cr_assert_eq(step(&decide, &usual, &in, 97).action, DECIDE_NOTHING);
	out = step(&decide, &usual, &in, 1);
	cr_assert(out.override_ended && out.action == DECIDE_DO_SPLIT, "%s", out.why);
}

Test(decide, stored_and_loaded)
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

Test(decide, clock_steps_move_nothing)
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

Test(decide, promises_hold_whatever_comes)
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

Test(decide, warm_up_begins_again_with_another_normal_set)
{
	struct decide_rules rules = usual;
	struct decide_in in = {
		.now = 1000, .finding = surge, .sources_fresh = true, .shown = DECIDE_SHOWN_NORMAL
	};
	struct decide decide;

	rules.warm_up = 2 * HOUR;
	decide_init(&decide, in.now);
	step(&decide, &rules, &in, 1);
	decide_new_normal(&decide, in.now + HOUR);
	cr_assert_eq(step(&decide, &rules, &in, 3 * HOUR - 1).kind, DECIDE_GUARD_WARM_UP);
	cr_assert_eq(step(&decide, &rules, &in, 1).action, DECIDE_DO_SPLIT);
}

static const struct {
	int64_t seconds;
	const char *text;
} durations[] = {
	{ 0, "0s" },	  { 119, "119s" },    { 120, "2m" },	     { 1799, "30m" },
	{ 7169, "119m" }, { 7170, "2h" },     { 11400, "3h10m" },    { 172769, "47h59m" },
	{ 172800, "2d" }, { 187200, "2d4h" }, { 86400 * 30, "30d" },
};

Test(decide, durations_are_for_people)
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
Test(decide, an_order_is_quoted_whole)
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

Test(decide, an_unread_zone_is_asked_for_now_and_then)
{
	struct decide_in in = { .now = 1000, .finding = surge, .sources_fresh = true };
	struct decide decide;
	unsigned reads = 0, pages = 0;

	decide_init(&decide, in.now);
	for (int64_t i = 0; i < 61; i++) {
		struct decide_out out = step(&decide, &usual, &in, i > 0);

		reads += out.action == DECIDE_READ;
		pages += out.page;
		cr_assert((out.action == DECIDE_READ) == (i % DECIDE_READ_EVERY == 0), "second %d",
			  (int)i);
		cr_assert(pages == (i >= DECIDE_UNREAD_AFTER), "second %d", (int)i);
	}
	cr_assert_eq(reads, 7);
	/* A reading that fails once in a while does not unsettle what is known. */
	in.shown = DECIDE_SHOWN_NORMAL;
	in.finding = calm;
	step(&decide, &usual, &in, 1);
	in.shown = DECIDE_SHOWN_UNKNOWN;
	for (int64_t i = 1; i <= 61; i++)
		cr_assert((step(&decide, &usual, &in, 1).kind == DECIDE_GUARD_UNREAD) == (i > 60),
			  "second %d", (int)i);
	/* Nothing is done on the old one, though. */
	in.shown = DECIDE_SHOWN_NORMAL;
	step(&decide, &usual, &in, 1);
	in.shown = DECIDE_SHOWN_UNKNOWN;
	in.finding = surge;
	cr_assert(step(&decide, &usual, &in, 20).action == DECIDE_READ);
}

Test(decide, every_name_has_one_row)
{
	for (int i = 0; i <= DECIDE_WAITING; i++)
		for (int j = 0; j <= DECIDE_WAITING; j++)
			cr_assert((strcmp(decide_state_name((enum decide_state)i),
					  decide_state_name((enum decide_state)j)) == 0) ==
					  (i == j),
				  "state %d and %d", i, j);
	for (int i = 0; i <= DECIDE_GUARD_LAGGING; i++)
		for (int j = 0; j <= DECIDE_GUARD_LAGGING; j++)
			cr_assert((strcmp(decide_guard_name((enum decide_guard)i),
					  decide_guard_name((enum decide_guard)j)) == 0) ==
					  (i == j),
				  "guard %d and %d", i, j);
	cr_assert_str_eq(decide_state_name((enum decide_state)(DECIDE_WAITING + 1)), "unknown");
	cr_assert_str_eq(decide_guard_name((enum decide_guard)(DECIDE_GUARD_LAGGING + 1)),
			 "unknown");
}
