/*
 * Time arithmetic without a clock and without a zone database: the proleptic Gregorian calendar in
 * UTC. Instants are microseconds since 1970-01-01T00:00:00Z (`..._us`) or whole seconds.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>

#define WHEN_SECOND_US INT64_C(1000000)
#define WHEN_TEXT 40 /* room for any text that this file makes */

struct when_civil {
	int year;
	unsigned month, day; /* from 1 */
	unsigned hour, minute, second;
};

/* Seconds since the epoch of a civil time in UTC; a second of 60 counts as the next minute's 0. */
int64_t when_seconds(const struct when_civil *civil);
struct when_civil when_civil(int64_t seconds);
bool when_leap(int year);
unsigned when_month_days(int year, unsigned month);

/* RFC 3339 in UTC, "2026-11-24T16:36:26Z"; a fraction only when it is not zero. */
void when_rfc3339(int64_t time_us, char out[WHEN_TEXT]);

/* Reads RFC 3339 (zone Z, +hh:mm, +hhmm), whole span. */
MUST_USE bool when_parse_rfc3339(struct span text, int64_t *time_us_out);

/*
 * Durations: "300s 5m 12h 7d 2w", also "1h30m"; no unit is an error, 0 is "0s".
 * Prints the shortest form that is exact ("90m", "5m", "36h", "7d").
 */
MUST_USE bool when_parse_duration(struct span text, int64_t *seconds_out);
void when_duration(int64_t seconds, char out[WHEN_TEXT]);

#endif
