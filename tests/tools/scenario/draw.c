#include "tests/tools/scenario/draw.h"

#include <math.h>

double
draw(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

double
draw_between(uint64_t *seed, double least, double most)
{
	return least * pow(most / least, draw(seed));
}

double
draw_normal(uint64_t *seed)
{
	return sqrt(-2 * log(draw(seed))) * cos(2 * M_PI * draw(seed));
}

double
draw_poisson(uint64_t *seed, double mean)
{
	double left = exp(-mean), product = draw(seed);
	int n = 0;

	if (mean > 100)
		return fmax(0, floor(mean + sqrt(mean) * draw_normal(seed) + 0.5));
	while (product > left) {
		product *= draw(seed);
		n++;
	}
	return n;
}

/* Marsaglia and Tsang (2000). */
double
draw_gamma(uint64_t *seed, double shape)
{
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d), x, v;

	if (shape < 1)
		return draw_gamma(seed, shape + 1) * pow(draw(seed), 1 / shape);
	do {
		x = draw_normal(seed);
		v = 1 + c * x;
		v = v * v * v;
	} while (v <= 0 || log(draw(seed)) > x * x / 2 + d - d * v + d * log(v));
	return d * v;
}

double
draw_binomial(uint64_t *seed, double n, double share)
{
	double hits = 0;

	if (n > 200)
		return fmin(fmax(floor(n * share +
				       sqrt(n * share * (1 - share)) * sqrt(-2 * log(draw(seed))) *
					       cos(2 * M_PI * draw(seed)) +
				       0.5),
				 0),
			    n);
	while (n-- > 0)
		hits += draw(seed) < share;
	return hits;
}
