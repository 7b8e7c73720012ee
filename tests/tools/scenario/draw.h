/*
 * Seeded random numbers: the same seed gives the same ones on every machine.
 */
#ifndef SCENARIO_DRAW_H
#define SCENARIO_DRAW_H

#include <stdint.h>

/* Between 0 and 1, neither of them; the seed goes on. */
double draw(uint64_t *seed);

/* Even in its logarithm. */
double draw_between(uint64_t *seed, double least, double most);

double draw_normal(uint64_t *seed);
double draw_poisson(uint64_t *seed, double mean);
double draw_gamma(uint64_t *seed, double shape);
double draw_binomial(uint64_t *seed, double n, double share);

#endif
