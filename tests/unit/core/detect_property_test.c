/*
 * What must not change what the detector finds: the order of the bounces inside a tick's minute,
 * the source that they came from, the unit of the counts in its expectation; and what no input may
 * do.
 */
#include "daemon/core/detect.h"
#include "daemon/core/tally.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DAY 86400
#define START INT64_C(1767571200) /* a Monday */
#define TICKS (3 * DAY / 10)

static double
uniform(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

/* Half a bounce a tick, and thirty of them from the third day's noon on for two hours. */
static double
count_at(uint64_t *seed, int tick)
{
	double mean = tick > 2.5 * DAY / 10 && tick < 2.5 * DAY / 10 + 720 ? 30 : 0.5;

	return floor(mean * 2 * uniform(seed) + uniform(seed));
}

static void
step(struct detect *detect, int tick, double count, struct finding *out)
{
	struct detect_in in = { .time = START + 10 * (int64_t)(tick + 1),
				.period = 10,
				.count = count };

	detect_step(detect, &in, out);
}

/* The ticks at which the state changed. */
static unsigned
changes(const double *counts, int ticks, int *at_out, unsigned most)
{
	struct detect detect;
	struct finding finding;
	unsigned found = 0;

	detect_init(&detect, &detect_default_rules);
	for (int tick = 0; tick < ticks; tick++) {
		step(&detect, tick, counts[tick], &finding);
		if (finding.changed && found < most)
			at_out[found++] = tick;
	}
	return found;
}

static void
fill(double *counts, uint64_t seed)
{
	for (int tick = 0; tick < TICKS; tick++)
		counts[tick] = count_at(&seed, tick);
}

Test(detect_property, the_past_does_not_hang_on_the_future_and_repeats_itself)
{
	static double counts[TICKS];
	int all[16], part[16];
	unsigned found, fewer;

	for (uint64_t seed = 1; seed <= 5; seed++) {
		fill(counts, seed);
		found = changes(counts, TICKS, all, 16);
		cr_assert_eq(found, 2, "seed %" PRIu64 ": %u changes", seed, found);
		cr_assert_eq(changes(counts, TICKS, part, 16), found);
		cr_assert_eq(memcmp(all, part, found * sizeof(*all)), 0);
		for (int ticks = TICKS / 2; ticks < TICKS; ticks += 997) {
			fewer = changes(counts, ticks, part, 16);
			cr_assert(fewer <= found);
			cr_assert_eq(memcmp(all, part, fewer * sizeof(*all)), 0,
				     "seed %" PRIu64 ", %d ticks", seed, ticks);
			cr_assert(fewer == found || all[fewer] >= ticks);
		}
	}
}

/* Where a minute's bounces stand in it moves what is found by less than some minutes: turned round,
 * and in three orders that are drawn. */
Test(detect_property, order_inside_a_minute_hardly_matters)
{
	static double counts[TICKS], turned[TICKS];
	int one[16], other[16];

	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t order = seed / 5;

		fill(counts, seed % 5 + 1);
		memcpy(turned, counts, sizeof(turned));
		for (int tick = 0; tick < TICKS; tick++) {
			int first = tick / 6 * 6;
			int with = order ? tick + (int)(uniform(&order) * (first + 6 - tick))
					 : first + 5 - tick % 6;
			double kept = turned[tick];

			if (order || with > tick) {
				turned[tick] = turned[with];
				turned[with] = kept;
			}
		}
		cr_assert_eq(changes(counts, TICKS, one, 16), 2);
		cr_assert_eq(changes(turned, TICKS, other, 16), 2);
		for (int i = 0; i < 2; i++)
			cr_assert(abs(one[i] - other[i]) <= 30, "seed %" PRIu64 ": %d and %d", seed,
				  one[i], other[i]);
	}
}

/* Ten times as much: a busier domain finds its surge no later, but for the noise that is ten times
 * as large, too: a minute. */
Test(detect_property, a_busier_domain_is_no_slower)
{
	static double counts[TICKS], more[TICKS];
	int one[16], other[16];

	for (uint64_t seed = 1; seed <= 5; seed++) {
		fill(counts, seed);
		for (int tick = 0; tick < TICKS; tick++)
			more[tick] = counts[tick] * 10;
		cr_assert_eq(changes(counts, TICKS, one, 16), 2);
		cr_assert_eq(changes(more, TICKS, other, 16), 2, "seed %" PRIu64, seed);
		cr_assert(other[0] <= one[0] + 6, "seed %" PRIu64 ": %d and %d", seed, one[0],
			  other[0]);
	}
}

/* The seconds at which the state changed, of the same stream in ticks of `period` seconds. */
static unsigned
changes_in(const double *counts, int period, int at_out[16])
{
	struct detect detect;
	struct finding finding;
	unsigned found = 0;

	detect_init(&detect, &detect_default_rules);
	for (int end = period; end <= TICKS * 10; end += period) {
		struct detect_in in = { .time = START + end, .period = (unsigned)period };

		for (int tick = (end - period) / 10; period >= 10 && tick < end / 10; tick++)
			in.count += counts[tick];
		if (period < 10) /* a bounce each second as long as there are any */
			for (int i = 1; i <= period; i++) {
				int second = end - period + i - 1, left = second % 10;
				double count = counts[second / 10];

				in.count +=
					floor(count * (left + 1) / 10) - floor(count * left / 10);
			}
		detect_step(&detect, &in, &finding);
		if (finding.changed && found < 16)
			at_out[found++] = end;
	}
	return found;
}

/* How often the detector is asked is not what it finds: some minutes lie between, for what runs out
 * looks different in other ticks. */
Test(detect_property, the_length_of_a_tick_hardly_matters)
{
	static const int periods[] = { 1, 5, 30, 60 };
	static double counts[TICKS];
	int one[16], other[16];

	for (uint64_t seed = 1; seed <= 3; seed++) {
		fill(counts, seed);
		cr_assert_eq(changes_in(counts, 10, one), 2, "seed %" PRIu64, seed);
		for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
			cr_assert_eq(changes_in(counts, periods[i], other), 2,
				     "seed %" PRIu64 ", %d s", seed, periods[i]);
			for (int n = 0; n < 2; n++)
				cr_assert(abs(one[n] - other[n]) <= 300,
					  "seed %" PRIu64 ", ticks of %d s: at %d s and %d s", seed,
					  periods[i], one[n], other[n]);
		}
	}
}

/* The same counts in ticks twice and three times as long: a surge is found after as many bounces.
 */
Test(detect_property, a_slower_time_hardly_matters)
{
	const int begin = (int)(2.5 * DAY / 10);
	static double counts[TICKS];
	int one[16], found;

	for (uint64_t seed = 1; seed <= 5; seed++) {
		fill(counts, seed);
		cr_assert_eq(changes(counts, TICKS, one, 16), 2);
		for (unsigned slower = 2; slower <= 3; slower++) {
			struct detect detect;
			struct finding finding = { 0 };

			detect_init(&detect, &detect_default_rules);
			for (found = 0; found < TICKS && !finding.surge; found++) {
				struct detect_in in = { .time = START + 10 * slower * (found + 1),
							.period = 10 * slower,
							.count = counts[found] };

				detect_step(&detect, &in, &finding);
			}
			cr_assert(found > begin && found - begin <= 2 * (one[0] + 1 - begin),
				  "seed %" PRIu64 ", %u times: tick %d, not near %d", seed, slower,
				  found, one[0]);
		}
	}
}

/* Bounces that come by two sources, each of a tick by either, are those of one. */
Test(detect_property, a_stream_that_is_split_over_two_sources_is_the_same)
{
	const struct span name = SPAN("example.test");
	struct tally *whole = tally_new(0), *part[2] = { tally_new(0), tally_new(0) };
	struct detect one, two;
	struct finding finding;
	uint64_t seed = 11, side = 12;
	int64_t apart[2] = { 0, 0 };

	detect_init(&one, &detect_default_rules);
	detect_init(&two, &detect_default_rules);
	for (int tick = 0; tick < TICKS; tick++) {
		int64_t time = START + 10 * (int64_t)(tick + 1), sum = 0;
		struct event event = { .time_us = time * 1000000,
				       .kind = EVENT_BOUNCE_ACCEPTED,
				       .count = 1,
				       .domain = name };

		for (int left = (int)count_at(&seed, tick); left > 0; left--) {
			tally_add(whole, &event, event.time_us);
			tally_add(part[uniform(&side) < 0.3], &event, event.time_us);
		}
		step(&one, tick, (double)tally_fresh(whole, name), &finding);
		for (int i = 0; i < 2; i++) {
			apart[i] += tally_fresh(part[i], name);
			sum += tally_fresh(part[i], name);
			tally_clear(part[i]);
		}
		step(&two, tick, (double)sum, &finding);
		tally_clear(whole);
	}
	cr_assert(apart[0] > 10000 && apart[1] > 5000, "both sources have bounces");
	cr_assert(one.since > 0, "there was a surge");
	cr_assert_eq(memcmp(&one, &two, sizeof(one)), 0);
	tally_free(whole);
	tally_free(part[0]);
	tally_free(part[1]);
}

/* Evidence that is not known changes nothing. */
Test(detect_property, what_is_not_known_changes_nothing)
{
	static double counts[TICKS];
	struct detect plain, marked;
	struct finding one, other;

	fill(counts, 7);
	detect_init(&plain, &detect_default_rules);
	detect_init(&marked, &detect_default_rules);
	for (int tick = 0; tick < TICKS; tick++) {
		struct detect_in in = { .time = START + 10 * (int64_t)(tick + 1),
					.period = 10,
					.count = counts[tick],
					.evidence = { .unknown_users = counts[tick],
						      .with_client = counts[tick],
						      .new_clients = counts[tick] } };

		step(&plain, tick, counts[tick], &one);
		detect_step(&marked, &in, &other);
		cr_assert_eq(one.surge, other.surge);
		cr_assert_eq(one.evidence, other.evidence);
	}
	cr_assert_eq(memcmp(&plain, &marked, sizeof(plain)), 0);
}

static int
alarm_with(double unknown, double fresh, double asked)
{
	struct detect detect;
	struct finding finding;
	uint64_t seed = 9;

	detect_init(&detect, &detect_default_rules);
	for (int tick = 0; tick < TICKS; tick++) {
		double count = count_at(&seed, tick);
		bool surge = tick > 2.5 * DAY / 10;
		struct detect_in in = {
			.time = START + 10 * (int64_t)(tick + 1),
			.period = 10,
			.count = count,
			.evidence = { .known = 1U << EVIDENCE_UNKNOWN_USERS |
					       1U << EVIDENCE_CLIENTS | 1U << EVIDENCE_ASKED,
				      .unknown_users = count * (surge ? unknown : 0.05),
				      .with_client = count,
				      .new_clients = count * (surge ? fresh : 0.2),
				      .asked = count * (surge ? asked : 0.6) }
		};

		detect_step(&detect, &in, &finding);
		if (finding.changed)
			return tick;
	}
	return TICKS;
}

Test(detect_property, evidence_hastens_much_and_delays_little)
{
	const int began = (int)(2.5 * DAY / 10);
	static double counts[TICKS];
	int plain[16], innocent;

	fill(counts, 9);
	cr_assert_geq(changes(counts, TICKS, plain, 16), 1);
	cr_assert(alarm_with(0.7, 0.7, 0.02) < plain[0], "strangers' bounces to unknown users");
	cr_assert(alarm_with(0.95, 0.02, 0.01) > plain[0], "an attack by few clients on users");
	innocent = alarm_with(0, 0, 1);
	cr_assert(innocent > plain[0], "what looks innocent: more is asked for");
	cr_assert(innocent - began <= exp(EVIDENCE_CAP / 2) * (plain[0] - began) + 1,
		  "at most exp(3/2) times as many: %d ticks instead of %d", innocent - began,
		  plain[0] - began);
	cr_assert_eq(alarm_with(0, 0.7, 0.02), plain[0], "one kind against another");
}

Test(detect_property, no_number_breaks_it)
{
	static const double odd[] = {
		0, 1e9, 1e300, INFINITY, -INFINITY, NAN, -1, 0.5, 1e-300, 4e18
	};
	struct detect detect;
	struct finding finding;
	uint64_t seed = 3;

	detect_init(&detect, &detect_default_rules);
	for (int tick = 0; tick < 20000; tick++) {
		double value = odd[(size_t)(uniform(&seed) * 10)];
		struct detect_in in = { .time = START + 10 * (int64_t)tick,
					.period = (unsigned)(uniform(&seed) * 400),
					.count = uniform(&seed) < 0.9 ? 1 : value,
					.evidence = { .known = (unsigned)(uniform(&seed) * 64),
						      .unknown_users = value,
						      .with_client = -value,
						      .new_clients = value,
						      .asked = value,
						      .sent = value,
						      .tagged = value } };

		detect_step(&detect, &in, &finding);
		cr_assert(isfinite(finding.evidence) && isfinite(finding.excess) &&
				  isfinite(finding.lasting) && isfinite(finding.needed_excess) &&
				  isfinite(finding.rate) && isfinite(finding.expected) &&
				  isfinite(finding.upper),
			  "tick %d after %g", tick, value);
	}
}
