#include "daemon/core/season.h"

#include "daemon/core/learn.h"

#include <math.h>
#include <string.h>

#define HOUR 3600
#define DAY 86400.0
#define WEEK (7 * DAY)
#define PRIOR 60.0	/* seconds; weight of the prior rate in the mean of all */
#define UNSEEN 2.0	/* share that is added to the upper rate in an hour that was never seen */
#define LEVEL_LEAN 0.25 /* days of the table that hold the level at 1 */
#define RISE_MOST 12.0	/* times the rate of the first two hours: no first day rises higher */

void
season_init(struct season *season, double prior)
{
	memset(season, 0, sizeof(*season));
	season->prior = prior;
}

static int
hour_of_week(int64_t hour)
{
	return (int)(((hour % SEASON_HOURS) + SEASON_HOURS) % SEASON_HOURS);
}

static double
mean_of_all(const struct season *season)
{
	double count = season->prior * PRIOR, seconds = PRIOR;

	for (int i = 0; i < SEASON_HOURS; i++) {
		count += season->count[i];
		seconds += season->seconds[i];
	}
	return count / seconds;
}

/* The rate of one hour of the week; `seen_out`: seconds that its hour of the day was seen. */
static double
hour_rate(const struct season *season, int hour, double all, double *seen_out)
{
	double count = all * LEARN_LEAN, seconds = LEARN_LEAN;

	for (int i = hour % 24; i < SEASON_HOURS; i += 24) {
		count += season->count[i];
		seconds += season->seconds[i];
	}
	*seen_out = seconds - LEARN_LEAN;
	return (season->count[hour] + count / seconds * LEARN_LEAN) /
	       (season->seconds[hour] + LEARN_LEAN);
}

static double
level(const struct season *season, double table)
{
	double lean = table * DAY * LEVEL_LEAN;
	double known = season->level_table + lean; /* none where nothing came or was believed */
	double level = known > 0 ? (season->level_count + lean) / known : 1;

	/* below 1 it would make returns look like surges */
	return level < 1 ? 1 : level > SEASON_LEVEL_MOST ? SEASON_LEVEL_MOST : level;
}

struct season_rate
season_at(const struct season *season, int64_t time)
{
	int64_t half_hours = time / (HOUR / 2) - 1; /* hours count from middle to middle */
	int64_t first = half_hours >> 1;
	int64_t middle = first * HOUR + HOUR / 2;
	double share = (double)(time - middle) / HOUR;
	double all = mean_of_all(season), rate[4], upper[4], scale;
	struct season_rate out = { 0, 0, 0 };

	for (int i = 0; i < 4; i++) {
		int64_t hour = first - 1 + i;
		double seen;

		rate[i] = hour_rate(season, hour_of_week(hour), all, &seen);
		upper[i] = rate[i] * (1 + UNSEEN * LEARN_LEAN / (seen + LEARN_LEAN));
		if (hour == season->hour && seen <= HOUR) /* a surge would allow itself */
			upper[i] = all * (1 + UNSEEN);
	}
	out.table = rate[1] * (1 - share) + rate[2] * share;
	for (int i = 0; i < 3; i++) {
		double here = upper[i] * (1 - share) + upper[i + 1] * share;

		out.upper = here > out.upper ? here : out.upper;
	}
	scale = level(season, out.table);
	out.mean = out.table * scale;
	out.upper *= scale;
	return out;
}

void
season_cap(const struct season *season, int64_t began, struct season_rate *rate)
{
	int one = hour_of_week(began / HOUR), next = hour_of_week(began / HOUR + 1);
	double seconds = season->seconds[one] + season->seconds[next], most;

	if (seconds < HOUR) /* a gap, or a clock that was set, hides which they were */
		return;
	most = fmax((season->count[one] + season->count[next]) / seconds * RISE_MOST,
		    season->prior);
	rate->upper = fmin(rate->upper, most);
	rate->mean = fmin(rate->mean, most);
}

double
season_before(const struct season *season, int64_t time, double seconds)
{
	double left = fmin(seconds, WEEK), sum = 0;

	while (left > 0) {
		sum += season_at(season, time > HOUR ? time - HOUR / 2 : 0).upper *
		       fmin(left, HOUR);
		time -= HOUR;
		left -= HOUR;
	}
	return sum;
}

void
season_learn(struct season *season, int64_t time, double seconds, double table, double count,
	     double arrived)
{
	int64_t hour = (time - 1) / HOUR;
	int cell = hour_of_week(hour);
	double keep = 1 - seconds / DAY;

	if (hour > season->hour) { /* a clock that went back does not forget twice */
		season->count[cell] *= 1 - WEEK / LEARN_REMEMBER;
		season->seconds[cell] *= 1 - WEEK / LEARN_REMEMBER;
		season->hour = hour;
	}
	season->count[cell] += count;
	season->seconds[cell] += seconds;
	season->level_count = season->level_count * keep + count;
	season->level_table = season->level_table * keep + table * seconds;
	season->level_arrived = season->level_arrived * keep + arrived;
}

void
season_adopt(struct season *season)
{
	double scale = season->level_table > 0 ? season->level_arrived / season->level_table : 1;

	scale = fmax(scale, 1);
	for (int i = 0; i < SEASON_HOURS; i++)
		season->count[i] *= scale;
	season->level_table *= scale;
	season->level_count = season->level_table;
}
