/*
 * Bursts that were over by themselves: a newsletter's bounces, a mail loop. The largest are kept;
 * how large one must be to come less often than so many times a year is what a surge must exceed.
 */
#ifndef CORE_BURST_H
#define CORE_BURST_H

#define BURST_KEPT 8

struct burst {
	float largest[BURST_KEPT]; /* bounces above the expectation, falling */
	unsigned kept;
};

void burst_add(struct burst *burst, double size);

/* `seconds`: how long was watched. The size that is reached `per_year` times a year: Hill's
 * estimator (1975) over the kept ones; 0 when no burst is known. */
double burst_level(const struct burst *burst, double seconds, double per_year);

#endif
