/*
 * Evidence: a one-sided CUSUM (Page 1954) of the log-likelihood ratio of two negative binomial
 * laws, in nats, counted in slots of 10 s.
 *
 *     S = max(0, S + x ln(m1 (m0 + r) / (m0 (m1 + r))) - r ln((m1 + r) / (m0 + r)))
 *
 * The two logarithms change only with the expectation, so they are kept: a slot costs one
 * multiplication.
 */
#ifndef CORE_CUSUM_H
#define CORE_CUSUM_H

#include "daemon/core/evidence.h"

struct cusum {
	double sum;		       /* nats */
	double per_bounce;	       /* nats that one bounce adds, */
	double per_slot;	       /* and that one slot takes away */
	double count, expected, slots; /* since the sum left zero */
	double peak;		    /* most bounces that lasted, by the counts, as a burst's do */
	float term[EVIDENCE_MARKS]; /* nats, of the bounces since the sum left zero */
};

/* `m0`, `m1`: bounces a slot, normal and surge, 0 < m0 < m1; `a` = 1/r, 0 = Poisson. */
void cusum_tune(struct cusum *cusum, double m0, double m1, double a);

/* `slots`: how long was seen, in slots or parts of one. The sum goes no higher than `most`: more
 * would only slow the way down. */
void cusum_take(struct cusum *cusum, double slots, double count, double expected, double most);

void cusum_reset(struct cusum *cusum);

/*
 * Nats by which two rates explain `before` and `after` better than one: the generalized
 * log-likelihood ratio of a change, for streams without a history.
 */
double cusum_change(double before, double before_seconds, double after, double after_seconds);

#endif
