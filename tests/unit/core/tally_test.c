#include "daemon/core/tally.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#define MINUTE INT64_C(60000000)

struct cells {
	char text[4096];
	size_t len;
	unsigned count;
};

static void
see(void *ctx, int64_t minute, struct span domain, enum event_kind kind, int64_t delta)
{
	struct cells *cells = ctx;

	cells->count++;
	cells->len += (size_t)snprintf(cells->text + cells->len, sizeof(cells->text) - cells->len,
				       "%" PRId64 " %.*s %s %" PRId64 "\n", minute, (int)domain.len,
				       domain.at, event_name(kind), delta);
}

Test(tally, counts_by_minute_domain_and_kind_and_moves)
{
	struct tally *tally = tally_new(0);
	struct event event = { .time_us = 5 * MINUTE,
			       .kind = EVENT_BOUNCE_ACCEPTED,
			       .count = 3,
			       .domain = SPAN("default.test") };
	struct cells cells = { 0 };

	cr_assert(tally);
	tally_add(tally, &event, 5 * MINUTE);
	cr_assert_eq(tally_fresh(tally, SPAN("default.test")), 3);
	event.time_us--; /* the minute before, and just too old */
	event.kind = EVENT_BOUNCE_REFUSED;
	tally_add(tally, &event, 5 * MINUTE);
	cr_assert_eq(tally_fresh(tally, SPAN("default.test")), 3, "older lines are history");
	event.kind = EVENT_MAIL_ACCEPTED;
	tally_add(tally, &event, 0);
	cr_assert_eq(tally_fresh(tally, SPAN("default.test")), 3, "mail is no evidence");
	event = (struct event){ .time_us = 9 * MINUTE,
				.kind = EVENT_BOUNCE_ACCEPTED,
				.count = 2,
				.domain = SPAN("example.test"),
				.moved = true,
				.moved_from = SPAN("default.test"),
				.moved_time_us = 5 * MINUTE };
	tally_add(tally, &event, 5 * MINUTE);
	cr_assert_eq(tally_fresh(tally, SPAN("default.test")), 1);
	cr_assert_eq(tally_fresh(tally, SPAN("example.test")), 2);
	cr_assert_eq(tally_count(tally, SPAN("default.test"), EVENT_BOUNCE_ACCEPTED), 1);
	cr_assert_eq(tally_count(tally, SPAN("example.test"), EVENT_BOUNCE_ACCEPTED), 2);
	tally_each(tally, see, &cells);
	cr_assert_eq(cells.count, 4, "%s", cells.text);
	cr_assert(strstr(cells.text, "5 default.test bounce-accepted 1\n"), "%s", cells.text);
	cr_assert(strstr(cells.text, "5 example.test bounce-accepted 2\n"), "%s", cells.text);
	cr_assert(strstr(cells.text, "4 default.test bounce-refused 3\n"), "%s", cells.text);
	cr_assert(strstr(cells.text, "4 default.test mail-accepted 3\n"), "%s", cells.text);
	tally_clear(tally);
	/* The move may come after the commit: the fresh count then falls below zero. */
	tally_add(tally, &event, 5 * MINUTE);
	cr_assert_eq(tally_fresh(tally, SPAN("default.test")), -2);
	event.moved_time_us--;
	tally_add(tally, &event, 5 * MINUTE);
	cr_assert_eq(tally_fresh(tally, SPAN("default.test")), -2, "too old to move evidence");
	tally_free(tally);
	tally_free(NULL);
}

Test(tally, keeps_max_domains_and_calls_the_rest_other)
{
	struct tally *tally = tally_new(2);
	struct cells cells = { 0 };

	cr_assert(tally);
	for (int i = 0; i < 2000; i++) {
		char name[32];
		struct event event = { .time_us = i * MINUTE,
				       .kind = EVENT_BOUNCE_REFUSED,
				       .count = 1 };

		snprintf(name, sizeof(name), "d%d.test", i);
		event.domain = span_of(name);
		tally_add(tally, &event, 0);
	}
	cr_assert_eq(tally_count(tally, SPAN("d1.test"), EVENT_BOUNCE_REFUSED), 1);
	cr_assert_eq(tally_count(tally, SPAN("d2.test"), EVENT_BOUNCE_REFUSED), 0);
	cr_assert_eq(tally_count(tally, SPAN("other"), EVENT_BOUNCE_REFUSED), 1998);
	cr_assert_eq(tally_fresh(tally, SPAN("other")), 1998);
	tally_clear(tally);
	tally_each(tally, see, &cells);
	cr_assert_eq(cells.count, 0);
	tally_add(tally, &(struct event){ .kind = EVENT_GAP, .count = 1, .time_us = -1 }, 0);
	tally_each(tally, see, &cells);
	cr_assert_str_eq(cells.text, "-1 (none) gap 1\n");
	cr_assert_eq(tally_lost(tally), 0);
	tally_free(tally);
}

Test(tally, what_was_taken_in_is_still_to_be_stored)
{
	struct tally *tally = tally_new(0);
	struct event event = { .time_us = 5 * MINUTE,
			       .kind = EVENT_BOUNCE_ACCEPTED,
			       .count = 3,
			       .domain = SPAN("default.test") };
	struct cells cells = { 0 };

	cr_assert(tally);
	tally_add(tally, &event, 0);
	tally_taken(tally);
	cr_assert_eq(tally_fresh(tally, event.domain), 0);
	cr_assert_eq(tally_count(tally, event.domain, event.kind), 0);
	event.count = 2;
	tally_add(tally, &event, 0);
	cr_assert_eq(tally_fresh(tally, event.domain), 2);
	cr_assert_eq(tally_count(tally, event.domain, event.kind), 2);
	tally_each(tally, see, &cells);
	cr_assert_str_eq(cells.text, "5 default.test bounce-accepted 5\n");
	tally_free(tally);
}
