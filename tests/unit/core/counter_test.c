#include "daemon/core/counter.h"

#include <criterion/criterion.h>
#include <math.h>

#define S INT64_C(1000000)
#define MOST 1000.0
#define SEQUENCES 10000
#define SAMPLES 20

/* clang-format off */
static const struct {
	const char *what;
	struct counter_sample first, second;
	enum counter_result result;
	double value;
} pairs[] = {
	{ "a rate", { .kind = COUNTER_32, .count = 100, .time_us = 10 * S },
	  { .kind = COUNTER_32, .count = 160, .time_us = 40 * S }, COUNTER_TAKEN, 2 },
	{ "standing still", { .kind = COUNTER_32, .count = 100 }, { .kind = COUNTER_32, .count = 100, .time_us = 1 * S }, COUNTER_TAKEN, 0 },
	{ "one wrap", { .kind = COUNTER_32, .count = UINT32_MAX - 9 }, { .kind = COUNTER_32, .count = 20, .time_us = 30 * S }, COUNTER_TAKEN, 1 },
	{ "a wrap at the limit", { .kind = COUNTER_32, .count = UINT32_MAX }, { .kind = COUNTER_32, .count = 999, .time_us = 1 * S }, COUNTER_TAKEN, 1000 },
	{ "a wrap above the limit", { .kind = COUNTER_32, .count = UINT32_MAX }, { .kind = COUNTER_32, .count = 1000, .time_us = 1 * S }, COUNTER_BACK, 0 },
	{ "back by one", { .kind = COUNTER_32, .count = 100 }, { .kind = COUNTER_32, .count = 99, .time_us = 30 * S }, COUNTER_BACK, 0 },
	{ "64 bits", { .kind = COUNTER_64, .count = UINT64_MAX - 60 }, { .kind = COUNTER_64, .count = UINT64_MAX, .time_us = 30 * S }, COUNTER_TAKEN, 2 },
	{ "64 bits never wrap", { .kind = COUNTER_64, .count = UINT64_MAX }, { .kind = COUNTER_64, .count = 5, .time_us = 30 * S }, COUNTER_BACK, 0 },
	{ "at the limit", { .kind = COUNTER_64 }, { .kind = COUNTER_64, .count = 1000, .time_us = 1 * S }, COUNTER_TAKEN, 1000 },
	{ "above the limit", { .kind = COUNTER_64 }, { .kind = COUNTER_64, .count = 1001, .time_us = 1 * S }, COUNTER_HIGH, 0 },
	{ "2^64-1 at once", { .kind = COUNTER_64 }, { .kind = COUNTER_64, .count = UINT64_MAX, .time_us = 30 * S }, COUNTER_HIGH, 0 },
	{ "32 bits have 32 bits", { .kind = COUNTER_32 }, { .kind = COUNTER_32, .count = UINT64_C(1) << 32, .time_us = 30 * S }, COUNTER_BAD, 0 },
	{ "too soon", { .kind = COUNTER_32 }, { .kind = COUNTER_32, .count = 1, .time_us = S / 2 - 1 }, COUNTER_SOON, 0 },
	{ "just not too soon", { .kind = COUNTER_32 }, { .kind = COUNTER_32, .count = 1, .time_us = S / 2 }, COUNTER_TAKEN, 2 },
	{ "the same time", { .kind = COUNTER_GAUGE, .time_us = 5 * S }, { .kind = COUNTER_GAUGE, .level = 1, .time_us = 5 * S }, COUNTER_OLD, 0 },
	{ "older", { .kind = COUNTER_GAUGE, .time_us = 600 * S }, { .kind = COUNTER_GAUGE, .level = 1 }, COUNTER_OLD, 0 },
	{ "the clock was set back", { .kind = COUNTER_GAUGE, .time_us = 600 * S + 1 }, { .kind = COUNTER_GAUGE, .level = 1 }, COUNTER_CLOCK, 0 },
	{ "the whole of time", { .kind = COUNTER_32, .time_us = INT64_MIN }, { .kind = COUNTER_32, .time_us = INT64_MAX }, COUNTER_CLOCK, 0 },
	{ "the whole of time back", { .kind = COUNTER_32, .time_us = INT64_MAX }, { .kind = COUNTER_32, .time_us = INT64_MIN }, COUNTER_CLOCK, 0 },
	{ "another type", { .kind = COUNTER_32, .count = 1 }, { .kind = COUNTER_64, .count = 2, .time_us = 30 * S }, COUNTER_TYPE, 0 },
	{ "a gauge", { .kind = COUNTER_GAUGE }, { .kind = COUNTER_GAUGE, .level = -2.5, .time_us = 1 }, COUNTER_TAKEN, -2.5 },
	{ "a gauge at the limit", { .kind = COUNTER_GAUGE }, { .kind = COUNTER_GAUGE, .level = -1000, .time_us = 1 }, COUNTER_TAKEN, -1000 },
	{ "a gauge above the limit", { .kind = COUNTER_GAUGE }, { .kind = COUNTER_GAUGE, .level = 1000.5, .time_us = 1 }, COUNTER_HIGH, 0 },
	{ "no number", { .kind = COUNTER_GAUGE }, { .kind = COUNTER_GAUGE, .level = NAN, .time_us = 1 }, COUNTER_BAD, 0 },
	{ "no end", { .kind = COUNTER_GAUGE }, { .kind = COUNTER_GAUGE, .level = INFINITY, .time_us = 1 }, COUNTER_BAD, 0 },
	{ "time ticks", { .kind = COUNTER_TIMETICKS }, { .kind = COUNTER_TIMETICKS, .count = UINT32_MAX, .time_us = 1 }, COUNTER_TAKEN, 42949672.95 },
	{ "uptime goes on", { .kind = COUNTER_32, .uptime_known = true, .uptime = 500 },
	  { .kind = COUNTER_32, .count = 30, .time_us = 30 * S, .uptime_known = true, .uptime = 3500 }, COUNTER_TAKEN, 1 },
	{ "a restart", { .kind = COUNTER_32, .uptime_known = true, .uptime = 500000 },
	  { .kind = COUNTER_32, .count = 30, .time_us = 30 * S, .uptime_known = true, .uptime = 100 }, COUNTER_RESET, 0 },
	{ "a restart, and up for longer than before", { .kind = COUNTER_64, .uptime_known = true, .uptime = 1000 },
	  { .kind = COUNTER_64, .count = 30, .time_us = 3600 * S, .uptime_known = true, .uptime = 300000 }, COUNTER_RESET, 0 },
	{ "uptime itself wraps after 497 days", { .kind = COUNTER_64, .uptime_known = true, .uptime = UINT32_MAX - 1000 },
	  { .kind = COUNTER_64, .count = 30, .time_us = 30 * S, .uptime_known = true, .uptime = 1999 }, COUNTER_TAKEN, 1 },
	{ "uptime lies ahead", { .kind = COUNTER_64, .uptime_known = true, .uptime = 1000 },
	  { .kind = COUNTER_64, .count = 30, .time_us = 30 * S, .uptime_known = true, .uptime = 500000 }, COUNTER_RESET, 0 },
	{ "uptime a little off", { .kind = COUNTER_64, .uptime_known = true, .uptime = 1000 },
	  { .kind = COUNTER_64, .count = 30, .time_us = 30 * S, .uptime_known = true, .uptime = 4000 + 1300 }, COUNTER_TAKEN, 1 },
	{ "uptime just too far off", { .kind = COUNTER_64, .uptime_known = true, .uptime = 1000 },
	  { .kind = COUNTER_64, .count = 30, .time_us = 30 * S, .uptime_known = true, .uptime = 4000 + 1301 }, COUNTER_RESET, 0 },
	{ "uptime known once only", { .kind = COUNTER_64 },
	  { .kind = COUNTER_64, .count = 30, .time_us = 30 * S, .uptime_known = true, .uptime = 7 }, COUNTER_TAKEN, 1 },
	{ "another boot of the engine", { .kind = COUNTER_64, .boots_known = true, .boots = 3 },
	  { .kind = COUNTER_64, .count = 30, .time_us = 30 * S, .boots_known = true, .boots = 4 }, COUNTER_RESET, 0 },
};
/* clang-format on */

Test(counter, two_samples_give_a_value_or_a_reason)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct counter counter = { 0 };
		double value = 0;

		counter_add(&counter, &pairs[i].first, MOST, &value);
		value = 0;
		cr_expect_eq(counter_add(&counter, &pairs[i].second, MOST, &value), pairs[i].result,
			     "%s", pairs[i].what);
		cr_expect_float_eq(value, pairs[i].value, 1e-9, "%s: %f", pairs[i].what, value);
	}
}

Test(counter, the_first_sample_gives_no_rate_but_a_level)
{
	struct counter counter = { 0 };
	struct counter_sample sample = { .kind = COUNTER_32, .count = 7 };
	double value = -1;

	cr_assert_eq(counter_add(&counter, &sample, MOST, &value), COUNTER_FIRST);
	cr_assert_eq(value, -1);
	counter = (struct counter){ 0 };
	sample = (struct counter_sample){ .kind = COUNTER_GAUGE, .level = 7 };
	cr_assert_eq(counter_add(&counter, &sample, MOST, &value), COUNTER_TAKEN);
	cr_assert_eq(value, 7);
}

Test(counter, every_kind_and_every_result_has_words)
{
	for (int kind = 0; kind < COUNTER_KINDS; kind++) {
		enum counter_kind back;

		cr_assert(counter_kind_from_name(span_of(counter_kind_name(kind)), &back));
		cr_assert_eq((int)back, kind);
	}
	for (int result = 0; result < COUNTER_RESULTS; result++)
		cr_assert_str_neq(counter_why(result), "unknown");
}

static uint64_t state = 88172645463325252U;

static uint64_t
chance(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static uint64_t
lie(void)
{
	static const uint64_t edges[] = { 0,	      1,	 UINT32_MAX, UINT64_C(1) << 32,
					  UINT64_MAX, INT64_MAX, 100,	     UINT32_MAX - 50 };
	return chance() % 2 ? edges[chance() % 8] : chance() >> chance() % 64;
}

/* Whatever an agent says, in whatever order. */
struct walk {
	int64_t time_us;
	uint64_t count, uptime;
	enum counter_kind kind;
};

static struct counter_sample
lying_sample(struct walk *walk)
{
	static const double levels[] = { NAN, INFINITY, -INFINITY, 1e308, -1e308, 1000, 1001, 0 };
	struct counter_sample sample = {
		.kind = chance() % 10 ? walk->kind : (enum counter_kind)(chance() % COUNTER_KINDS),
		.level = levels[chance() % 8],
		.count = chance() % 4 ? walk->count : lie(),
		.uptime_known = chance() % 2,
		.uptime = (uint32_t)(chance() % 4 ? walk->uptime : lie()),
		.boots_known = chance() % 8 == 0,
		.boots = (uint32_t)(chance() % 3),
	};

	uint64_t seconds = chance() % 60;

	walk->time_us += (int64_t)seconds * S - (chance() % 8 ? 0 : 90 * S);
	walk->uptime += seconds * 100;
	walk->count += chance() % 40000;
	sample.time_us = chance() % 50 ? walk->time_us : (int64_t)chance();
	return sample;
}

Test(counter, no_sequence_of_lies_gives_a_spike)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < SEQUENCES; i++) {
		struct counter counter = { 0 };
		struct walk walk = { .count = lie(),
				     .kind = (enum counter_kind)(i % COUNTER_KINDS) };

		for (unsigned j = 0; j < SAMPLES; j++) {
			struct counter_sample sample = lying_sample(&walk);
			double most = sample.kind == COUNTER_TIMETICKS ? 42949672.95 : MOST;
			double value = NAN;

			if (counter_add(&counter, &sample, MOST, &value) != COUNTER_TAKEN) {
				cr_assert(isnan(value));
				continue;
			}
			taken++;
			cr_assert(fabs(value) <= most, "sequence %u, sample %u: %f", i, j, value);
			cr_assert(sample.kind == COUNTER_GAUGE || value >= 0);
		}
	}
	cr_assert(taken > 2 * SEQUENCES, "only %u values: the test says nothing", taken);
}

/* An honest agent that wraps, is restarted and is asked at odd times: every value is the true one.
 */
Test(counter, what_an_honest_agent_says_is_true)
{
	unsigned taken = 0, restarts = 0;

	for (unsigned i = 0; i < SEQUENCES / 5; i++) {
		enum counter_kind kind = i % 2 ? COUNTER_32 : COUNTER_64;
		struct counter counter = { 0 };
		uint64_t count = kind == COUNTER_32 ? UINT32_MAX - chance() % 100000 : chance() / 2;
		uint64_t uptime = UINT32_MAX - chance() % 100000;
		int64_t time_us = (int64_t)(chance() % 1000) * S;

		for (unsigned j = 0; j < SAMPLES; j++) {
			uint64_t seconds = 1 + chance() % 600, rate = chance() % 900;
			bool restarted = chance() % 10 == 0;
			struct counter_sample sample = { .kind = kind, .uptime_known = true };
			enum counter_result result;
			double value;

			time_us += (int64_t)seconds * S;
			count = restarted ? rate : count + rate * seconds;
			uptime = restarted ? chance() % 100 : uptime + seconds * 100;
			sample.time_us = time_us;
			sample.count = kind == COUNTER_32 ? (uint32_t)count : count;
			sample.uptime = (uint32_t)uptime;
			result = counter_add(&counter, &sample, MOST, &value);
			restarts += restarted;
			if (j == 0) {
				cr_assert_eq(result, COUNTER_FIRST);
			} else if (!restarted) {
				cr_assert_eq(result, COUNTER_TAKEN, "%s", counter_why(result));
				cr_assert_float_eq(value, (double)rate, 1e-6);
				taken++;
			} else if (result == COUNTER_TAKEN) {
				cr_assert(value <= MOST);
			}
		}
	}
	cr_assert(taken > SEQUENCES && restarts > 1000, "%u %u", taken, restarts);
}
