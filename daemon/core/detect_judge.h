/*
 * The verdict on the evidence of one scale: enough of it, enough bounces, a change from what was
 * before, and not a burst that is running out already.
 */
#ifndef CORE_DETECT_JUDGE_H
#define CORE_DETECT_JUDGE_H

#include "daemon/core/detect.h"

/* Is it a surge, with `nats` of evidence beside the counts and at least `excess` bounces above the
 * expectation? `scale`: of detect->cusum. */
bool detect_judge(const struct detect *detect, int scale, double nats, double excess);

/* Does what came lately differ from what was seen before? True after the first day. */
bool detect_judge_change(const struct detect *detect, int scale);

/* What is known beside the counts, term by term; their sum, at
 * least as far below 0 as it may ask for more. */
double detect_judge_terms(const struct detect *detect, int scale, double term[EVIDENCE_TERMS]);

/* How many times more is asked for since the excess came quickly: bursts are over by themselves,
 * and nobody can tell them from a surge until they would have been. 1 for an old one. */
double detect_judge_young(const struct detect *detect, int scale);

/* Bounces above the expectation that are asked for, with `nats` of other evidence. */
double detect_judge_needed(const struct detect *detect, int scale, double nats);

#endif
