#include "daemon/core/step.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

Test(step, whole_seconds_by_which_the_clock_was_set)
{
	static const struct {
		const char *name;
		int64_t passed_us, set_us, seconds;
	} rows[] = {
		{ "the first call", 0, 0, 0 },
		{ "a second passes", SECOND, 0, 0 },
		{ "a long pause is no step", DAY, 0, 0 },
		{ "just under a second on", SECOND, SECOND - 1, 0 },
		{ "and the rest of it", SECOND, 1, 1 },
		{ "just under a second back", SECOND, -(SECOND - 1), 0 },
		{ "and the rest of it", SECOND, -1, -1 },
		{ "an hour back in a pause", HOUR, -HOUR, -3600 },
		{ "ten years on", SECOND, 3650 * DAY, 3650 * 86400 },
		{ "ten years back", SECOND, -3650 * DAY, -3650 * 86400 },
		{ "nothing more", SECOND, 0, 0 },
	};
	struct step step = { 0 };
	int64_t steady_us = 5 * SECOND, wall_us = INT64_C(1795521600) * SECOND + 7;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t seconds;

		steady_us += rows[i].passed_us;
		wall_us += rows[i].passed_us + rows[i].set_us;
		seconds = step_take(&step, wall_us, steady_us);
		cr_assert_eq(seconds, rows[i].seconds, "%s: %lld", rows[i].name,
			     (long long)seconds);
	}
	cr_assert_eq(step.apart, -3600);
}

Test(step, the_time_of_day_is_believed_a_day_after_the_last_step)
{
	struct step step = { 0 };

	cr_assert_eq(step_take(&step, 10 * DAY, 0), 0);
	cr_assert_eq(step_take(&step, 10 * DAY + 5 * HOUR, SECOND), 5 * 3600 - 1);
	cr_assert_eq(step_believe(&step, 12 * HOUR), 0);
	cr_assert_eq(step_take(&step, 10 * DAY + 18 * HOUR, 12 * HOUR), 3601);
	cr_assert_eq(step_believe(&step, 36 * HOUR - 1), 0);
	cr_assert_eq(step_believe(&step, 36 * HOUR), 6 * 3600);
	cr_assert_eq(step_believe(&step, 36 * HOUR + 1), 0);
	cr_assert_eq(step_believe(&step, 360 * HOUR), 0);
}

Test(step, what_moves_with_the_clock_keeps_its_age)
{
	struct step step = { 0 };
	int64_t steady_us = 0, wall_us = INT64_C(1795521600) * SECOND, from_us = wall_us;
	int64_t instant = wall_us / SECOND;
	unsigned seed = 10;

	step_take(&step, wall_us, steady_us);
	for (unsigned i = 0; i < 500; i++) {
		int64_t passed_us = rand_r(&seed) % (2 * SECOND);
		int64_t most = INT64_C(1) << (rand_r(&seed) % 49); /* to some nine years */
		int64_t set_us =
			(rand_r(&seed) & 1 ? 1 : -1) * (most / 1000 * (rand_r(&seed) % 1000));
		int64_t age;

		steady_us += passed_us;
		wall_us += passed_us + set_us;
		instant += step_take(&step, wall_us, steady_us);
		age = wall_us / SECOND - instant;
		cr_assert(llabs(age - steady_us / SECOND) <= 2, "step %u: %lld s old after %lld s",
			  i, (long long)age, (long long)(steady_us / SECOND));
	}
	cr_assert_neq(wall_us - from_us, steady_us);
}
