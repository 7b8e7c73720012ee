#include "daemon/core/stamp.h"

#include "daemon/base/when.h"
#include "daemon/core/eat.h"

#define DAY INT64_C(86400)
#define RFC3339_STAMP 19 /* "2026-11-24T16:36:26" */

struct stamp_memory
stamp_memory(int year, int64_t reference)
{
	return (struct stamp_memory){ .year = year, .first_year = year, .reference = reference };
}

void
stamp_reference(struct stamp_memory *memory, int64_t reference)
{
	/* A year chosen by an older reference may be another one now. */
	if (memory->year == 0 && reference / DAY != memory->reference / DAY)
		memory->len = 0;
	memory->reference = reference;
}

static unsigned
month_number(struct span name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < 12; i++)
		if (memcmp(months + (size_t)3 * i, name.at, 3) == 0)
			return i + 1;
	return 0;
}

/* The latest year in which this day exists and is not more than a day after the reference. */
static int
year_by_reference(int64_t reference, struct when_civil civil)
{
	civil.year = when_civil(reference).year + 1;
	for (unsigned tries = 0; tries < 10; tries++, civil.year--)
		if (civil.day <= when_month_days(civil.year, civil.month) &&
		    when_seconds(&civil) <= reference + DAY)
			break;
	return civil.year;
}

/* The given year goes on from December to January, and back for lines that come late. */
static int
year_by_option(struct stamp_memory *memory, unsigned month)
{
	if (memory->last_month >= 11 && month <= 2)
		memory->year++;
	else if (memory->last_month && memory->last_month <= 2 && month >= 11 &&
		 memory->year > memory->first_year)
		memory->year--;
	memory->last_month = month;
	return memory->year;
}

static void
read_clock(struct scan *scan, struct when_civil *civil)
{
	civil->hour = scan_digits(scan, 2, 23);
	scan_text(scan, SPAN(":"));
	civil->minute = scan_digits(scan, 2, 59);
	scan_text(scan, SPAN(":"));
	civil->second = scan_digits(scan, 2, 60);
}

/* ".385541" or ",385" after the seconds; any number of digits. */
static int64_t
read_fraction(struct scan *scan)
{
	int64_t value = 0, unit = WHEN_SECOND_US / 10;

	if (scan->at == scan->end || (*scan->at != '.' && *scan->at != ','))
		return 0;
	for (scan->at++; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
		value += (*scan->at - '0') * unit;
		unit /= 10;
	}
	return value;
}

static void
remember_stamp(struct stamp_memory *memory, struct span text, int64_t time_us)
{
	memcpy(memory->text, text.at, text.len);
	memory->len = text.len;
	memory->time_us = time_us;
}

static inline __attribute__((always_inline)) bool
stamp_is(const struct stamp_memory *memory, const struct scan *scan, size_t length)
{
	return memory->len == length && (size_t)(scan->end - scan->at) > length &&
	       __builtin_memcmp(memory->text, scan->at, length) == 0;
}

/* "Nov 24 16:36:26", "Nov  4 ...", "Nov 04 ...", "Jun 25 2026 14:04:30", then ".385541". */
int64_t
stamp_rfc3164(struct stamp_memory *memory, struct scan *scan)
{
	struct when_civil civil;
	const char *from = scan->at;
	int64_t time_us;

	if (stamp_is(memory, scan, STAMP_RFC3164)) {
		scan->at += STAMP_RFC3164;
		return memory->time_us + read_fraction(scan);
	}
	civil = (struct when_civil){ 0 };
	if (scan_rest(scan).len < 20)
		return scan_fail(scan);
	civil.month = month_number(scan_rest(scan));
	scan->at += 3;
	scan_text(scan, SPAN(" "));
	civil.day = EAT(scan, " ") ? scan_digits(scan, 1, 9) : scan_digits(scan, 2, 31);
	scan_text(scan, SPAN(" "));
	if (!scan->failed && scan->at[2] != ':') {
		civil.year = (int)scan_digits(scan, 4, 9999);
		scan_text(scan, SPAN(" "));
	}
	read_clock(scan, &civil);
	if (scan->failed || civil.month == 0 || civil.day == 0)
		return scan_fail(scan);
	if (!civil.year)
		civil.year = memory->year ? year_by_option(memory, civil.month)
					  : year_by_reference(memory->reference, civil);
	if (civil.day > when_month_days(civil.year, civil.month))
		return scan_fail(scan);
	time_us = when_seconds(&civil) * WHEN_SECOND_US;
	if (scan->at - from == STAMP_RFC3164)
		remember_stamp(memory, (struct span){ from, STAMP_RFC3164 }, time_us);
	return time_us + read_fraction(scan);
}

static int64_t
read_zone(struct scan *scan)
{
	int64_t sign, hours, minutes;

	if (EAT(scan, "Z"))
		return 0;
	sign = EAT(scan, "-") ? -1 : 1;
	if (sign > 0)
		scan_text(scan, SPAN("+"));
	hours = scan_digits(scan, 2, 23);
	EAT(scan, ":");
	minutes = scan_digits(scan, 2, 59);
	return sign * (hours * 3600 + minutes * 60) * WHEN_SECOND_US;
}

/* "2026-11-24T16:37:15.387476+00:00", also "Z", "+0000", and a comma before the fraction. */
int64_t
stamp_rfc3339(struct stamp_memory *memory, struct scan *scan)
{
	struct when_civil civil = { 0 };
	const char *from = scan->at;
	int64_t time_us, fraction;

	if (stamp_is(memory, scan, RFC3339_STAMP)) {
		scan->at += RFC3339_STAMP;
		time_us = memory->time_us;
	} else {
		civil.year = (int)scan_digits(scan, 4, 9999);
		scan_text(scan, SPAN("-"));
		civil.month = scan_digits(scan, 2, 12);
		scan_text(scan, SPAN("-"));
		civil.day = scan_digits(scan, 2, 31);
		scan_text(scan, SPAN("T"));
		read_clock(scan, &civil);
		if (scan->failed || civil.month == 0 || civil.day == 0 ||
		    civil.day > when_month_days(civil.year, civil.month))
			return scan_fail(scan);
		time_us = when_seconds(&civil) * WHEN_SECOND_US;
		remember_stamp(memory, (struct span){ from, RFC3339_STAMP }, time_us);
	}
	fraction = read_fraction(scan);
	return time_us + fraction - read_zone(scan);
}

/* "2026-11-24 16:46:08", "2026-11-24 16:45:52.858 +0000" */
int64_t
stamp_exim(struct stamp_memory *memory, struct scan *scan)
{
	struct when_civil civil = { 0 };
	struct scan ahead;
	int64_t time_us;

	(void)memory;
	civil.year = (int)scan_digits(scan, 4, 9999);
	scan_text(scan, SPAN("-"));
	civil.month = scan_digits(scan, 2, 12);
	scan_text(scan, SPAN("-"));
	civil.day = scan_digits(scan, 2, 31);
	scan_text(scan, SPAN(" "));
	read_clock(scan, &civil);
	if (scan->failed || civil.month == 0 || civil.day == 0 ||
	    civil.day > when_month_days(civil.year, civil.month))
		return scan_fail(scan);
	time_us = when_seconds(&civil) * WHEN_SECOND_US + read_fraction(scan);
	ahead = *scan;
	if (EAT(&ahead, " ") && ahead.at < ahead.end && (*ahead.at == '+' || *ahead.at == '-')) {
		time_us -= read_zone(&ahead);
		*scan = ahead;
	}
	return time_us;
}

int64_t
stamp_tai64nlocal(struct stamp_memory *memory, struct scan *scan)
{
	return stamp_exim(memory, scan);
}

#define TAI64N_LAST INT64_C(253402300799) /* as the years of other stamps: 9999 */

/* "@400000006b05c2ef0b99db34" */
int64_t
stamp_tai64n(struct stamp_memory *memory, struct scan *scan)
{
	uint64_t value[2] = { 0, 0 };
	int64_t seconds;

	(void)memory;
	scan_text(scan, SPAN("@"));
	for (unsigned i = 0; i < 24; i++) {
		static const char hex[] = "0123456789abcdef";
		const char *digit = scan->at < scan->end ? memchr(hex, *scan->at, 16) : NULL;

		if (!digit)
			return scan_fail(scan);
		value[i / 16] = value[i / 16] << 4 | (uint64_t)(digit - hex);
		scan->at++;
	}
	seconds = (int64_t)(value[0] - (UINT64_C(1) << 62) - 10);
	if (seconds < 0 || seconds > TAI64N_LAST)
		return scan_fail(scan);
	return seconds * WHEN_SECOND_US + (int64_t)(value[1] / 1000);
}
