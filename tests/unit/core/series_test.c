#include "daemon/core/series.h"

#include <criterion/criterion.h>

static struct series series;

Test(series, steps_are_whole_minutes_and_bounded)
{
	static const struct {
		int64_t from, to, step;
		unsigned count; /* 0: refused */
	} cases[] = { { 0, 60, 60, 1 },
		      { 0, 61, 60, 2 },
		      { 59, 61, 60, 2 }, /* `from` goes back to its minute */
		      { 0, 60 * SERIES_POINTS, 60, SERIES_POINTS },
		      { 0, 60 * SERIES_POINTS + 1, 60, 0 },
		      { 0, 60, 0, 0 },
		      { 0, 60, 90, 0 },
		      { 0, 60, -60, 0 },
		      { 60, 60, 60, 0 },
		      { 120, 60, 60, 0 },
		      { -60, 60, 60, 0 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ok = series_init(&series, cases[i].from, cases[i].to, cases[i].step);

		cr_assert_eq(ok, cases[i].count > 0, "case %zu", i);
		cr_assert(!ok || series.count == cases[i].count, "case %zu: %u", i, series.count);
	}
}

Test(series, counts_go_to_their_step_and_side)
{
	cr_assert(series_init(&series, 600, 1200, 120));
	series_count(&series, 9, EVENT_BOUNCE_REFUSED, 1, true); /* before */
	series_count(&series, 10, EVENT_BOUNCE_REFUSED, 5, true);
	series_count(&series, 11, EVENT_BOUNCE_ACCEPTED, 7, false);
	series_count(&series, 11, EVENT_MAIL_ACCEPTED, 3, true);
	series_count(&series, 11, EVENT_DELIVERED, 5, true);   /* a bounce is delivered, too */
	series_count(&series, 11, EVENT_LOCAL_DSN, 100, true); /* does not arrive */
	series_count(&series, 19, EVENT_BOUNCE_DEFERRED, 2, false);
	series_count(&series, 20, EVENT_BOUNCE_DEFERRED, 1, false); /* after */
	cr_assert_eq(series.points[0].bounces, 12);
	cr_assert_eq(series.points[0].bounces_dropped, 5);
	cr_assert_eq(series.points[0].mail, 3);
	cr_assert_eq(series.points[0].mail_dropped, 3);
	cr_assert_eq(series.points[4].bounces, 2);
	cr_assert_eq(series.points[1].bounces + series.points[2].bounces, 0);
}

Test(series, a_step_shows_its_minute_of_most_evidence_and_whether_it_was_ever_on)
{
	struct series_finding quiet = { .minute = 10, .evidence = 1, .expected = 3 };
	struct series_finding loud = { .minute = 11, .evidence = 20, .expected = 4, .surge = true };
	struct series_finding after = { .minute = 12, .evidence = 25, .split = true };

	cr_assert(series_init(&series, 600, 1200, 180));
	series_find(&series, &quiet);
	series_find(&series, &loud);
	series_find(&series, &after);
	cr_assert(series.points[0].known);
	cr_assert_eq(series.points[0].finding.evidence, 20);
	cr_assert_eq(series.points[0].finding.expected, 4);
	cr_assert(series.points[0].finding.surge && series.points[0].finding.split);
	cr_assert_not(series.points[1].known);
}

Test(series, a_minute_keeps_the_tick_of_most_evidence_or_that_called_a_surge)
{
	struct series_finding minute = { 0 };
	struct finding finding = { .evidence = 3, .expected = 1 };

	series_note(&minute, 61, &finding, false);
	finding = (struct finding){ .evidence = 9, .expected = 2, .surge = true };
	series_note(&minute, 62, &finding, false);
	finding = (struct finding){ .evidence = 10, .expected = 5, .surge = true };
	series_note(&minute, 63, &finding, true);
	cr_assert_eq(minute.minute, 1);
	cr_assert_eq(minute.evidence, 9);
	cr_assert_eq(minute.expected, 2, "of a surge the tick that called it");
	cr_assert(minute.split && minute.surge, "at any time in it");
	finding.surge = false;
	series_note(&minute, 120, &finding, false);
	cr_assert_eq(minute.minute, 2);
	cr_assert_eq(minute.evidence, 10);
	cr_assert_not(minute.surge || minute.split);
}
