#include "daemon/core/spread.h"

#include "daemon/core/learn.h"

#include <math.h>
#include <string.h>

#define REMEMBER (7 * 86400.0) /* seconds; time constant */
#define FIRST_GUESS 0.2	       /* `a` of one minute before anything was seen */
#define CLIP 4.0	       /* times what was expected, */
#define CLIP_LEAST 10.0	       /* and so many bounces more */

static const double lengths[SPREAD_SCALES] = { SPREAD_SLOT, 60, 300, 1800 };

void
spread_init(struct spread *spread, double prior)
{
	memset(spread, 0, sizeof(*spread));
	for (int i = 0; i < SPREAD_SCALES; i++) {
		struct spread_scale *scale = &spread->scale[i];
		double expected = prior * lengths[i];

		double square = expected * expected * LEARN_LEAN / lengths[i];

		scale->square = (float)square;
		scale->above = (float)(square * FIRST_GUESS * 60 / lengths[i]);
	}
}

double
spread_clip(double count, double expected)
{
	return fmin(count, CLIP * expected + CLIP_LEAST);
}

static void
end_sum(struct spread_scale *scale)
{
	double expected = (double)scale->expected, square = expected * expected;
	double over = spread_clip((double)scale->count, expected) - expected;
	double keep = 1 - (double)scale->seconds / REMEMBER;

	scale->above = (float)((double)scale->above * keep + over * over - expected);
	scale->square = (float)((double)scale->square * keep + square);
	scale->seconds = scale->count = scale->expected = 0;
}

void
spread_add(struct spread *spread, double seconds, double count, double expected)
{
	for (int i = 0; i < SPREAD_SCALES; i++) {
		struct spread_scale *scale = &spread->scale[i];

		scale->seconds += (float)seconds;
		scale->count += (float)count;
		scale->expected += (float)expected;
		if ((double)scale->seconds >= lengths[i])
			end_sum(scale);
	}
}

double
spread_a(const struct spread *spread, unsigned scales)
{
	double most = 0;

	for (unsigned i = 0; i < scales && i < SPREAD_SCALES; i++) {
		const struct spread_scale *scale = &spread->scale[i];
		double a = scale->square > 0 ? (double)(scale->above / scale->square) : 0;

		most = fmax(most, a * lengths[i] / SPREAD_SLOT);
	}
	return most;
}
