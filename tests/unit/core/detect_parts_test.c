/*
 * The parts of the detector: expectation, spread, evidence, what lasts, the last ten minutes.
 */
#include "daemon/core/cusum.h"
#include "daemon/core/evidence.h"
#include "daemon/core/lasting.h"
#include "daemon/core/recent.h"
#include "daemon/core/season.h"
#include "daemon/core/spread.h"

#include <criterion/criterion.h>
#include <math.h>

#define HOUR 3600
#define WEEK (7 * 24 * HOUR)
#define START INT64_C(1767571200) /* a Monday, 00:00 UTC */

static bool
near(double got, double wanted, double share)
{
	return fabs(got - wanted) <= fabs(wanted) * share + 1e-12;
}

/* `hours` hours in each of which rate(hour) bounces a second came; the end of the last one. */
static int64_t
learn_hours(struct season *season, int64_t from, int hours, double day, double night)
{
	for (int i = 0; i < hours; i++) {
		double rate = i % 24 >= 8 && i % 24 < 20 ? day : night;

		from += HOUR;
		season_learn(season, from, HOUR, season_at(season, from).table, rate * HOUR,
			     rate * HOUR);
	}
	return from;
}

Test(detect_parts, the_season_is_learned_and_leans_on_what_it_knows)
{
	struct season season;
	struct season_rate rate;
	int64_t end;

	season_init(&season, 0.5);
	cr_assert(near(season_at(&season, START).mean, 0.5, 1e-9), "nothing seen: the prior");
	end = learn_hours(&season, START, 4 * 168, 0.1, 0.01);
	rate = season_at(&season, end + 14 * HOUR);
	cr_assert(near(rate.mean, 0.1, 0.15), "day: %g", rate.mean);
	cr_assert(rate.upper >= rate.mean, "upper %g, mean %g", rate.upper, rate.mean);
	rate = season_at(&season, end + 3 * HOUR);
	cr_assert(near(rate.mean, 0.01, 0.3), "night: %g", rate.mean);
	rate = season_at(&season, end + 7 * HOUR);
	cr_assert(rate.upper > 3 * rate.mean, "an hour early is ordinary: upper %g, mean %g",
		  rate.upper, rate.mean);
}

Test(detect_parts, a_first_day_rises_no_higher_than_its_first_hours_allow)
{
	struct season season;
	struct season_rate rate = { 0, 5, 9 };

	season_init(&season, 0.5);
	season_cap(&season, START, &rate);
	cr_assert(rate.mean == 5 && rate.upper == 9, "nothing learned yet");
	learn_hours(&season, START, 2, 0.1, 0.1);
	season_cap(&season, START + 4 * HOUR, &rate);
	cr_assert(rate.mean == 5 && rate.upper == 9, "a gap hides which hours were the first");
	season_cap(&season, START, &rate);
	cr_assert(near(rate.upper, 1.2, 1e-9) && near(rate.mean, 1.2, 1e-9), "12 times: %g, %g",
		  rate.upper, rate.mean);
	rate = (struct season_rate){ 0, 0.2, 0.3 };
	season_cap(&season, START, &rate);
	cr_assert(rate.mean == 0.2 && rate.upper == 0.3, "less stays");
	season_init(&season, 0.5);
	learn_hours(&season, START, 2, 0, 0);
	rate = (struct season_rate){ 0, 5, 9 };
	season_cap(&season, START, &rate);
	cr_assert(rate.mean == 0.5 && rate.upper == 0.5, "never less than the prior rate");
}

Test(detect_parts, an_hour_that_was_never_seen_does_not_allow_itself)
{
	struct season season;
	struct season_rate before, after;
	int64_t end;

	season_init(&season, 0.05);
	end = learn_hours(&season, START, 12, 0.05, 0.05);
	before = season_at(&season, end + HOUR / 2);
	season_learn(&season, end + HOUR / 2, HOUR / 2, 0.05, 0.5 * HOUR / 2, 0.5 * HOUR / 2);
	after = season_at(&season, end + HOUR / 2);
	cr_assert(after.mean > 1.5 * before.mean, "mean: %g, then %g", before.mean, after.mean);
	cr_assert(after.upper < 1.5 * before.upper, "upper: %g, then %g", before.upper,
		  after.upper);
	season_learn(&season, end + HOUR + 60, 60, 0.05, 3, 3);
	after = season_at(&season, end + HOUR / 2);
	cr_assert(after.upper > 1.5 * before.upper, "over, and known: %g, then %g", before.upper,
		  after.upper);
}

Test(detect_parts, a_season_is_forgotten_once_a_week_and_not_by_a_clock_that_goes_back)
{
	struct season season;
	double seconds;

	season_init(&season, 0.5);
	learn_hours(&season, START, 1, 1, 1);
	season_learn(&season, START + WEEK + 60, 60, 1, 60, 60);
	seconds = season.seconds[0] + season.seconds[96]; /* the epoch began on a Thursday */
	cr_assert(near(seconds, HOUR * 0.75 + 60, 1e-9), "%g", seconds);
	season_learn(&season, START + WEEK - HOUR + 60, 60, 1, 60, 60);
	season_learn(&season, START + WEEK + 120, 60, 1, 60, 60);
	seconds = season.seconds[0] + season.seconds[96];
	cr_assert(near(seconds, HOUR * 0.75 + 120, 1e-9), "%g", seconds);
}

Test(detect_parts, a_level_that_stays_is_adopted)
{
	struct season season;
	int64_t end;

	season_init(&season, 0.05);
	end = learn_hours(&season, START, 168, 0.05, 0.05);
	for (int i = 0; i < 14 * 24; i++) {
		end += HOUR;
		season_learn(&season, end, HOUR, 0.05, 0.05 * HOUR, 1.0 * HOUR);
	}
	season_adopt(&season);
	cr_assert(near(season_at(&season, end).mean, 1, 0.25), "%g", season_at(&season, end).mean);
}

Test(detect_parts, the_spread_is_that_of_the_counts)
{
	/* Counts that are 0 and `high` by turns around a mean of 5: variance 25. */
	static const struct {
		const char *what;
		unsigned scales;
		double low, high, least, most;
	} rows[] = {
		{ "even", 4, 5, 5, 0, 0.001 },
		{ "wide in a slot", 1, 0, 10, 0.7, 0.9 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct spread spread;
		double a;

		spread_init(&spread, 0.001);
		for (int slot = 0; slot < 20000; slot++)
			spread_add(&spread, SPREAD_SLOT, slot % 2 ? rows[i].high : rows[i].low, 5);
		a = spread_a(&spread, rows[i].scales);
		cr_assert(a >= rows[i].least && a <= rows[i].most, "%s: %g", rows[i].what, a);
	}
	cr_assert_eq(spread_clip(50, 10), 50);
	cr_assert_eq(spread_clip(51, 10), 50, "a burst is not spread");
}

Test(detect_parts, evidence_is_the_likelihood_ratio)
{
	static const struct {
		double m0, m1, a, count;
	} rows[] = { { 0.5, 4, 0, 3 }, { 0.5, 1.5, 0.5, 3 }, { 500, 1500, 0.01, 900 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double m0 = rows[i].m0, m1 = rows[i].m1, x = rows[i].count, wanted;
		struct cusum cusum = { 0 };

		if (rows[i].a == 0) {
			wanted = x * log(m1 / m0) - (m1 - m0);
		} else {
			double r = 1 / rows[i].a;

			wanted = x * log(m1 * (m0 + r) / (m0 * (m1 + r))) -
				 r * log((m1 + r) / (m0 + r));
		}
		cusum_tune(&cusum, m0, m1, rows[i].a);
		cusum_take(&cusum, 1, x, m0, INFINITY);
		cr_assert(near(cusum.sum, fmax(0, wanted), 1e-9), "row %zu: %g, not %g", i,
			  cusum.sum, wanted);
		cusum_reset(&cusum);
		for (int part = 0; part < 10; part++) /* in parts it is no less */
			cusum_take(&cusum, 0.1, x / 10, m0 / 10, INFINITY);
		cr_assert(near(cusum.sum, fmax(0, wanted), 1e-9), "row %zu in parts: %g", i,
			  cusum.sum);
		cusum_take(&cusum, 1e6, 0, m0, INFINITY);
		cr_assert_eq(cusum.sum, 0, "row %zu: quiet ends it", i);
		cr_assert_eq(cusum.count, 0, "row %zu: its excess begins anew", i);
		cusum_take(&cusum, 1, 1e9, m0, 15);
		cr_assert_eq(cusum.sum, 15, "row %zu: no more than the most, not %g", i, cusum.sum);
	}
	cr_assert_eq(cusum_change(0, 0, 100, 10), 0, "without a before nothing changed");
	cr_assert_eq(cusum_change(100, 10, 10, 10), 0, "less is no surge");
	cr_assert(near(cusum_change(0, 10, 100, 10), 100 * log(2), 1e-9));
}

/* Where nearly all bounces go to unknown users anyhow, or none are asked for, more of them are not
 * against a surge. */
Test(detect_parts, what_is_usual_does_not_speak_against_a_surge)
{
	const struct evidence in = {
		.known = 1U << EVIDENCE_UNKNOWN_USERS | 1U << EVIDENCE_ASKED,
		.unknown_users = 100,
		.with_client = 100,
	};
	struct evidence_learned learned = { 0 };
	float term[EVIDENCE_MARKS] = { 0 };

	for (int i = 0; i < 1000; i++)
		evidence_learn(&learned, &in, 100, 10, 1);
	evidence_weigh(&learned, &in, 100, 8, term);
	cr_assert(term[EVIDENCE_TERM_UNKNOWN] >= 0, "%g", (double)term[EVIDENCE_TERM_UNKNOWN]);
	cr_assert(term[EVIDENCE_TERM_ASKED] >= 0, "%g", (double)term[EVIDENCE_TERM_ASKED]);
}

/* Counts of slots, `rate(t)` a second -> what lasts of them all, above 0.01 a second. */
static double
lasting_of(double (*rate)(double), int slots, double young)
{
	const struct lasting lasting = {
		.normal = 0.01, .young = young, .young_least = 0.1, .fades = 600, .nats_an_e = 2
	};
	struct recent recent = { 0 };
	struct recent_span all = { 0, 0 };

	for (int i = 0; i < slots; i++) {
		double count = (0.01 + rate(i * 10 + 5)) * 10;

		recent_add(&recent, 10, count);
		all.count += count;
		all.seconds += 10;
	}
	return lasting_excess(&lasting, &recent, (struct recent_span){ 0, 0 }, all);
}

static double
even(double t)
{
	(void)t;
	return 1;
}

static double
growing(double t)
{
	return t / 1000;
}

static double
fading(double t) /* 600 in all, 1/e in five minutes */
{
	return 2 * exp(-t / 300);
}

static double
twice(double t) /* with half an hour between */
{
	return fading(fmod(t, 1800));
}

static double
in_a_lull(double t)
{
	return t < 600 || t >= 1200 ? 1 : 0;
}

Test(detect_parts, a_surge_lasts_and_a_burst_does_not)
{
	static const struct {
		const char *what;
		double (*rate)(double);
		int slots;
		double young, least, most;
	} rows[] = {
		{ "a minute of an even surge", even, 6, 0, 59, 61 },
		{ "ten minutes of it", even, 60, 0, 599, 601 },
		{ "an hour of it, blocks and slots", even, 360, 0, 3599, 3601 },
		{ "five hours of it, more than is kept", even, 1800, 0, 17999, 18001 },
		{ "what came in four minutes counts half", even, 24, 240, 119, 121 },
		{ "but nothing for less than a tenth", even, 1, 1000, 0.99, 1.01 },
		{ "more than half of what grows (500)", growing, 100, 0, 250, 280 },
		{ "a burst at its best: 600 / e, and it is seen to fade", fading, 30, 0, 10, 200 },
		{ "a burst that is over", fading, 180, 0, 0, 12 },
		{ "two bursts: no more than the second", twice, 210, 0, 10, 200 },
		{ "what came after a lull", in_a_lull, 180, 0, 599, 601 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double got = lasting_of(rows[i].rate, rows[i].slots, rows[i].young);

		cr_assert(got >= rows[i].least && got <= rows[i].most, "%s: %g", rows[i].what, got);
	}
}

Test(detect_parts, the_last_minutes_are_summed)
{
	struct recent recent = { 0 };
	double count, seconds;

	for (int i = 0; i < 1000; i++)
		recent_add(&recent, i % 3 ? 10 : 4, i);
	recent_sum(&recent, RECENT_SLOTS, &count, &seconds);
	cr_assert_eq(count, (940 + 999) * 30);
	cr_assert_eq(count, recent.all_count);
	cr_assert_eq(seconds, recent.all_seconds);
	recent_sum(&recent, RECENT_MINUTE, &count, &seconds);
	cr_assert_eq(count, recent.minute_count);
	cr_assert_eq(seconds, recent.minute_seconds);
}
