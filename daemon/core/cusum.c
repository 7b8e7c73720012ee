#include "daemon/core/cusum.h"

#include <math.h>
#include <string.h>

void
cusum_tune(struct cusum *cusum, double m0, double m1, double a)
{
	double wide = log1p(a * (m1 - m0) / (1 + a * m0)); /* ln((m1 + r) / (m0 + r)) */

	cusum->per_bounce = log(m1 / m0) - wide;
	cusum->per_slot = a > 0 ? wide / a : m1 - m0;
}

void
cusum_reset(struct cusum *cusum)
{
	cusum->sum = cusum->count = cusum->expected = cusum->slots = 0;
	memset(cusum->term, 0, sizeof(cusum->term));
}

void
cusum_take(struct cusum *cusum, double slots, double count, double expected, double most)
{
	cusum->sum += count * cusum->per_bounce - cusum->per_slot * slots;
	if (cusum->sum <= 0) {
		cusum_reset(cusum);
		return;
	}
	cusum->sum = cusum->sum < most ? cusum->sum : most;
	cusum->slots += slots;
	cusum->count += count;
	cusum->expected += expected;
}

static double
part(double count, double seconds, double rate)
{
	return count > 0 ? count * log(count / seconds / rate) : 0;
}

double
cusum_change(double before, double before_seconds, double after, double after_seconds)
{
	double rate = (before + after) / (before_seconds + after_seconds);

	if (before_seconds <= 0 || after_seconds <= 0 || after / after_seconds <= rate)
		return 0;
	return part(before, before_seconds, rate) + part(after, after_seconds, rate);
}
