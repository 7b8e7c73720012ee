#include "daemon/core/clues.h"

#include <criterion/criterion.h>
#include <math.h>

#define NOW INT64_C(1796000040) /* the beginning of a minute */
#define DAY 86400

static struct clues clues;

static void
begin(void)
{
	clues_init(&clues);
}

TestSuite(clues, .init = begin);

Test(clues, every_number_of_the_evidence_has_a_name_and_a_part)
{
	struct evidence all = { .unknown_users = 1,
				.tagged = 2,
				.probes = 3,
				.with_client = 4,
				.new_clients = 5,
				.asked = 6,
				.sent = 7 };
	double sum = 0;

	for (int i = 0; i < CLUES_NUMBERS; i++) {
		cr_assert(clues_name((enum clues_number)i));
		sum += clues_value(&all, (enum clues_number)i);
	}
	cr_assert_float_eq(sum, 28, 1e-9);
}

Test(clues, a_tick_is_what_all_sources_said_since_the_last_one)
{
	struct evidence said = { .known = 1U << EVIDENCE_PROBES, .probes = 2 };

	clues_take(&clues, &said, NOW);
	clues_take(&clues, &said, NOW);
	cr_assert_float_eq(clues_tick(&clues, NOW, true).probes, 4, 1e-9);
	cr_assert_float_eq(clues_tick(&clues, NOW, true).probes, 0, 1e-9);
}

Test(clues, none_means_none_for_two_weeks_after_something_was_told)
{
	struct evidence said = { .known = 1U << EVIDENCE_TAGS, .tagged = 1 };

	cr_assert_eq(clues_tick(&clues, NOW, true).known, 0);
	clues_take(&clues, &said, NOW);
	clues_tick(&clues, NOW, true);
	cr_assert_eq(clues_tick(&clues, NOW + 14 * DAY, true).known, 1U << EVIDENCE_TAGS);
	cr_assert_eq(clues_tick(&clues, NOW + 14 * DAY + 1, true).known, 0);
}

Test(clues, clients_count_when_enough_is_known_of_them)
{
	struct evidence said = { .known = 1U << EVIDENCE_CLIENTS | 1U << EVIDENCE_ASKED,
				 .with_client = 1 };

	clues_take(&clues, &said, NOW);
	cr_assert_eq(clues_tick(&clues, NOW, false).known, 0);
	cr_assert_eq(clues_tick(&clues, NOW, true).known, said.known);
}

Test(clues, moves_leave_no_negative_numbers)
{
	struct evidence came = { .with_client = 3, .new_clients = 3, .asked = 3 };
	struct evidence went = { .with_client = -2, .asked = -4 };
	struct evidence tick;

	clues_take(&clues, &came, NOW);
	clues_take(&clues, &went, NOW);
	tick = clues_tick(&clues, NOW, true);
	cr_assert_float_eq(tick.with_client, 1, 1e-9);
	cr_assert_float_eq(tick.new_clients, 1, 1e-9);
	cr_assert_float_eq(tick.asked, 0, 1e-9);
}

Test(clues, the_last_ten_minutes_are_kept_and_no_more)
{
	struct evidence said = { .sent = 1 };

	for (int64_t now = NOW; now < NOW + 1200; now += 10)
		clues_take(&clues, &said, now);
	cr_assert_float_eq(clues_recent(&clues, NOW + 1199).sent, 60, 1e-9);
	cr_assert_float_eq(clues_recent(&clues, NOW + 1199 + 60).sent, 54, 1e-9);
	cr_assert_float_eq(clues_recent(&clues, NOW + 1199 + 600).sent, 0, 1e-9);
	clues_take(&clues, &said, NOW + 1200 + DAY);
	cr_assert_float_eq(clues_recent(&clues, NOW + 1200 + DAY).sent, 1, 1e-9);
	clues_take(&clues, &said, NOW); /* a clock that was wrong for a day */
	cr_assert_float_eq(clues_recent(&clues, NOW).sent, 1, 1e-9);
}

Test(clues, a_clock_that_is_set_takes_what_was_told_with_it)
{
	struct evidence said = { .known = 1U << EVIDENCE_TAGS, .tagged = 1 };

	clues_take(&clues, &said, NOW);
	clues_clock_set(&clues, 30 * DAY);
	cr_assert_eq(clues_recent(&clues, NOW + 30 * DAY).known, 1U << EVIDENCE_TAGS);
	cr_assert_float_eq(clues_recent(&clues, NOW + 30 * DAY).tagged, 0, 1e-9);
}

Test(clues, loads_what_it_was_and_nothing_else)
{
	struct evidence said = { .known = 1U << EVIDENCE_TAGS, .tagged = 1 };
	struct clues other, bad;

	clues_init(&other);
	clues_take(&clues, &said, NOW);
	cr_assert(clues_load(&other, (struct span){ (const char *)&clues, sizeof(clues) }));
	cr_assert_float_eq(clues_recent(&other, NOW).tagged, 1, 1e-9);
	cr_assert_not(clues_load(&other, (struct span){ (const char *)&clues, sizeof(clues) - 1 }));
	bad = clues;
	bad.version++;
	cr_assert_not(clues_load(&other, (struct span){ (const char *)&bad, sizeof(bad) }));
	bad = clues;
	bad.minutes[3][2] = NAN;
	cr_assert_not(clues_load(&other, (struct span){ (const char *)&bad, sizeof(bad) }));
	bad = clues;
	bad.told[1] = INT64_MAX;
	cr_assert_not(clues_load(&other, (struct span){ (const char *)&bad, sizeof(bad) }));
}
