/*
 * The detector in virtual time: seeded Poisson streams in, transitions out.
 */
#include "tests/unit/core/detect_stream.h"

#include <criterion/criterion.h>

/* 800 bounces that fade to 1/e in four and a half minutes, as a newsletter's do; then as many more.
 */
Test(detect, what_fades_never_has_what_is_needed)
{
	struct stream stream = open_stream(3, 10, &detect_default_rules);
	unsigned looked = 0;

	run(&stream, 3, 14 * DAY);
	for (int i = 0; i < 480; i++) {
		run(&stream, 3 + 178 * exp(-(i % 240) / 27.0), 10);
		cr_assert_not(stream.finding.surge, "tick %d", i);
		if (stream.finding.evidence < stream.finding.threshold)
			continue;
		looked++;
		cr_assert(stream.finding.lasting > 0 &&
				  stream.finding.lasting < stream.finding.needed_excess,
			  "tick %d: %g of %g", i, stream.finding.lasting,
			  stream.finding.needed_excess);
	}
	cr_assert_gt(looked, 60);
}

Test(detect, surges_are_found_and_end)
{
	static const struct {
		const char *name;
		double before, during; /* bounces a minute */
		int64_t learned;
		unsigned period;
		int64_t found_in; /* seconds */
	} rows[] = {
		{ "fresh daemon, minutes of 3/min", 3, 600, 5 * 60, 1, 60 },
		{ "fresh daemon, ticks of 10 s", 3, 600, 5 * 60, 10, 60 },
		{ "one day learned", 3, 600, DAY, 1, 180 },
		{ "two weeks learned", 3, 600, 14 * DAY, 10, 150 },
		{ "two weeks learned, a flood", 3, 6000, 14 * DAY, 1, 35 },
		{ "busy domain", 60, 1200, 14 * DAY, 10, 200 },
		{ "slow surge", 3, 30, 14 * DAY, 10, 3600 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream stream = open_stream(i + 1, rows[i].period, &detect_default_rules);
		int64_t found, over;

		run(&stream, rows[i].before, rows[i].learned);
		cr_assert_eq(stream.alarms, 0, "%s: an alarm in quiet time", rows[i].name);
		found = wait_for(&stream, rows[i].during, true, 2 * rows[i].found_in);
		cr_assert(found > 0 && found <= rows[i].found_in,
			  "%s: found after %" PRId64 " s, wanted at most %" PRId64, rows[i].name,
			  found, rows[i].found_in);
		run(&stream, rows[i].during, 3600);
		cr_assert(stream.finding.surge, "%s: forgotten while it goes on", rows[i].name);
		over = wait_for(&stream, rows[i].before, false, 6 * 3600);
		cr_assert(over > 0 && over <= 3 * 3600, "%s: over after %" PRId64 " s",
			  rows[i].name, over);
		cr_assert_eq(stream.alarms, 1, "%s: %u alarms", rows[i].name, stream.alarms);
	}
}

/* It grows sixtyfold in fourteen hours: no day's rise. */
Test(detect, what_creeps_up_in_the_first_day_is_found)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct stream stream = open_stream(seed, 10, &detect_default_rules);
		int minute = 0;

		run(&stream, 3, 6 * 3600);
		cr_assert_eq(stream.alarms, 0);
		for (; minute < 14 * 60 && !stream.finding.surge; minute++)
			run(&stream, 3 * pow(60, minute / (14.0 * 60)), 60);
		cr_assert(stream.finding.surge, "seed %" PRIu64 ": never found", seed);
	}
}

/* Nothing is known yet but that it was calm: the surge must not teach what is normal. */
Test(detect, a_surge_in_the_first_minutes_is_found)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct stream stream = open_stream(seed, 10, &detect_default_rules);

		run(&stream, 20, 90);
		cr_assert(wait_for(&stream, 600, true, 120) > 0, "seed %" PRIu64, seed);
	}
}

/* A day of a bounce in three seconds, then ten a second, each from a client that was seen before.
 */
Test(detect, marks_against_a_surge_ask_for_so_much_and_no_more)
{
	static const struct {
		double least, most; /* least-excess; the most that may be asked for */
	} rows[] = { { 150, 1500 }, { 10, 100 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct detect_rules rules = detect_default_rules;
		struct detect_in in = { .time = START, .period = 1 };
		struct finding finding = { 0 };
		struct detect detect;
		double needed;

		rules.least_excess = rows[i].least;
		in.evidence.known = 1U << EVIDENCE_CLIENTS;
		detect_init(&detect, &rules);
		for (int seconds = 0; seconds < DAY + 600 && !finding.surge; seconds++, in.time++) {
			in.count = seconds < DAY ? seconds % 3 == 0 : 10;
			in.evidence.with_client = in.count;
			in.evidence.new_clients = seconds < DAY && seconds % 15 == 0;
			detect_step(&detect, &in, &finding);
		}
		cr_assert(finding.surge && finding.term[EVIDENCE_TERM_NEW] < -2, "row %zu", i);
		needed = detect.needed[detect.scale];
		cr_assert_geq(finding.needed_excess, needed, "row %zu", i);
		cr_assert_leq(finding.needed_excess, fmax(needed, rows[i].most), "row %zu", i);
	}
}

/* Nor teach that its marks are the usual ones. */
Test(detect, the_marks_of_a_surge_are_not_learned_before_it_is_one)
{
	struct detect_in in = { .time = START, .period = 1 };
	struct detect detect;
	struct finding finding = { 0 };
	double calm = 0;

	in.evidence.known = 1U << EVIDENCE_UNKNOWN_USERS;
	detect_init(&detect, &detect_default_rules);
	for (int seconds = 0; seconds < 90 && !finding.surge; seconds++, in.time++) {
		in.count = seconds < 30 ? seconds % 3 == 0 : 10;
		in.evidence.unknown_users = in.count;
		detect_step(&detect, &in, &finding);
		if (seconds == 29)
			calm = (double)detect.learned.all[EVIDENCE_TERM_UNKNOWN];
	}
	cr_assert(finding.surge, "never found");
	cr_assert(calm > 9 && (double)detect.learned.all[EVIDENCE_TERM_UNKNOWN] < calm + 20,
		  "%g of %g bounces", (double)detect.learned.all[EVIDENCE_TERM_UNKNOWN] - calm,
		  detect.arrived - 10);
}

/* A busy domain stays loud for a while by its own noise: it was a burst, and the next is none. */
Test(detect, what_was_small_and_over_in_two_hours_was_a_burst)
{
	struct stream stream = open_stream(4, 10, &detect_default_rules);
	double needed;

	run(&stream, 10, 20 * DAY);
	needed = stream.detect.needed[1];
	cr_assert(wait_for(&stream, 50, true, 3600) > 0);
	run(&stream, 30, 100 * 60);
	cr_assert(stream.finding.surge);
	cr_assert(wait_for(&stream, 10, false, 4 * 3600) > 0);
	run(&stream, 10, 60);
	cr_assert(stream.detect.needed[1] > needed * 1.4 && stream.detect.needed[1] < needed * 5,
		  "%g bounces are asked for, before %g", stream.detect.needed[1], needed);
}

/* 1,200 bounces in half an hour, a day of calm, and a flood: the first was small and over soon, but
 * most of it lasted, which no burst does. */
Test(detect, a_small_surge_hides_no_larger_one)
{
	struct stream stream = open_stream(15, 10, &detect_default_rules);
	double first;

	run(&stream, 3, 20 * DAY);
	cr_assert_geq(wait_for(&stream, 40, true, 1800), 0);
	first = stream.detect.needed[0];
	run(&stream, 40, 1500);
	cr_assert_geq(wait_for(&stream, 3, false, 4 * 3600), 0);
	run(&stream, 3, DAY);
	cr_assert_gt(stream.detect.needed[0], first, "it may have been a burst");
	cr_assert_lt(stream.detect.needed[0], 3 * first);
	cr_assert_geq(wait_for(&stream, 20, true, 1800), 0);
}

/* Section 2 of docs/detection.md: with evidence alone, near what an exact CUSUM reaches. */
Test(detect, pure_delay_is_near_the_bound)
{
	static const struct {
		double rate; /* a second */
		double ratio, exact;
	} rows[] = { { 0.5, 3, 24 }, { 0.5, 10, 2.5 }, { 5, 3, 2.7 } };
	struct detect_rules rules = detect_default_rules;

	rules.pure = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double sum = 0;
		int runs = 40;

		rules.prior_rate = rows[i].rate * 60;
		for (int seed = 0; seed < runs; seed++) {
			struct stream stream = open_stream((uint64_t)seed + 100, 1, &rules);

			run(&stream, rows[i].rate * 60, 2 * DAY);
			cr_assert_eq(stream.alarms, 0, "row %zu seed %d: a false alarm", i, seed);
			sum += (double)wait_for(&stream, rows[i].rate * rows[i].ratio * 60, true,
						600);
		}
		cr_log_info("rate %.1f/s ratio %.0f: mean delay %.1f s, exact CUSUM %.1f s",
			    rows[i].rate, rows[i].ratio, sum / runs, rows[i].exact);
		cr_assert(sum / runs <= 2 * rows[i].exact + 2,
			  "row %zu: mean delay %.1f s, exact %.1f s", i, sum / runs, rows[i].exact);
	}
}

Test(detect, bursts_and_gaps_are_no_surge)
{
	struct stream stream = open_stream(7, 10, &detect_default_rules);

	run(&stream, 3, 2 * DAY);
	run(&stream, 40, 5 * 60); /* a newsletter's own bounces: 200 in five minutes */
	run(&stream, 3, DAY);
	cr_assert_eq(stream.alarms, 0, "a burst of 200 was called a surge");

	for (int i = 0; i < 360; i++)
		one(&stream, 0, true);
	cr_assert_not(stream.finding.known, "silence is not knowledge");
	one(&stream, 180, false); /* the backlog of that hour, all at once */
	run(&stream, 3, 3600);
	cr_assert_eq(stream.alarms, 0, "a backlog was called a surge");
	cr_assert(stream.finding.expected > 2 && stream.finding.expected < 4.5,
		  "silence was learned as zeros: expects %.2f/min", stream.finding.expected);
}

/* Three hours of 30/min, read within eight minutes after them. */
Test(detect, a_backlog_that_is_read_for_minutes_is_no_surge)
{
	struct stream stream = open_stream(12, 10, &detect_default_rules);

	run(&stream, 30, 2 * DAY);
	for (int i = 0; i < 3 * 360; i++)
		one(&stream, 0, true);
	run(&stream, 30 + 3 * 1800 / 8, 4 * 60);
	stream.time += 30; /* a late tick */
	run(&stream, 30 + 3 * 1800 / 8, 4 * 60);
	run(&stream, 30, 3600);
	cr_assert_eq(stream.alarms, 0, "a backlog was called a surge");
}

/* 10/min, from 9 to 17 o'clock 60/min; of the 21st day six hours from 8 on are read in a minute. */
Test(detect, a_backlog_of_a_days_best_hours_is_no_surge)
{
	struct stream stream = open_stream(16, 10, &detect_default_rules);

	for (int hour = 0; hour < 20 * 24 + 8; hour++)
		run(&stream, hour % 24 >= 9 && hour % 24 < 17 ? 60 : 10, 3600);
	stream.alarms = 0; /* of the first morning */
	for (int i = 0; i < 6 * 360; i++)
		one(&stream, 0, true);
	run(&stream, 60 + 60 * (10 + 5 * 60), 60);
	run(&stream, 60, 3 * 3600);
	cr_assert_eq(stream.alarms, 0, "a backlog was called a surge");
}

/* Of one size, once a week, each 1,100 bounces within five minutes: the first may be a surge. */
Test(detect, bursts_that_come_evenly_are_a_surge_once)
{
	struct stream stream = open_stream(17, 10, &detect_default_rules);

	run(&stream, 3, 14 * DAY);
	for (int week = 0; week < 5; week++) {
		run(&stream, 3 + 220, 300);
		run(&stream, 3, 7 * DAY);
	}
	cr_assert_leq(stream.alarms, 1, "%u alarms", stream.alarms);
}

/* Three bounces a day, and 60 within ten minutes once a week: they spread widely beside next to
 * nothing, but not so widely that 6 a minute could be a whim. */
Test(detect, a_still_domain_hears_a_small_surge)
{
	struct stream stream = open_stream(13, 10, &detect_default_rules);
	int64_t found;

	for (int burst = 0; burst < 8; burst++) {
		run(&stream, 0.002, 7 * DAY);
		run(&stream, 6, 600);
	}
	cr_assert_eq(stream.alarms, 0, "a burst was called a surge");
	run(&stream, 0.002, 3600);
	found = wait_for(&stream, 6, true, 8 * 3600);
	cr_assert(found > 0 && found < 2 * 3600, "found after %" PRId64 " s", found);
}
