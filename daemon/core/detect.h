/*
 * The detector: surge or calm for one domain, from counts of arriving bounces, with its numbers.
 *
 * One-sided CUSUMs of a negative binomial log-likelihood ratio over a seasonal expectation (Page
 * 1954; Lorden 1971; Moustakides 1986); see docs/detection.md. Pure and causal: the same steps
 * always give the same findings. A struct detect is plain memory without pointers: it may be
 * copied, stored as bytes and restored (detect_load).
 *
 * Each tick is weighed by itself; laws and spread are those of slots of 10 s. Shorter ticks find
 * the same, sooner by less than a slot.
 */
#ifndef CORE_DETECT_H
#define CORE_DETECT_H

#include "daemon/base/text.h"
#include "daemon/core/cusum.h"
#include "daemon/core/evidence.h"
#include "daemon/core/finding.h"
#include "daemon/core/recent.h"
#include "daemon/core/season.h"
#include "daemon/core/spread.h"

#define DETECT_VERSION 4
#define DETECT_SCALES 2
#define DETECT_THRESHOLD 16.0	 /* nats */
#define DETECT_EXCESS_MOST 10.0	 /* times least_excess are enough, unless more is normal; */
				 /* a surge has at least the tenth part, whatever the evidence */
#define DETECT_BURST_LASTS 600.0 /* seconds; no burst takes longer to fade to 1/e, */
				 /* and what is expected in twice as long is no excess */
#define DETECT_PERIOD_MOST 300	 /* seconds */

struct detect_rules {
	double prior_rate;    /* bounces a minute that are believed before anything was seen */
	double least_excess;  /* bounces above the expectation that must last, at least */
	double quiet_seconds; /* quiet for so long, and a surge is over (longer after long ones) */
	bool pure;	      /* evidence alone decides, the excess is not asked for */
};

extern const struct detect_rules detect_default_rules;

struct detect_in {
	int64_t time;		  /* seconds; the end of the tick */
	unsigned period;	  /* seconds that the tick covers, 1 to 300 */
	double count;		  /* bounces that arrived in it */
	bool silent;		  /* its sources say nothing: no evidence, nothing is learned */
	struct evidence evidence; /* of the same tick; zero: nothing is known beside the count */
};

struct detect {
	uint32_t version;
	uint32_t started, surge, silent; /* flags are 0 or 1 */
	uint32_t scale;			 /* that called the last surge */
	struct detect_rules rules;
	int64_t time, since;
	double seen;	     /* seconds that were seen, all in all; */
	double arrived;	     /* the bounces in them */
	double gap;	     /* seconds that were not seen since the last tick that was */
	double credit;	     /* bounces of a gap that may still come late, */
	double credit_until; /* until so many seconds were seen */
	double slot_seconds, slot_count;     /* of the slot that is being filled */
	double minute_seconds, minute_count; /* of the minute that will be learned */
	double surge_from;		     /* `seen` when the surge began, */
	double surge_loud;		     /* and when it was last loud; */
	double surge_excess;		     /* what it brought above the expectation */
	double quiet;			     /* seconds of quiet in its favour */
	double surges;			     /* past surges, halved each day */
	/* made anew each minute: */
	struct season_rate rate;
	double band;		      /* bounces a minute; upper edge of what is ordinary */
	double needed[DETECT_SCALES]; /* excess that lasts */
	struct recent recent;
	struct spread spread;
	struct evidence_learned learned;
	/* most that lasted of a burst; of the excess when it was last looked at, 1 or more, 0: the
	 * evidence was not whole */
	double burst[DETECT_SCALES], lasting[DETECT_SCALES];
	struct cusum cusum[DETECT_SCALES];
	struct season season;
};

_Static_assert(sizeof(struct detect) - sizeof(struct season) <= 1024, "1 KiB beside the season");

void detect_init(struct detect *detect, const struct detect_rules *rules);

/* Other rules from now on; what was learned stays. */
void detect_set_rules(struct detect *detect, const struct detect_rules *rules);

/* The time of day is another one by so many seconds; nothing else has changed. */
void detect_clock_set(struct detect *detect, int64_t seconds);

void detect_step(struct detect *detect, const struct detect_in *in, struct finding *out);

/* Takes stored bytes. False (and detect untouched) when they are of another version or size, or
 * hold numbers that no detector has. */
MUST_USE bool detect_load(struct detect *detect, const void *bytes, size_t length);

#endif
