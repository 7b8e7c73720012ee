/*
 * The verdict on the evidence of one scale (`scale`: of detect->cusum): enough of it, a change from
 * what was before, and enough bounces that last.
 */
#ifndef CORE_DETECT_JUDGE_H
#define CORE_DETECT_JUDGE_H

#include "daemon/core/detect.h"

/* Does it look like a surge, with `nats` of evidence beside the counts? It is one when as many
 * bounces last as are needed. */
bool detect_judge(const struct detect *detect, int scale, double nats);

/* Does what came lately differ from what was seen before? True after the first day. */
bool detect_judge_change(const struct detect *detect, int scale);

/* What is known beside the counts, term by term; their sum, at
 * least as far below 0 as it may ask for more. */
double detect_judge_terms(const struct detect *detect, int scale, double term[EVIDENCE_TERMS]);

/* Bounces above the expectation that last: bursts are over by themselves. */
double detect_judge_lasting(const struct detect *detect, int scale, double nats);

/* How many of these are asked for. */
double detect_judge_needed(const struct detect *detect, int scale, double nats);

#endif
