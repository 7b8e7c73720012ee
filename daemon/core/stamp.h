/*
 * The time stamps of log lines, as instants. A stamp without a zone is read by the clock of its
 * source (`zone`). RFC 3164 stamps have no year either: it is given or follows from a reference
 * instant.
 */
#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include "daemon/base/scan.h"
#include "daemon/core/tz.h"

#define STAMP_TEXT 24
#define STAMP_RFC3164 15 /* "Nov 24 16:36:26" */

/* The year, and the last stamp, because most lines have the same. Plain memory. */
struct stamp_memory {
	int year;	       /* of the stamps; 0: by the reference */
	int first_year;	       /* the year that was given */
	unsigned last_month;   /* of the last stamp without a year, 0 = none */
	int64_t reference;     /* seconds */
	const struct tz *zone; /* of stamps that name none; NULL: UTC */
	int64_t last; /* seconds: the instant of the last such stamp; for a repeated hour */
	char text[STAMP_TEXT]; /* one without a year has a blank behind it */
	size_t len;
	int64_t time_us; /* RFC 3164: its instant; others: as if it were UTC */
};

/*
 * `year`: that of the first stamp without one; it goes on at New Year. 0: a stamp is of the year
 * that puts it nearest to `reference` (seconds) but not more than a day after it. The zone is UTC
 * until it is set.
 */
struct stamp_memory stamp_memory(int year, int64_t reference);
void stamp_reference(struct stamp_memory *memory, int64_t reference);

/*
 * Is here a traditional stamp of the same minute as that of the line before, and then a blank? Then
 * that is the stamp that is remembered now.
 */
bool stamp_next(struct stamp_memory *memory, const char *at, const char *end);

/* Eat a stamp and give microseconds since the epoch, or fail. */
int64_t stamp_rfc3164(struct stamp_memory *memory, struct scan *scan);
int64_t stamp_rfc3339(struct stamp_memory *memory, struct scan *scan);
int64_t stamp_exim(struct stamp_memory *memory, struct scan *scan);
int64_t stamp_tai64n(struct stamp_memory *memory, struct scan *scan);
int64_t stamp_tai64nlocal(struct stamp_memory *memory, struct scan *scan);

#endif
