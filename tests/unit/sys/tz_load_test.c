#include "daemon/sys/tz_load.h"

#include "daemon/base/when.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct tz
loaded(const char *name)
{
	struct err err = { 0 };
	struct tz tz;

	cr_assert(tz_load(name, &tz, &err), "%s", err.text);
	return tz;
}

/* What a clock of the zone shows, "2026-10-25 02:30:00", as seconds. */
static int64_t
local_of(const char *text)
{
	char whole[WHEN_TEXT];
	int64_t us = 0;

	snprintf(whole, sizeof(whole), "%sZ", text);
	cr_assert(when_parse_rfc3339(span_of(whole), &us), "%s", text);
	return us / WHEN_SECOND_US;
}

static void
expect_instant(const char *zone, const char *local, int64_t is, const char *wanted)
{
	char text[WHEN_TEXT];

	when_rfc3339(is * WHEN_SECOND_US, text);
	cr_assert_str_eq(text, wanted, "%s %s is %s, wanted %s", zone, local, text, wanted);
}

Test(tz_load, local_times_are_instants_in_each_kind_of_zone)
{
	static const struct {
		const char *zone, *local, *instant;
	} rows[] = {
		{ "UTC", "2026-11-24 16:00:00", "2026-11-24T16:00:00Z" },
		{ "+09:00", "2026-11-24 16:00:00", "2026-11-24T07:00:00Z" },
		{ "-0330", "2026-11-24 16:00:00", "2026-11-24T19:30:00Z" },
		{ "Asia/Tokyo", "2026-11-24 16:00:00", "2026-11-24T07:00:00Z" },
		{ "Asia/Tokyo", "2026-07-24 16:00:00", "2026-07-24T07:00:00Z" },
		{ "Europe/Berlin", "2026-07-24 16:00:00", "2026-07-24T14:00:00Z" },
		{ "Europe/Berlin", "2026-11-24 16:00:00", "2026-11-24T15:00:00Z" },
		{ "Europe/Berlin", "1969-11-24 16:00:00", "1969-11-24T15:00:00Z" },
		{ "Europe/Berlin", "2089-07-24 16:00:00", "2089-07-24T14:00:00Z" },
		/* spring: 02:00 to 03:00 does not exist */
		{ "Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T00:59:59Z" },
		{ "Europe/Berlin", "2026-03-29 02:00:00", "2026-03-29T01:00:00Z" },
		{ "Europe/Berlin", "2026-03-29 02:59:59", "2026-03-29T01:59:59Z" },
		{ "Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29T01:00:00Z" },
		/* autumn: 02:00 to 03:00 comes twice; without an order it is the first */
		{ "Europe/Berlin", "2026-10-25 01:59:59", "2026-10-24T23:59:59Z" },
		{ "Europe/Berlin", "2026-10-25 02:00:00", "2026-10-25T00:00:00Z" },
		{ "Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25T00:59:59Z" },
		{ "Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T02:00:00Z" },
		{ "America/New_York", "2026-03-08 01:59:59", "2026-03-08T06:59:59Z" },
		{ "America/New_York", "2026-03-08 02:30:00", "2026-03-08T07:30:00Z" },
		{ "America/New_York", "2026-03-08 03:00:00", "2026-03-08T07:00:00Z" },
		{ "America/New_York", "2026-11-01 00:59:59", "2026-11-01T04:59:59Z" },
		{ "America/New_York", "2026-11-01 01:00:00", "2026-11-01T05:00:00Z" },
		{ "America/New_York", "2026-11-01 02:00:00", "2026-11-01T07:00:00Z" },
		/* half an hour */
		{ "Australia/Lord_Howe", "2026-04-05 01:29:59", "2026-04-04T14:29:59Z" },
		{ "Australia/Lord_Howe", "2026-04-05 01:30:00", "2026-04-04T14:30:00Z" },
		{ "Australia/Lord_Howe", "2026-04-05 02:00:00", "2026-04-04T15:30:00Z" },
		{ "Australia/Lord_Howe", "2026-10-04 02:00:00", "2026-10-03T15:30:00Z" },
		{ "Australia/Lord_Howe", "2026-10-04 02:30:00", "2026-10-03T15:30:00Z" },
		/* the clock goes back for Ramadan */
		{ "Africa/Casablanca", "2026-02-10 12:00:00", "2026-02-10T11:00:00Z" },
		{ "Africa/Casablanca", "2026-03-01 12:00:00", "2026-03-01T12:00:00Z" },
		{ "Africa/Casablanca", "2026-04-01 12:00:00", "2026-04-01T11:00:00Z" },
		/* December 30, 2011 does not exist */
		{ "Pacific/Apia", "2011-12-29 23:59:59", "2011-12-30T09:59:59Z" },
		{ "Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T22:00:00Z" },
		{ "Pacific/Apia", "2011-12-31 00:00:00", "2011-12-30T10:00:00Z" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tz tz = loaded(rows[i].zone);

		expect_instant(rows[i].zone, rows[i].local,
			       tz_instant(&tz, local_of(rows[i].local), 0), rows[i].instant);
	}
}

Test(tz_load, the_order_of_the_log_tells_the_passes_of_a_repeated_hour_apart)
{
	static const struct {
		const char *zone, *local, *instant;
	} steps[] = {
		{ "Europe/Berlin", "2026-10-25 02:10:00", "2026-10-25T00:10:00Z" },
		{ "Europe/Berlin", "2026-10-25 02:50:00", "2026-10-25T00:50:00Z" },
		{ "Europe/Berlin", "2026-10-25 02:45:00", "2026-10-25T00:45:00Z" }, /* disorder */
		{ "Europe/Berlin", "2026-10-25 02:50:00", "2026-10-25T00:50:00Z" },
		{ "Europe/Berlin", "2026-10-25 02:44:59", "2026-10-25T01:44:59Z" }, /* no more */
		{ "Europe/Berlin", "2026-10-25 02:44:00", "2026-10-25T01:44:00Z" },
		{ "Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25T01:59:59Z" },
		{ "Europe/Berlin", "2026-10-25 03:00:01", "2026-10-25T02:00:01Z" },
		{ "Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25T01:59:59Z" }, /* late */
		{ "Europe/Berlin", "2026-11-25 02:59:59", "2026-11-25T01:59:59Z" },
		{ "Europe/Berlin", "2026-10-25 02:10:00", "2026-10-25T00:10:00Z" }, /* old file */
		{ "Australia/Lord_Howe", "2026-04-05 01:59:00", "2026-04-04T14:59:00Z" },
		{ "Australia/Lord_Howe", "2026-04-05 01:30:00", "2026-04-04T15:00:00Z" },
		{ "Australia/Lord_Howe", "2026-04-05 01:54:00", "2026-04-04T15:24:00Z" },
	};
	int64_t last = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct tz tz = loaded(steps[i].zone);

		last = tz_instant(&tz, local_of(steps[i].local), last);
		expect_instant(steps[i].zone, steps[i].local, last, steps[i].instant);
	}
}

Test(tz_load, a_log_in_order_reads_back_as_it_was_written)
{
	static const char *const zones[] = { "Europe/Berlin",	  "America/New_York",
					     "Asia/Tokyo",	  "Australia/Lord_Howe",
					     "Africa/Casablanca", "Pacific/Apia" };
	unsigned seed = 20261124;

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct tz tz = loaded(zones[i]);
		int64_t last = 0;

		/* From line to line less than a repeated stretch without the disorder allowed. */
		for (int64_t at = 1262304000; at < 1830297600; at += 1 + rand_r(&seed) % 1498) {
			last = tz_instant(&tz, at + tz_offset(&tz, at), last);
			cr_assert_eq(last, at, "%s: %lld came back as %lld", zones[i],
				     (long long)at, (long long)last);
		}
	}
}

Test(tz_load, every_instant_has_the_offset_of_the_c_library)
{
	struct tz tz = loaded("Africa/Casablanca");

	setenv("TZ", "Africa/Casablanca", 1);
	tzset();
	for (time_t at = 946684800; at < 2840140800; at += 11 * 3600 + 7) {
		struct tm tm;

		localtime_r(&at, &tm);
		cr_assert_eq(tz_offset(&tz, at), tm.tm_gmtoff, "at %lld", (long long)at);
	}
	cr_assert_eq(loaded("local").changes[0].at, tz.changes[0].at, "local is what TZ says");
}

Test(tz_load, what_is_no_zone_is_an_error_and_TZ_stays)
{
	static const struct {
		const char *name, *says;
	} rows[] = {
		{ "", "wanted local, UTC" },
		{ "Europe/Atlantis", "/usr/share/zoneinfo/Europe/Atlantis: No such file" },
		{ "Europe", "is no zone" },
		{ "../../../etc/passwd", "wanted local, UTC" },
		{ "/etc/localtime", "wanted local, UTC" },
		{ "zone.tab", "wanted local, UTC" },
		{ "+9", "wanted local, UTC" },
		{ "+09:60", "wanted local, UTC" },
		{ "+24:00", "wanted local, UTC" },
		{ "+09:00x", "wanted local, UTC" },
		{ "A/123456789012345678901234567890123456789012345678901234567890AB",
		  "wanted local, UTC" },
	};

	setenv("TZ", "Asia/Tokyo", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tz tz = { .offset = 42 };
		struct err err = { 0 };

		cr_assert(!tz_load(rows[i].name, &tz, &err), "%s was taken", rows[i].name);
		cr_assert(strstr(err.text, rows[i].says), "%s: %s", rows[i].name, err.text);
		cr_assert_eq(tz.offset, 42);
	}
	loaded("Europe/Berlin");
	cr_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
}
