/*
 * The expectation: how many bounces are normal for this domain at this hour of the week.
 *
 * A table of the 168 hours of a week (UTC) with decayed counts and seconds seen. A cell that was
 * rarely seen leans on its hour of the day, that on the mean of all, that on the prior. Times are
 * seconds since the epoch, rates are per second.
 */
#ifndef CORE_SEASON_H
#define CORE_SEASON_H

#include <stdint.h>

#define SEASON_HOURS 168
#define SEASON_LEVEL_MOST 1.4 /* times what was expected: a level no higher is ordinary */

struct season {
	double count[SEASON_HOURS];
	double seconds[SEASON_HOURS];
	int64_t hour;	      /* since the epoch; the latest that was learned from */
	double level_count;   /* the last day, decayed: what was learned, */
	double level_table;   /* what the table expected, */
	double level_arrived; /* and what really arrived */
	double prior;	      /* bounces a second that are believed before anything was seen */
};

struct season_rate {
	double table; /* of the table alone */
	double mean;  /* with the level of the last day */
	double upper; /* the largest that the neighbouring hours and what is not known yet allow;
			 what was seen of an hour that runs for the first time does not */
};

void season_init(struct season *season, double prior);
struct season_rate season_at(const struct season *season, int64_t time);

/* Bounces that the upper rate allows in so many seconds before `time`; of more than a week in the
 * last one. */
double season_before(const struct season *season, int64_t time, double seconds);

/* `seconds` (at most an hour) that end at `time`, for which `table` was expected each second;
 * `count` is what may be learned of `arrived`. */
void season_learn(struct season *season, int64_t time, double seconds, double table, double count,
		  double arrived);

/* In the first day, watched since `began`: a surge that grows slowly is not the day's rise. */
void season_cap(const struct season *season, int64_t began, struct season_rate *rate);

/* The level of the last day is normal from now on. */
void season_adopt(struct season *season);

#endif
