#include "daemon/core/threshold.h"

#include <criterion/criterion.h>

#define START INT64_C(1800057600)

static const struct threshold_rule rule = { .count = 300, .window = 300, .leave = 150 };

/* `seconds` of `count` bounces each; what the last step found. */
static struct threshold_finding
run(struct threshold *threshold, const struct threshold_rule *of, int64_t seconds, int64_t count,
    bool silent)
{
	struct threshold_finding out = { 0 };
	struct threshold_in in = { .time = threshold->time ? threshold->time : START,
				   .count = count,
				   .silent = silent };

	for (int64_t i = 0; i < seconds; i++) {
		in.time++;
		threshold_step(threshold, of, &in, &out);
	}
	return out;
}

static int64_t
seconds_until(struct threshold *threshold, bool reached, int64_t count)
{
	for (int64_t i = 1; i < 10000; i++)
		if (run(threshold, &rule, 1, count, false).reached == reached)
			return i;
	return -1;
}

Test(threshold, is_reached_at_its_count_and_over_at_its_leave)
{
	struct threshold t;
	struct threshold_finding out;
	char said[100];
	struct text text = TEXT(said);

	threshold_init(&t);
	out = run(&t, &rule, 299, 0, false);
	cr_expect(!out.known, "not a whole window was heard");
	out = run(&t, &rule, 2, 0, false);
	cr_expect(out.known && !out.reached);
	out = run(&t, &rule, 1, 299, false);
	cr_expect(!out.reached, "just under");
	out = run(&t, &rule, 1, 1, false);
	cr_expect(out.reached && out.changed && out.since == t.time, "just there");
	threshold_explain(&out, &text);
	cr_expect_str_eq(said, "300 bounces in 5m, the threshold is 300");
	out = run(&t, &rule, 280, 0, false);
	cr_expect(out.reached && !out.changed && out.count == 300);
	out = run(&t, &rule, 30, 0, false);
	cr_expect(!out.reached && out.known && out.count == 0);
	run(&t, &rule, 1, 300, false);
	run(&t, &rule, 280, 0, false);
	run(&t, &rule, 15, 12, false);
	out = run(&t, &rule, 10, 0, false);
	cr_expect(out.reached && out.count == 180, "between the two it stays: %ld",
		  (long)out.count);
	text = TEXT(said);
	threshold_explain(&out, &text);
	cr_expect(strstr(said, " bounces in 5m, over at 150"), "%s", said);
}

Test(threshold, never_counts_what_is_older_than_the_window_and_is_late_by_a_slot_at_most)
{
	static const int64_t windows[] = { 10, 59, 60, 61, 119, 300, 3600, 86400 };

	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		struct threshold_rule of = { .count = 1000, .window = windows[i], .leave = 1 };
		int64_t slot = (windows[i] + THRESHOLD_SLOTS - 1) / THRESHOLD_SLOTS;

		for (int64_t apart = windows[i] - 2 * slot - 2; apart <= windows[i] + 1; apart++) {
			struct threshold_finding out;
			struct threshold t;
			int64_t edge = apart - (windows[i] - 2 * slot);

			/* of a long window only what is near the edges, and some between */
			if (apart < 1 ||
			    (edge > 2 && apart < windows[i] - 2 && edge % (slot / 7 + 1)))
				continue;
			threshold_init(&t);
			run(&t, &of, 7, 0, false);
			run(&t, &of, 1, 600, false);
			if (apart > 1)
				run(&t, &of, apart - 1, 0, false);
			out = run(&t, &of, 1, 400, false);
			if (apart >= windows[i])
				cr_expect(!out.reached, "window %ld, %ld s apart", (long)windows[i],
					  (long)apart);
			else if (apart <= windows[i] - 2 * slot)
				cr_expect(out.reached, "window %ld, %ld s apart", (long)windows[i],
					  (long)apart);
		}
	}
}

Test(threshold, a_steady_rate_is_found_when_its_count_has_come)
{
	struct threshold t;

	threshold_init(&t);
	cr_expect_eq(seconds_until(&t, true, 10), 30);
	cr_expect(seconds_until(&t, false, 0) <= 300);
	cr_expect_eq(seconds_until(&t, true, 1), 304, "the whole window, filled at this rate");
}

Test(threshold, silence_is_not_zero)
{
	struct threshold_finding out;
	struct threshold t;

	threshold_init(&t);
	run(&t, &rule, 1, 400, false);
	out = run(&t, &rule, 10000, 0, true);
	cr_expect(out.reached && !out.known && out.count == 0);
	out = run(&t, &rule, 299, 0, false);
	cr_expect(out.reached && out.known, "a whole window must be heard");
	out = run(&t, &rule, 2, 0, false);
	cr_expect(!out.reached);
	out = run(&t, &rule, 5, 400, true);
	cr_expect(!out.reached && !out.known, "and nothing is concluded in silence");
}

Test(threshold, a_pause_is_silence_and_old_counts_age_in_it)
{
	struct threshold_finding out;
	struct threshold_in in = { 0 };
	struct threshold t;

	threshold_init(&t);
	run(&t, &rule, 400, 0, false);
	run(&t, &rule, 1, 200, false);
	in.time = t.time + 10000;
	in.count = 299;
	threshold_step(&t, &rule, &in, &out);
	cr_expect(!out.reached && !out.known && out.count == 299);
	run(&t, &rule, 1, 1, false);
	in.time = t.time + 10000;
	in.count = 0;
	threshold_step(&t, &rule, &in, &out);
	cr_expect(out.reached && out.known, "nobody saw that it was over");
}

Test(threshold, a_pause_of_a_tenth_of_the_window_is_none)
{
	for (int64_t pause = 29; pause <= 32; pause++) {
		struct threshold_finding out;
		struct threshold_in in = { 0 };
		struct threshold t;

		threshold_init(&t);
		run(&t, &rule, 400, 0, false);
		in.time = t.time + pause;
		threshold_step(&t, &rule, &in, &out);
		cr_expect_eq(out.known, pause <= 30, "%ld s", (long)pause);
	}
}

Test(threshold, survives_a_restart_and_a_clock_that_is_set)
{
	for (int64_t by = -100000; by <= 100000; by += 50000) {
		struct threshold t, stored;
		struct threshold_finding out;

		threshold_init(&t);
		run(&t, &rule, 10, 20, false);
		stored = t;
		threshold_init(&t);
		cr_assert(threshold_load(&t, &stored, sizeof(stored)));
		threshold_clock_set(&t, by);
		out = run(&t, &rule, 5, 20, false);
		cr_expect(out.reached, "the first 200 are not forgotten, clock by %ld", (long)by);
		cr_expect_eq(out.since, t.time);
		out = run(&t, &rule, 310, 0, false);
		cr_expect(!out.reached, "nor remembered too long, clock by %ld", (long)by);
	}
}

Test(threshold, a_clock_that_goes_back_untold_keeps_no_old_counts)
{
	struct threshold_finding out;
	struct threshold t;

	threshold_init(&t);
	run(&t, &rule, 10, 20, false);
	t.time -= 50000; /* run goes on from there */
	out = run(&t, &rule, 310, 0, false);
	cr_expect_eq(out.count, 0);
}

Test(threshold, another_window_begins_anew_but_ends_nothing)
{
	struct threshold_rule other = { .count = 100, .window = 60, .leave = 50 };
	struct threshold_finding out;
	struct threshold t;

	threshold_init(&t);
	run(&t, &rule, 1, 300, false);
	out = run(&t, &other, 59, 0, false);
	cr_expect(out.reached && out.count == 0);
	out = run(&t, &other, 2, 0, false);
	cr_expect(!out.reached);
}

Test(threshold, counts_do_not_overflow)
{
	struct threshold_finding out;
	struct threshold_in in = { .time = START, .count = INT64_MAX };
	struct threshold t;

	threshold_init(&t);
	for (unsigned i = 0; i < 1000; i++, in.time++)
		threshold_step(&t, &rule, &in, &out);
	cr_expect(out.count > 0 && out.reached);
	in.count = INT64_MIN;
	threshold_step(&t, &rule, &in, &out);
	cr_expect(out.count > 0);
}

static const struct {
	const char *what;
	size_t at;
	int64_t value;
} bad[] = {
	{ "version", offsetof(struct threshold, version), 2 },
	{ "reached", offsetof(struct threshold, reached), 2 },
	{ "newest", offsetof(struct threshold, newest), THRESHOLD_SLOTS },
	{ "window", offsetof(struct threshold, window), -1 },
	{ "heard", offsetof(struct threshold, heard), 301 },
	{ "time", offsetof(struct threshold, time), INT64_MAX },
	{ "begun", offsetof(struct threshold, begun), -1 },
	{ "since", offsetof(struct threshold, since), INT64_MIN },
};

Test(threshold, stored_bytes_that_cannot_be_are_refused)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct threshold t, stored;
		size_t size = bad[i].at < offsetof(struct threshold, window) ||
					      bad[i].at == offsetof(struct threshold, newest)
				      ? 4
				      : 8;

		threshold_init(&t);
		run(&t, &rule, 400, 1, false);
		stored = t;
		cr_assert(threshold_load(&t, &stored, sizeof(stored)));
		memcpy((char *)&stored + bad[i].at, &bad[i].value, size);
		cr_expect(!threshold_load(&t, &stored, sizeof(stored)), "%s", bad[i].what);
		cr_expect(!threshold_load(&t, &stored, sizeof(stored) - 1));
	}
}
