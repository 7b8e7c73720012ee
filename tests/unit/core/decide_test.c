#include "tests/unit/core/decide_help.h"

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
