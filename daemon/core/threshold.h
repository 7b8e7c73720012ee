/*
 * The rule without statistics: so many bounces in a window are too many, until a whole window that
 * was heard held few. Two numbers keep it from flapping: it is reached at `count` and over at
 * `leave`.
 *
 * Memory is a ring of at most 60 slots. The sum is that of whole slots that lie in the window, the
 * present one among them: it never counts what is older than the window, and may be late by one
 * slot (a sixtieth of the window, at least a second).
 *
 * Silence is not zero: while the sources are silent nothing is concluded, and what a split waits
 * for, a quiet window, begins anew after it. Time that nobody saw (a restart, a pause) is silence.
 *
 * Pure and plain memory: may be copied, stored as bytes and loaded.
 */
#ifndef CORE_THRESHOLD_H
#define CORE_THRESHOLD_H

#include "daemon/base/err.h"
#include "daemon/base/text.h"

#include <stdint.h>

#define THRESHOLD_VERSION 1
#define THRESHOLD_SLOTS 60
#define THRESHOLD_WINDOW_LEAST 10 /* seconds */
#define THRESHOLD_WINDOW_MOST 86400
#define THRESHOLD_COUNT_MOST 1000000000
/* Seconds between two steps that may pass unheard: a tenth of the window, but at least so many. */
#define THRESHOLD_PAUSE 5

struct threshold_rule {
	int64_t count;	/* reached at; 0: there is no rule */
	int64_t window; /* seconds */
	int64_t leave;	/* over at, or below */
};

struct threshold {
	uint32_t version;
	uint32_t reached; /* 0 or 1 */
	int64_t window;	  /* of the rule that the ring was filled for */
	int64_t time;	  /* of the last step; 0: none yet */
	int64_t since;	  /* `reached` changed then; 0: never */
	int64_t heard;	  /* seconds without silence, at most the window */
	int64_t begun;	  /* the newest slot's first second */
	uint32_t newest;
	uint32_t slots[THRESHOLD_SLOTS];
};

struct threshold_in {
	int64_t time;  /* seconds */
	int64_t count; /* bounces that arrived since the last step, history left out */
	bool silent;   /* the sources say nothing */
};

struct threshold_finding {
	bool known;   /* false: silence, or too little was heard to call it quiet */
	bool reached; /* it stays through silence */
	bool changed; /* this step changed `reached` */
	int64_t since;
	int64_t count; /* in the window */
	struct threshold_rule rule;
};

/* "300/5m": a count and a window; the rule to leave is half. */
MUST_USE bool threshold_parse(struct span text, struct threshold_rule *out);
void threshold_print(const struct threshold_rule *rule, struct text *text);

void threshold_init(struct threshold *threshold);

/* One step. With another window than before it begins anew, but stays reached. */
void threshold_step(struct threshold *threshold, const struct threshold_rule *rule,
		    const struct threshold_in *in, struct threshold_finding *out);

/* The wall clock was set by so many seconds. */
void threshold_clock_set(struct threshold *threshold, int64_t seconds);

/* "312 bounces in 5m, the threshold is 300", "120 bounces in 5m, over at 150". */
void threshold_explain(const struct threshold_finding *finding, struct text *text);

/* Takes stored bytes. False (and threshold untouched) when they are of another version or size, or
 * hold what none can hold. */
MUST_USE bool threshold_load(struct threshold *threshold, const void *bytes, size_t length);

#endif
