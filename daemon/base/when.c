#include "daemon/base/when.h"

#include "daemon/base/scan.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY 86400

bool
when_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned
when_month_days(int year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month < 1 || month > 12)
		return 0;
	return days[month - 1] + (unsigned)(month == 2 && when_leap(year));
}

/* Days since 1970-01-01; years begin in March so that the leap day comes last. */
static int64_t
days_from_civil(int year, unsigned month, unsigned day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

int64_t
when_seconds(const struct when_civil *civil)
{
	return days_from_civil(civil->year, civil->month, civil->day) * DAY +
	       (int64_t)civil->hour * 3600 + (int64_t)civil->minute * 60 + civil->second;
}

struct when_civil
when_civil(int64_t seconds)
{
	int64_t days = seconds / DAY, rest = seconds % DAY;
	int64_t era, day_of_era, year_of_era, day_of_year, month;
	struct when_civil civil;

	if (rest < 0) {
		rest += DAY;
		days--;
	}
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	civil.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	civil.month = (unsigned)(month < 10 ? month + 3 : month - 9);
	civil.year = (int)(year_of_era + era * 400 + (civil.month <= 2));
	civil.hour = (unsigned)(rest / 3600);
	civil.minute = (unsigned)(rest / 60 % 60);
	civil.second = (unsigned)(rest % 60);
	return civil;
}

void
when_rfc3339(int64_t time_us, char out[WHEN_TEXT])
{
	int64_t seconds = time_us / WHEN_SECOND_US, fraction = time_us % WHEN_SECOND_US;
	struct when_civil c;
	int length;

	if (fraction < 0) {
		fraction += WHEN_SECOND_US;
		seconds--;
	}
	c = when_civil(seconds);
	length = snprintf(out, WHEN_TEXT, "%04d-%02u-%02uT%02u:%02u:%02u", c.year, c.month, c.day,
			  c.hour, c.minute, c.second);
	if (fraction)
		length +=
			snprintf(out + length, WHEN_TEXT - (size_t)length, ".%06" PRId64, fraction);
	snprintf(out + length, WHEN_TEXT - (size_t)length, "Z");
}

static int64_t
fraction_us(struct scan *scan)
{
	int64_t value = 0, unit = WHEN_SECOND_US / 10;

	if (scan->at == scan->end || *scan->at < '0' || *scan->at > '9')
		return scan_fail(scan);
	for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
		value += (*scan->at - '0') * unit;
		unit /= 10;
	}
	return value;
}

static int64_t
zone_seconds(struct scan *scan)
{
	int64_t sign, hours, minutes;

	if (scan_maybe(scan, SPAN("Z")) || scan_maybe(scan, SPAN("z")))
		return 0;
	sign = scan_maybe(scan, SPAN("-")) ? -1 : 1;
	if (sign > 0)
		scan_text(scan, SPAN("+"));
	hours = scan_digits(scan, 2, 23);
	scan_maybe(scan, SPAN(":"));
	minutes = scan_digits(scan, 2, 59);
	return sign * (hours * 3600 + minutes * 60);
}

bool
when_parse_rfc3339(struct span text, int64_t *time_us_out)
{
	struct scan scan = scan_over(text);
	struct when_civil c;
	int64_t us = 0, zone;

	c.year = (int)scan_digits(&scan, 4, 9999);
	scan_text(&scan, SPAN("-"));
	c.month = scan_digits(&scan, 2, 12);
	scan_text(&scan, SPAN("-"));
	c.day = scan_digits(&scan, 2, 31);
	if (!scan_maybe(&scan, SPAN("T")) && !scan_maybe(&scan, SPAN("t")))
		scan_text(&scan, SPAN(" "));
	c.hour = scan_digits(&scan, 2, 23);
	scan_text(&scan, SPAN(":"));
	c.minute = scan_digits(&scan, 2, 59);
	scan_text(&scan, SPAN(":"));
	c.second = scan_digits(&scan, 2, 60);
	if (scan_maybe(&scan, SPAN(".")) || scan_maybe(&scan, SPAN(",")))
		us = fraction_us(&scan);
	zone = zone_seconds(&scan);
	if (!scan_done(&scan) || c.month < 1 || c.day < 1 ||
	    c.day > when_month_days(c.year, c.month))
		return false;
	*time_us_out = (when_seconds(&c) - zone) * WHEN_SECOND_US + us;
	return true;
}

static const struct {
	char letter;
	int64_t seconds;
} units[] = { { 'w', 7 * DAY }, { 'd', DAY }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

#define UNITS (sizeof(units) / sizeof(units[0]))

bool
when_parse_duration(struct span text, int64_t *seconds_out)
{
	struct scan scan = scan_over(text);
	int64_t total = 0;
	size_t unit = 0;

	do {
		int64_t number = (int64_t)scan_number(&scan, 100000000);

		if (scan.failed || scan.at == scan.end)
			return false;
		while (unit < UNITS && units[unit].letter != *scan.at)
			unit++;
		if (unit == UNITS)
			return false;
		total += number * units[unit++].seconds;
		scan.at++;
	} while (scan.at < scan.end);
	*seconds_out = total;
	return true;
}

void
when_duration(int64_t seconds, char out[WHEN_TEXT])
{
	for (size_t i = 1; i < UNITS; i++) /* weeks are read, not written */
		if (seconds % units[i].seconds == 0 && (seconds || units[i].seconds == 1)) {
			snprintf(out, WHEN_TEXT, "%" PRId64 "%c", seconds / units[i].seconds,
				 units[i].letter);
			return;
		}
}
