/*
 * The detector: surge or calm for one domain, from counts of arriving bounces, with its numbers.
 *
 * One-sided CUSUMs of a negative binomial log-likelihood ratio over a seasonal expectation (Page
 * 1954; Lorden 1971; Moustakides 1986); see docs/detection.md. Pure and causal: the same steps
 * always give the same findings. A struct detect is plain memory without pointers: it may be
 * copied, stored as bytes and restored (detect_load).
 */
#ifndef CORE_DETECT_H
#define CORE_DETECT_H

#include "daemon/base/text.h"
#include "daemon/core/finding.h"

struct detect_rules {
	double prior_rate;   /* bounces a minute that are believed before anything was seen */
	double least_excess; /* fewest bounces above the expectation that make a surge */
	bool pure;	     /* evidence alone decides, the excess is not asked for */
};

extern const struct detect_rules detect_default_rules;

struct detect_in {
	int64_t time;	 /* seconds; the end of the tick */
	unsigned period; /* seconds that the tick covers, 1 to 300 */
	double count;	 /* bounces that arrived in it */
	bool silent;	 /* its sources say nothing: no evidence, nothing is learned */
};

struct detect; /* see below */

void detect_init(struct detect *detect, const struct detect_rules *rules);
void detect_step(struct detect *detect, const struct detect_in *in, struct finding *out);

/* One sentence with the numbers: "41/min, expected 3.2/min, evidence 14.2 above 12, 260 too many".
 */
void detect_explain(const struct finding *finding, struct text *text);

/* Takes stored bytes. False (and detect untouched) when they are of another version or size. */
MUST_USE bool detect_load(struct detect *detect, const void *bytes, size_t length);

#endif
