#include "daemon/core/effect.h"

#include <criterion/criterion.h>

#define START INT64_C(1800057600)

static struct effect_finding
step(struct effect *effect, int64_t now, int64_t split_since, double bounces, double share)
{
	struct effect_in in = {
		.now = now,
		.split_since = split_since,
		.split_ttl = 300,
		.reach = { bounces, 100, bounces * share, 97 },
	};
	struct effect_finding out;

	effect_step(effect, &in, &out);
	return out;
}

static const struct {
	const char *what;
	double before, bounces, now;
	int64_t after;
	enum effect_verdict verdict;
} cases[] = {
	{ "it helps", 0.96, 1000, 0.08, 900, EFFECT_HELPS },
	{ "just half", 0.96, 1000, 0.48, 900, EFFECT_HELPS },
	{ "just over half", 0.96, 1000, 0.49, 900, EFFECT_IN_PART },
	{ "just four fifths", 0.5, 1000, 0.4, 900, EFFECT_IN_PART },
	{ "just over four fifths", 0.5, 1000, 0.401, 900, EFFECT_NONE },
	{ "nothing moved", 0.96, 1000, 0.93, 900, EFFECT_NONE },
	{ "all of them", 1, 30, 1, 900, EFFECT_NONE },
	{ "too few", 1, 29, 1, 900, EFFECT_OPEN },
	{ "too early", 0.96, 1000, 0.93, 599, EFFECT_OPEN },
	{ "none were there before", 0, 1000, 0, 900, EFFECT_HELPS },
};

Test(effect, is_judged_by_the_share_that_is_left)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct effect_finding out;
		struct effect effect;

		effect_init(&effect);
		step(&effect, START - 1, 0, 1000, cases[i].before);
		step(&effect, START, START, 1000, cases[i].before);
		out = step(&effect, START + cases[i].after, START, cases[i].bounces, cases[i].now);
		cr_expect_eq(out.verdict, cases[i].verdict, "%s: %s", cases[i].what,
			     effect_name(out.verdict));
		cr_expect_eq(out.tell, cases[i].verdict != EFFECT_OPEN, "%s", cases[i].what);
	}
}

Test(effect, waits_for_the_ttl_and_a_window)
{
	struct effect_in in = {
		.now = START, .split_ttl = 301, .split_since = START, .reach = { 100, 0, 100, 0 }
	};
	struct effect_finding out;
	struct effect effect;

	effect_init(&effect);
	effect_step(&effect, &in, &out);
	in.now = START + 900;
	effect_step(&effect, &in, &out);
	cr_expect_eq(out.verdict, EFFECT_OPEN);
	in.now = START + 901;
	effect_step(&effect, &in, &out);
	cr_expect_eq(out.verdict, EFFECT_NONE);
}

Test(effect, is_told_once_and_again_when_it_changes)
{
	struct effect effect;
	unsigned told = 0;

	effect_init(&effect);
	step(&effect, START, START, 1000, 0.96);
	for (int64_t now = 900; now < 4000; now++)
		told += step(&effect, START + now, START, 1000, 0.93).tell;
	cr_expect_eq(told, 1);
	for (int64_t now = 4000; now < 4600; now++) /* to and fro within ten minutes */
		told += step(&effect, START + now, START, 1000, now % 2 ? 0.1 : 0.93).tell;
	cr_expect_eq(told, 2);
	cr_expect(step(&effect, START + 9000, START + 5000, 1000, 0.1).tell,
		  "another split is another story");
}

Test(effect, says_its_numbers)
{
	struct effect_finding out;
	struct effect effect;
	char said[512];
	struct text text = TEXT(said);

	effect_init(&effect);
	step(&effect, START, START, 1000, 0.96);
	out = step(&effect, START + 1200, START, 1000, 0.93);
	effect_explain(&out, "mta1.example.jp", &text);
	cr_expect_str_eq(said,
			 "the split has no effect: 93 % of the bounces still reach mta1.example.jp "
			 "20m after it (96 % before), and 97 % of the mail (97 % before). Their "
			 "senders looked the name up before the split or keep their sessions open; "
			 "docs/rules.md says what helps there");
	out = step(&effect, START + 7200, START, 1000, 0.08);
	text = TEXT(said);
	effect_explain(&out, "mta1.example.jp", &text);
	cr_expect_str_eq(said, "the split works: 8 % of the bounces reach mta1.example.jp 2h after "
			       "it (96 % before), and 97 % of the mail (97 % before)");
	text = TEXT(said);
	out = step(&effect, START + 7200, 0, 1000, 0.08);
	effect_explain(&out, "mta1.example.jp", &text);
	cr_expect_str_eq(said, "");
}

Test(effect, mail_that_waits_at_what_was_dropped_is_told_when_it_begins_and_ends)
{
	struct effect_in in = { .now = START, .delay = { true, 84, 164 } };
	struct effect_finding out;
	struct effect effect;
	char said[512];
	struct text text = TEXT(said);

	effect_init(&effect);
	effect_step(&effect, &in, &out);
	cr_expect(!out.waits && !out.tell_waits, "no split, nothing to say of it");
	in.split_since = START;
	effect_step(&effect, &in, &out);
	cr_expect(out.waits && out.tell_waits);
	effect_explain_waits(&out, "mta1.example.jp", &text);
	cr_expect_str_eq(said,
			 "mail waits at mta1.example.jp: what was delivered there in the last ten "
			 "minutes had been 84s on its way (median), one in ten over 3m. A "
			 "split moves nothing that was accepted before it; docs/rules.md says what "
			 "helps there");
	in.delay.most = EFFECT_FLOWS;
	effect_step(&effect, &in, &out);
	cr_expect(out.waits && !out.tell_waits);
	in.delay = (struct effect_delay){ true, 2, EFFECT_FLOWS - 1 };
	effect_step(&effect, &in, &out);
	cr_expect(!out.waits && out.tell_waits);
	text = TEXT(said);
	effect_explain_waits(&out, "mta1.example.jp", &text);
	cr_expect_str_eq(said,
			 "mail no longer waits at mta1.example.jp: what was delivered there in the "
			 "last ten minutes had been 2s on its way (median), one in ten over 19s");
	in.delay.most = EFFECT_WAITS - 1;
	effect_step(&effect, &in, &out);
	cr_expect(!out.waits && !out.tell_waits);
	text = TEXT(said);
	effect_explain_waits(&out, "mta1.example.jp", &text);
	cr_expect_str_eq(said, "");
}

Test(effect, a_split_that_was_there_has_no_before_and_a_restart_keeps_it)
{
	struct effect_finding out;
	struct effect effect, stored;

	effect_init(&effect);
	out = step(&effect, START + 61, START, 1000, 0.2);
	cr_expect_eq(out.bounces_before, -1);
	out = step(&effect, START + 900, START, 1000, 0.2);
	cr_expect_eq(out.verdict, EFFECT_HELPS);
	effect_init(&effect);
	step(&effect, START, START, 1000, 0.9);
	stored = effect;
	effect_init(&effect);
	cr_assert(effect_load(&effect, &stored, sizeof(stored)));
	effect_clock_set(&effect, -5000);
	out = step(&effect, START + 900 - 5000, START - 5000, 1000, 0.8);
	cr_expect_eq(out.bounces_before, 0.9);
	cr_expect(out.tell && out.verdict == EFFECT_NONE);
	stored.told = EFFECT_VERDICTS;
	cr_expect(!effect_load(&effect, &stored, sizeof(stored)));
	stored.told = EFFECT_OPEN;
	stored.bounces_before = 0.0 / 0.0;
	cr_expect(!effect_load(&effect, &stored, sizeof(stored)));
	stored.bounces_before = 1;
	cr_expect(effect_load(&effect, &stored, sizeof(stored)));
	cr_expect(!effect_load(&effect, &stored, sizeof(stored) - 1));
}

Test(effect, every_verdict_has_one_name)
{
	for (int i = 0; i < EFFECT_VERDICTS; i++)
		for (int j = 0; j < i; j++)
			cr_expect_str_neq(effect_name((enum effect_verdict)i),
					  effect_name((enum effect_verdict)j));
}
