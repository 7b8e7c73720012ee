/*
 * What others do, on the same CSV as `mxsplitctl backtest`, for comparison: a fixed number of
 * bounces a minute (fail2ban and its kin), a z-score over exponentially weighted mean and variance
 * (the usual Prometheus recipe), Holt-Winters bands by hour of day (Brutlag 2000, as in RRDtool).
 * Each gives one number a minute; at or above a threshold is a surge, below half of it for 90
 * minutes is its end.
 *
 *     others FIXED EWMA HOLT-WINTERS < CSV    at these thresholds: name and transition, a line each
 *     others grid < CSV                       name, threshold and alarms, for many thresholds
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHODS 3
#define GRID 60
#define GRID_STEP 1.25
#define MINUTE 60
#define QUIET (90 * 60)
#define DAY_MINUTES 1440.0
#define SLOTS 144   /* ten minutes of a day */
#define LEVEL 0.001 /* a minute: the level follows in most of a day */
#define SEASON 0.02 /* a minute of each slot: the season follows in days */

struct method {
	const char *name;
	double (*score)(int64_t time, double count);
};

struct state {
	const char *name;
	double threshold;
	bool surge;
	int64_t loud;
	unsigned alarms;
};

static double
fixed(int64_t time, double count)
{
	(void)time;
	return count;
}

static double
ewma(int64_t time, double count)
{
	static double mean, variance, seen;
	double score = seen < DAY_MINUTES ? 0 : (count - mean) / fmax(sqrt(variance), 1);
	double weight = 1 / fmin(seen + 1, DAY_MINUTES);

	(void)time;
	seen++;
	variance = (1 - weight) * (variance + weight * (count - mean) * (count - mean));
	mean += weight * (count - mean);
	return score;
}

static double
holt_winters(int64_t time, double count)
{
	static double level, season[SLOTS], deviation[SLOTS], seen;
	size_t slot = (size_t)(time / 600 % SLOTS);
	double expected = level + season[slot], over = count - expected;
	double score = seen < 7 * DAY_MINUTES ? 0 : over / fmax(deviation[slot], 1);
	double weight = fmax(LEVEL, 1 / (seen + 1));

	seen++;
	level += weight * (count - season[slot] - level);
	season[slot] += SEASON * (count - level - season[slot]);
	deviation[slot] += SEASON * (fabs(over) - deviation[slot]);
	return score;
}

static const struct method methods[METHODS] = {
	{ "fixed", fixed },
	{ "ewma", ewma },
	{ "holt-winters", holt_winters },
};

static void
step(struct state *state, int64_t time, double score, bool say)
{
	if (score >= state->threshold / (state->surge ? 2 : 1)) {
		state->loud = time;
		if (state->surge)
			return;
		state->surge = true;
		state->alarms++;
	} else if (state->surge && time - state->loud >= QUIET) {
		state->surge = false;
	} else {
		return;
	}
	if (say)
		printf("%s %" PRId64 " %d\n", state->name, time, state->surge);
}

static void
read_all(struct state states[METHODS][GRID], unsigned count)
{
	char line[512];
	int64_t minute = 0;
	double sum = 0;

	while (fgets(line, sizeof(line), stdin)) {
		char *end;
		int64_t time = strtoll(line, &end, 10);

		if (*end != ',')
			continue;
		sum += strtod(end + 1, NULL);
		if (time < minute + MINUTE)
			continue;
		for (unsigned i = 0; i < METHODS; i++) {
			double score = methods[i].score(time, sum);

			for (unsigned n = 0; n < count; n++)
				step(&states[i][n], time, score, count == 1);
		}
		minute = time;
		sum = 0;
	}
}

int
main(int argc, char **argv)
{
	static struct state states[METHODS][GRID];
	bool grid = argc == 2 && strcmp(argv[1], "grid") == 0;

	if (!grid && argc != METHODS + 1) {
		fputs("usage: others grid|FIXED EWMA HOLT-WINTERS < CSV\n", stderr);
		return 2;
	}
	for (unsigned i = 0; i < METHODS; i++)
		for (unsigned n = 0; n < GRID; n++)
			states[i][n] = (struct state){
				.name = methods[i].name,
				.threshold = grid ? pow(GRID_STEP, n) : strtod(argv[i + 1], NULL),
			};
	read_all(states, grid ? GRID : 1);
	for (unsigned i = 0; grid && i < METHODS; i++)
		for (unsigned n = 0; n < GRID; n++)
			printf("%s %g %u\n", states[i][n].name, states[i][n].threshold,
			       states[i][n].alarms);
	return ferror(stdin) || fflush(stdout) != 0;
}
