#include "daemon/core/stamp.h"

#include "daemon/base/when.h"
#include "daemon/core/eat.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define NOON_2026 INT64_C(1795521600) /* 2026-11-24T12:00:00Z */

typedef int64_t reading(struct stamp_memory *, struct scan *);

/* A clock that is 9 hours ahead. */
static const struct tz tokyo = { .offset = 9 * 3600 };

/* Berlin in the autumn of 2026. */
static const struct tz berlin = { .offset = 7200, .count = 1, .changes = { { 1792890000, 3600 } } };

static const struct {
	const char *name;
	reading *read;
	const char *text;
	const char *left;  /* NULL: no such stamp */
	const char *time;  /* by a clock in UTC */
	const char *tokyo; /* by one in Tokyo; NULL: the same */
} rows[] = {
	{ "traditional", stamp_rfc3164, "Nov 24 11:32:10 mx1 x", " mx1 x", "2026-11-24T11:32:10Z",
	  "2026-11-24T02:32:10Z" },
	{ "microseconds", stamp_rfc3164, "Nov 24 11:32:10.385541 mx", " mx",
	  "2026-11-24T11:32:10.385541Z", "2026-11-24T02:32:10.385541Z" },
	{ "nanoseconds are cut", stamp_rfc3164, "Nov 24 11:32:10.385541999 mx", " mx",
	  "2026-11-24T11:32:10.385541Z", "2026-11-24T02:32:10.385541Z" },
	{ "with a year", stamp_rfc3164, "Jun 25 2024 14:04:30 host", " host",
	  "2024-06-25T14:04:30Z", "2024-06-25T05:04:30Z" },
	{ "a day ahead", stamp_rfc3164, "Nov 25 12:00:00 host", " host", "2026-11-25T12:00:00Z",
	  "2026-11-25T03:00:00Z" },
	{ "a day and a second ahead", stamp_rfc3164, "Nov 25 12:00:01 host", " host",
	  "2025-11-25T12:00:01Z", "2026-11-25T03:00:01Z" },
	{ "a day ahead in Tokyo", stamp_rfc3164, "Nov 25 21:00:00 host", " host",
	  "2025-11-25T21:00:00Z", "2026-11-25T12:00:00Z" },
	{ "a day and a second ahead in Tokyo", stamp_rfc3164, "Nov 25 21:00:01 host", " host",
	  "2025-11-25T21:00:01Z", "2025-11-25T12:00:01Z" },
	{ "leap day", stamp_rfc3164, "Feb 29 10:00:00 host", " host", "2024-02-29T10:00:00Z",
	  "2024-02-29T01:00:00Z" },
	{ "no leap day", stamp_rfc3164, "Feb 29 2025 10:00:00 host", NULL, NULL, NULL },
	{ "leap second", stamp_rfc3164, "Jun 30 23:59:60 host", " host", "2026-07-01T00:00:00Z",
	  "2026-06-30T15:00:00Z" },
	{ "second 61", stamp_rfc3164, "Jun 30 23:59:61 host", NULL, NULL, NULL },
	{ "day 0", stamp_rfc3164, "Jun  0 23:59:59 host", NULL, NULL, NULL },
	{ "day 31 of a short month", stamp_rfc3164, "Jun 31 23:59:59 host", NULL, NULL, NULL },
	{ "RFC 3339", stamp_rfc3339, "2026-11-24T16:37:15.387476+00:00 mx", " mx",
	  "2026-11-24T16:37:15.387476Z", NULL },
	{ "RFC 3339 with Z", stamp_rfc3339, "2026-11-24T16:37:15Z mx", " mx",
	  "2026-11-24T16:37:15Z", NULL },
	{ "zone without colon", stamp_rfc3339, "2026-11-24T16:37:15-0130 mx", " mx",
	  "2026-11-24T18:07:15Z", NULL },
	{ "RFC 3339 without zone", stamp_rfc3339, "2026-11-24T16:37:15 mx", " mx",
	  "2026-11-24T16:37:15Z", "2026-11-24T07:37:15Z" },
	{ "comma, no zone", stamp_rfc3339, "2026-11-24T16:37:15,25 mx", " mx",
	  "2026-11-24T16:37:15.250000Z", "2026-11-24T07:37:15.250000Z" },
	{ "zone too far", stamp_rfc3339, "2026-11-24T16:37:15+24:00 mx", NULL, NULL, NULL },
	{ "zone cut", stamp_rfc3339, "2026-11-24T16:37:15+09", NULL, NULL, NULL },
	{ "nothing behind", stamp_rfc3339, "2026-11-24T16:37:15", NULL, NULL, NULL },
	{ "blank for T", stamp_rfc3339, "2026-11-24 16:37:15Z mx", NULL, NULL, NULL },
	{ "Exim's", stamp_exim, "2026-11-24 16:46:08 1vN", " 1vN", "2026-11-24T16:46:08Z",
	  "2026-11-24T07:46:08Z" },
	{ "Exim's with milliseconds", stamp_exim, "2026-11-24 16:46:08.858 1vN", " 1vN",
	  "2026-11-24T16:46:08.858000Z", "2026-11-24T07:46:08.858000Z" },
	{ "Exim's with a zone", stamp_exim, "2026-11-24 16:46:08 +0100 1vN", " 1vN",
	  "2026-11-24T15:46:08Z", NULL },
	{ "Exim's with both", stamp_exim, "2026-11-24 16:45:52.858 -0330 1vN", " 1vN",
	  "2026-11-24T20:15:52.858000Z", NULL },
	{ "what only looks like a zone", stamp_exim, "2026-11-24 16:46:08 +x", " +x",
	  "2026-11-24T16:46:08Z", "2026-11-24T07:46:08Z" },
	{ "Exim's with T", stamp_exim, "2026-11-24T16:46:08 x", NULL, NULL, NULL },
	{ "Exim's, hour 24", stamp_exim, "2026-11-24 24:00:00 x", NULL, NULL, NULL },
	{ "tai64nlocal", stamp_tai64nlocal, "2026-11-24 17:01:22.757479500 x", " x",
	  "2026-11-24T17:01:22.757479Z", "2026-11-24T08:01:22.757479Z" },
	{ "tai64nlocal eats no zone", stamp_tai64nlocal, "2026-11-24 17:01:22.757479500 +0100 x",
	  " +0100 x", "2026-11-24T17:01:22.757479Z", "2026-11-24T08:01:22.757479Z" },
	{ "TAI64N", stamp_tai64n, "@400000006b05c2ef0b99db34 x", " x",
	  "2026-11-24T17:01:25.194632Z", NULL },
	{ "the first TAI64N", stamp_tai64n, "@400000000000000a00000000 x", " x",
	  "1970-01-01T00:00:00Z", NULL },
	{ "one before it", stamp_tai64n, "@400000000000000900000000 x", NULL, NULL, NULL },
	{ "the last TAI64N", stamp_tai64n,
	  "@4000003afff44189"
	  "3b9ac9ff x",
	  " x", "9999-12-31T23:59:59.999999Z", NULL },
	{ "one after it", stamp_tai64n, "@4000003afff4418a00000000 x", NULL, NULL, NULL },
	{ "a second of nanoseconds", stamp_tai64n, "@400000006b05c2ef3b9aca00 x", NULL, NULL,
	  NULL },
	{ "before the epoch of TAI64", stamp_tai64n, "@3fffffffffffffff00000000 x", NULL, NULL,
	  NULL },
	{ "all f", stamp_tai64n, "@ffffffffffffffffffffffff x", NULL, NULL, NULL },
	{ "capital letters", stamp_tai64n, "@400000006B05C2EF0B99DB34 x", NULL, NULL, NULL },
	{ "letter g", stamp_tai64n, "@400000006b05c2eg0b99db34 x", NULL, NULL, NULL },
	{ "one digit short", stamp_tai64n, "@400000006b05c2ef0b99db3", NULL, NULL, NULL },
};

static void
expect(const char *row, int64_t time_us, const char *wanted)
{
	char time[WHEN_TEXT];

	when_rfc3339(time_us, time);
	cr_assert_str_eq(time, wanted, "%s: %s, wanted %s", row, time, wanted);
}

static void
read_row(size_t row, const struct tz *zone, const char *wanted)
{
	struct stamp_memory memory = stamp_memory(0, NOON_2026);

	memory.zone = zone;
	for (unsigned again = 0; again < 3; again++) { /* from memory, too */
		struct scan scan = eat_over(span_of(rows[row].text));
		int64_t time_us = rows[row].read(&memory, &scan);

		cr_assert_eq(scan.failed, !wanted, "%s: failed %d", rows[row].name, scan.failed);
		if (!wanted)
			return;
		expect(rows[row].name, time_us, wanted);
		cr_assert(span_equal(scan_rest(&scan), span_of(rows[row].left)), "%s: left \"%s\"",
			  rows[row].name, scan.at);
	}
}

Test(stamp, each_form_is_read_to_its_end_or_refused)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_row(i, NULL, rows[i].time);
		read_row(i, &tokyo, rows[i].tokyo ? rows[i].tokyo : rows[i].time);
	}
}

Test(stamp, cut_anywhere_no_byte_behind_the_end_is_read)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t length = 0; length <= strlen(rows[i].text); length++) {
			struct stamp_memory memory = stamp_memory(0, NOON_2026);
			char *copy = malloc(length + 1); /* the sanitizer watches its end */
			struct scan scan;

			memcpy(copy, rows[i].text, length);
			copy[length] = '\0';
			scan = eat_over((struct span){ copy, length });
			rows[i].read(&memory, &scan);
			cr_assert(scan.at <= scan.end, "%s, %zu bytes", rows[i].name, length);
			free(copy);
		}
}

Test(stamp, forms_that_look_alike_do_not_share_what_is_remembered)
{
	static const struct {
		reading *read;
		const char *text, *time;
	} steps[] = {
		{ stamp_exim, "2026-11-24 16:46:08 x", "2026-11-24T07:46:08Z" },
		{ stamp_rfc3339, "2026-11-24T16:46:08Z x", "2026-11-24T16:46:08Z" },
		{ stamp_rfc3339, "2026-11-24T16:46:08 x", "2026-11-24T07:46:08Z" },
		{ stamp_exim, "2026-11-24 16:46:08 +0000 x", "2026-11-24T16:46:08Z" },
		{ stamp_exim, "2026-11-24 16:46:08 x", "2026-11-24T07:46:08Z" },
		{ stamp_tai64nlocal, "2026-11-24 16:46:08.000000001 x", "2026-11-24T07:46:08Z" },
		{ stamp_rfc3164, "Nov 24 16:46:08 xxxxxxx", "2026-11-24T07:46:08Z" },
		{ stamp_exim, "2026-11-24 16:46:08 x", "2026-11-24T07:46:08Z" },
	};
	struct stamp_memory memory = stamp_memory(0, NOON_2026);

	memory.zone = &tokyo;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct scan scan = eat_over(span_of(steps[i].text));

		expect(steps[i].text, steps[i].read(&memory, &scan), steps[i].time);
	}
}

Test(stamp, a_text_that_is_remembered_is_another_instant_in_the_second_pass)
{
	static const struct {
		const char *text, *time;
	} steps[] = {
		{ "Oct 25 02:59:59 mx1 x", "2026-10-25T00:59:59Z" },
		{ "Oct 25 02:59:59 mx1 x", "2026-10-25T00:59:59Z" },
		{ "Oct 25 02:00:00 mx1 x", "2026-10-25T01:00:00Z" },
		{ "Oct 25 02:00:00 mx1 x", "2026-10-25T01:00:00Z" },
		{ "Oct 25 2026 02:40:00 mx1 x", "2026-10-25T01:40:00Z" },
		{ "Oct 25 02:59:59 mx1 x", "2026-10-25T01:59:59Z" },
		{ "Oct 25 03:00:00 mx1 x", "2026-10-25T02:00:00Z" },
	};
	struct stamp_memory memory = stamp_memory(0, NOON_2026);

	memory.zone = &berlin;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct scan scan = eat_over(span_of(steps[i].text));

		if (stamp_next(&memory, scan.at, scan.end))
			expect(steps[i].text, memory.time_us, steps[i].time);
		else
			expect(steps[i].text, stamp_rfc3164(&memory, &scan), steps[i].time);
	}
}

/* Read in one step from the stamp before, and whole: the same, in both passes of an hour. */
Test(stamp, another_second_of_the_minute_is_what_the_whole_stamp_says)
{
	static const struct {
		const char *text, *time;
		bool next; /* of the minute of the one before */
	} steps[] = {
		{ "Oct 25 02:59:50 mx1 x", "2026-10-25T00:59:50Z", false },
		{ "Oct 25 02:59:59 mx1 x", "2026-10-25T00:59:59Z", true },
		{ "Oct 25 02:59:07 mx1 x", "2026-10-25T00:59:07Z", true },
		{ "Oct 25 02:00:00 mx1 x", "2026-10-25T01:00:00Z", false },
		{ "Oct 25 02:00:01 mx1 x", "2026-10-25T01:00:01Z", true },
		{ "Oct 25 02:00:60 mx1 x", "2026-10-25T01:01:00Z", false },
		{ "Oct 25 02:00:59 mx1 x", "2026-10-25T01:00:59Z", true },
		{ "Oct 25 02:01:00 mx1 x", "2026-10-25T01:01:00Z", false },
		{ "Oct 25 02:01:02.5 mx1 x", "2026-10-25T01:01:02.500000Z", false },
		{ "Oct 25 16:36:26 mx1 x", "2026-10-25T15:36:26Z", false },
		{ "Oct 26 16:36:27 mx1 x", "2026-10-26T15:36:27Z", false },
	};
	struct stamp_memory memory = stamp_memory(0, NOON_2026), whole = memory;

	memory.zone = whole.zone = &berlin;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct scan scan = eat_over(span_of(steps[i].text)), again = scan;
		bool next = stamp_next(&memory, scan.at, scan.end);

		cr_assert_eq(next, steps[i].next, "%s", steps[i].text);
		expect(steps[i].text, next ? memory.time_us : stamp_rfc3164(&memory, &scan),
		       steps[i].time);
		expect(steps[i].text, stamp_rfc3164(&whole, &again), steps[i].time);
		cr_assert_eq(memory.last, whole.last, "%s", steps[i].text);
	}
}

Test(stamp, a_cut_stamp_is_not_the_next_one)
{
	static const char text[] = "Nov 24 16:36:26 mx1 postfix/smtpd[1]: x";
	struct stamp_memory memory = stamp_memory(2026, 0);
	struct scan scan = eat_over(span_of(text));

	stamp_rfc3164(&memory, &scan);
	for (size_t length = 0; length < 16; length++)
		cr_assert_not(stamp_next(&memory, text, text + length), "%zu bytes", length);
	cr_assert(stamp_next(&memory, text, text + 16));
}

Test(stamp, years_turn_both_ways_around_new_year)
{
	static const struct {
		const char *name;
		int64_t now; /* seconds after 2026-01-01T00:00:00Z */
		const char *text, *time;
	} cases[] = {
		{ "December on January 1", 1, "Dec 31 23:59:59 mx1 x", "2025-12-31T23:59:59Z" },
		{ "January before midnight", -1, "Jan  1 00:00:00 mx1 x", "2026-01-01T00:00:00Z" },
		{ "January a day early", -86400, "Jan  1 00:00:00 mx1 x", "2026-01-01T00:00:00Z" },
		{ "January earlier", -86401, "Jan  1 00:00:00 mx1 x", "2025-01-01T00:00:00Z" },
		{ "December a year on", 363 * 86400, "Dec 31 23:59:59 mx1 x",
		  "2025-12-31T23:59:59Z" },
		{ "a leap day two years ahead", 86400, "Feb 29 12:00:00 mx1 x",
		  "2024-02-29T12:00:00Z" },
		{ "a leap day that is today", 789 * 86400, "Feb 29 12:00:00 mx1 x",
		  "2028-02-29T12:00:00Z" },
		{ "no leap day for eight years", INT64_C(2461449600) + 1000,
		  "Feb 29 12:00:00 mx1 x", "2096-02-29T12:00:00Z" }, /* 2104-01-01 */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stamp_memory memory = stamp_memory(0, 1767225600 + cases[i].now);
		struct scan scan = eat_over(span_of(cases[i].text));

		expect(cases[i].name, stamp_rfc3164(&memory, &scan), cases[i].time);
	}
}

/* What the form's writer would write for the instant, by a clock of the zone. */
static void
write_stamp(reading *read, const struct tz *zone, int64_t time_us, char *out, size_t room)
{
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t second = time_us / WHEN_SECOND_US;
	unsigned us = (unsigned)(time_us % WHEN_SECOND_US);
	struct when_civil c = when_civil(second + tz_offset(zone, second));

	if (read == stamp_rfc3164)
		snprintf(out, room, "%s %2u %02u:%02u:%02u.%06u mx1", months[c.month - 1], c.day,
			 c.hour, c.minute, c.second, us);
	else if (read == stamp_tai64n)
		snprintf(out, room, "@%016llx%08x x",
			 (1ULL << 62) + 10 + (unsigned long long)second, us * 1000);
	else
		snprintf(out, room, "%04d-%02u-%02u%c%02u:%02u:%02u.%06u x", c.year, c.month, c.day,
			 read == stamp_rfc3339 ? 'T' : ' ', c.hour, c.minute, c.second, us);
}

Test(stamp, instants_in_order_come_back_as_they_were_written)
{
	reading *const forms[] = { stamp_rfc3164, stamp_rfc3339, stamp_exim, stamp_tai64nlocal,
				   stamp_tai64n };
	unsigned seed = 20261124;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct stamp_memory memory = stamp_memory(0, NOON_2026);
		int64_t at = INT64_C(1767225600000000); /* a year and a bit, over the autumn */

		memory.zone = &berlin;
		while (at < INT64_C(1798761600000000)) {
			struct scan scan;
			char text[64];

			stamp_reference(&memory, at / WHEN_SECOND_US);
			write_stamp(forms[i], &berlin, at, text, sizeof(text));
			scan = eat_over(span_of(text));
			cr_assert_eq(forms[i](&memory, &scan), at, "%s", text);
			at += (int64_t)(rand_r(&seed) % 600) * WHEN_SECOND_US +
			      rand_r(&seed) % 999999;
		}
	}
}
