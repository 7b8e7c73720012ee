#include "daemon/core/stamp.h"

#include "daemon/base/when.h"
#include "daemon/core/eat.h"

#define DAY INT64_C(86400)
#define DATE_TIME 19	/* "2026-11-24T16:36:26" */
#define STAMP_MINUTE 13 /* "Nov 24 16:36:" */
#define TAI64_EPOCH (UINT64_C(1) << 62)
#define TAI64_BEHIND 10			   /* daemontools count no leap seconds but these */
#define TAI64_LATEST INT64_C(253402300800) /* the year 10000 */

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

/* The instant of what the clock of the source showed. */
static int64_t
local_us(struct stamp_memory *memory, const struct when_civil *civil)
{
	memory->last = tz_instant(memory->zone, when_seconds(civil), memory->last);
	return memory->last * WHEN_SECOND_US;
}

/* The latest year in which this day exists and is not more than a day after the reference. */
static int
year_by_reference(const struct stamp_memory *memory, struct when_civil civil)
{
	int64_t limit = memory->reference + DAY;

	civil.year = when_civil(limit + DAY).year; /* no zone is a day ahead */
	for (unsigned tries = 0; tries < 10; tries++, civil.year--)
		if (civil.day <= when_month_days(civil.year, civil.month) &&
		    tz_instant(memory->zone, when_seconds(&civil), memory->last) <= limit)
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
	memory->text[text.len] = ' ';
	memory->len = text.len;
	memory->time_us = time_us;
}

static inline __attribute__((always_inline)) bool
stamp_is(const struct stamp_memory *memory, const struct scan *scan, size_t length)
{
	return memory->len == length && (size_t)(scan->end - scan->at) > length &&
	       __builtin_memcmp(memory->text, scan->at, length) == 0;
}

/* Within a minute neither the year nor the offset changes, and of a repeated hour it is one pass.
 */
bool
stamp_next(struct stamp_memory *memory, const char *at, const char *end)
{
	const char *old = memory->text;

	if (memory->len != STAMP_RFC3164 || end - at <= STAMP_RFC3164 ||
	    __builtin_memcmp(old, at, STAMP_MINUTE) != 0 || at[13] < '0' || at[13] > '5' ||
	    at[14] < '0' || at[14] > '9' || at[15] != ' ')
		return false;
	memory->last =
		memory->time_us / WHEN_SECOND_US + (at[13] - old[13]) * 10 + at[14] - old[14];
	remember_stamp(memory, (struct span){ at, STAMP_RFC3164 }, memory->last * WHEN_SECOND_US);
	return true;
}

/* "Nov 24 16:36:26", "Nov  4 ...", "Nov 04 ...", "Jun 25 2026 14:04:30", then ".385541". */
int64_t
stamp_rfc3164(struct stamp_memory *memory, struct scan *scan)
{
	struct when_civil civil;
	const char *from = scan->at;
	int64_t time_us;

	if (scan_rest(scan).len < 20)
		return scan_fail(scan);
	if (stamp_is(memory, scan, STAMP_RFC3164)) {
		scan->at += STAMP_RFC3164;
		return memory->time_us + read_fraction(scan);
	}
	civil = (struct when_civil){ 0 };
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
					  : year_by_reference(memory, civil);
	if (civil.day > when_month_days(civil.year, civil.month))
		return scan_fail(scan);
	time_us = local_us(memory, &civil);
	memory->len = 0;
	if (scan->at - from == STAMP_RFC3164)
		remember_stamp(memory, (struct span){ from, STAMP_RFC3164 }, time_us);
	return time_us + read_fraction(scan);
}

/* "Z", "+00:00", "+0000": microseconds. */
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

/* "2026-11-24T16:37:15", with this letter between; as if it were UTC. */
static int64_t
read_date_time(struct stamp_memory *memory, struct scan *scan, struct span between)
{
	struct when_civil civil = { 0 };
	const char *from = scan->at;

	if (stamp_is(memory, scan, DATE_TIME) && from[10] == *between.at) {
		scan->at += DATE_TIME;
		return memory->time_us;
	}
	civil.year = (int)scan_digits(scan, 4, 9999);
	scan_text(scan, SPAN("-"));
	civil.month = scan_digits(scan, 2, 12);
	scan_text(scan, SPAN("-"));
	civil.day = scan_digits(scan, 2, 31);
	scan_text(scan, between);
	read_clock(scan, &civil);
	if (scan->failed || civil.month == 0 || civil.day == 0 ||
	    civil.day > when_month_days(civil.year, civil.month))
		return scan_fail(scan);
	remember_stamp(memory, (struct span){ from, DATE_TIME },
		       when_seconds(&civil) * WHEN_SECOND_US);
	return memory->time_us;
}

static int64_t
by_zone(struct stamp_memory *memory, int64_t local_us)
{
	int64_t second = local_us / WHEN_SECOND_US;

	memory->last = tz_instant(memory->zone, second, memory->last);
	return local_us + (memory->last - second) * WHEN_SECOND_US;
}

/* "2026-11-24T16:37:15.387476+00:00", also "Z", "+0000", no zone, a comma before the fraction. */
int64_t
stamp_rfc3339(struct stamp_memory *memory, struct scan *scan)
{
	int64_t time_us = read_date_time(memory, scan, SPAN("T"));

	time_us += read_fraction(scan);
	if (!scan->failed && scan->at < scan->end && *scan->at == ' ')
		return by_zone(memory, time_us);
	return time_us - read_zone(scan);
}

/* "2026-11-24 16:46:08", with log_selector +millisec and log_timezone "... 16:46:08.858 +0000". */
int64_t
stamp_exim(struct stamp_memory *memory, struct scan *scan)
{
	int64_t time_us = read_date_time(memory, scan, SPAN(" ")) + read_fraction(scan), zone;
	struct scan ahead = *scan;

	if (scan->failed)
		return 0;
	if (EAT(&ahead, " ") && ahead.at < ahead.end && (*ahead.at == '+' || *ahead.at == '-')) {
		zone = read_zone(&ahead);
		if (!ahead.failed) {
			*scan = ahead;
			return time_us - zone;
		}
	}
	return by_zone(memory, time_us);
}

/* "2026-11-24 17:01:22.757479500" */
int64_t
stamp_tai64nlocal(struct stamp_memory *memory, struct scan *scan)
{
	int64_t time_us = read_date_time(memory, scan, SPAN(" ")) + read_fraction(scan);

	return scan->failed ? 0 : by_zone(memory, time_us);
}

static uint64_t
read_hex(struct scan *scan, size_t digits)
{
	uint64_t value = 0;

	if (scan->failed || (size_t)(scan->end - scan->at) < digits)
		return scan_fail(scan);
	for (; digits; digits--) {
		unsigned digit = (unsigned)(unsigned char)*scan->at++ - '0';

		if (digit > 9)
			digit = digit >= 'a' - '0' && digit <= 'f' - '0' ? digit - ('a' - '0') + 10
									 : 16;
		if (digit > 15)
			return scan_fail(scan);
		value = value << 4 | digit;
	}
	return value;
}

/* TAI64N as multilog writes it: "@400000006b05c2ef0b99db34". */
int64_t
stamp_tai64n(struct stamp_memory *memory, struct scan *scan)
{
	uint64_t label, nanoseconds;
	int64_t second;

	(void)memory; /* it has its zone */
	scan_text(scan, SPAN("@"));
	label = read_hex(scan, 16);
	nanoseconds = read_hex(scan, 8);
	second = (int64_t)(label - TAI64_EPOCH) - TAI64_BEHIND;
	if (scan->failed || second < 0 || second >= TAI64_LATEST || nanoseconds >= 1000000000)
		return scan_fail(scan);
	return second * WHEN_SECOND_US + (int64_t)(nanoseconds / 1000);
}
