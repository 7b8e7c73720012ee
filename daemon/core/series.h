/*
 * One domain over time, as charts and explanations want it: counts, what was expected, the
 * evidence, and what the daemon made of it, in steps of equal length.
 */
#ifndef CORE_SERIES_H
#define CORE_SERIES_H

#include "daemon/core/event.h"
#include "daemon/core/finding.h"

#define SERIES_POINTS 1500
#define SERIES_MINUTE 60 /* seconds; steps are whole minutes */

/* A minute as the detector saw it: the tick of its most evidence, or the first of a surge. Rates
 * are bounces a minute. */
struct series_finding {
	int64_t minute; /* since 1970 */
	double expected, upper, evidence, threshold, excess, lasting, needed;
	bool surge, split; /* at any time in it */
};

struct series_point {
	int64_t bounces, mail;		       /* at all exchangers; mail that was delivered */
	int64_t bounces_dropped, mail_dropped; /* of these at exchangers that a split drops */
	bool known;			       /* the detector had something to say: */
	struct series_finding finding;
};

struct series {
	int64_t from, step; /* seconds; `from` is a whole minute */
	unsigned count;
	struct series_point points[SERIES_POINTS];
};

/* `from` and `to` in seconds; all zero. False: no steps, too many, or not of whole minutes. */
bool series_init(struct series *series, int64_t from, int64_t to, int64_t step);

/* Adds to the step that the minute is in; what is outside is left out. */
void series_count(struct series *series, int64_t minute, enum event_kind kind, int64_t count,
		  bool dropped);
void series_find(struct series *series, const struct series_finding *finding);

/* Starts a minute, or takes in what one more tick of it found. */
void series_note(struct series_finding *minute, int64_t now, const struct finding *finding,
		 bool split);

#endif
