/*
 * Does a split help? Its effect is judged by where bounces arrive: the share of them that still
 * reaches the exchangers that the split dropped, against that share in the ten minutes before it.
 * It is said, and nothing follows from it: a split without effect does no harm by lasting, and only
 * a person can help at that exchanger. Nor does a split move what the dropped exchangers had
 * accepted before it: while mail waits there, that is said too, by the delay of what they deliver.
 *
 * Pure and plain memory: may be copied, stored as bytes and loaded.
 */
#ifndef CORE_EFFECT_H
#define CORE_EFFECT_H

#include "daemon/base/err.h"
#include "daemon/base/text.h"

#include <stdint.h>

#define EFFECT_VERSION 2
#define EFFECT_WINDOW 600 /* seconds that a reach covers */
#define EFFECT_BOUNCES 30 /* in it; a share of fewer says little */
#define EFFECT_MAIL 10
#define EFFECT_WORKS 0.5 /* of the share before: at most so much still arrives */
#define EFFECT_FAILS 0.8 /* more than so much */
#define EFFECT_AGAIN 600 /* seconds until another verdict is told */
#define EFFECT_WAITS 60	 /* seconds on its way, the 90th percentile: mail waits */
#define EFFECT_FLOWS 20	 /* below: it does no longer */

enum effect_verdict {
	EFFECT_OPEN, /* no split, too early, or too few bounces */
	EFFECT_HELPS,
	EFFECT_IN_PART,
	EFFECT_NONE,
	EFFECT_VERDICTS
};

struct effect_reach {			  /* of the last EFFECT_WINDOW seconds, history left out */
	double bounces, mail;		  /* at all exchangers; */
	double bounces_there, mail_there; /* at those that a split drops */
};

struct effect {
	uint32_t version;
	uint32_t told;	     /* enum effect_verdict: the last one told of this split */
	int64_t split_since; /* of the split that is watched; 0: there is none */
	int64_t told_at;
	uint32_t waits; /* told that mail waits, and not yet that it does no longer */
	double bounces_before, mail_before; /* shares, 0 to 1; -1: not known */
};

struct effect_delay { /* seconds that mail was on its way, of what an exchanger delivered lately */
	bool known;
	double median, most; /* most: the 90th percentile */
};

struct effect_in {
	int64_t now;
	int64_t split_since; /* 0: is not split */
	int64_t split_ttl;
	struct effect_reach reach;
	struct effect_delay delay; /* at the slowest of the dropped exchangers */
};

struct effect_finding {
	enum effect_verdict verdict;
	bool tell;		/* now, once */
	bool waits, tell_waits; /* mail waits there; it began or ended, to be told now */
	struct effect_delay delay;
	int64_t after;						   /* seconds since the split */
	double bounces_before, bounces_now, mail_before, mail_now; /* shares; -1: not known */
};

void effect_init(struct effect *effect);

/* One step. Judged from split_ttl + EFFECT_WINDOW after the split on: by what came when whoever
 * asks often had asked anew. */
void effect_step(struct effect *effect, const struct effect_in *in, struct effect_finding *out);

/* The wall clock was set by so many seconds. */
void effect_clock_set(struct effect *effect, int64_t seconds);

/* One sentence with the numbers; "" for EFFECT_OPEN. `there`: the dropped exchangers' names. */
void effect_explain(const struct effect_finding *finding, const char *there, struct text *text);

/* The same of the mail that waits at the dropped exchangers; "" when none does, and it did not a
 * step ago. */
void effect_explain_waits(const struct effect_finding *finding, const char *there,
			  struct text *text);

/* "none", "helps", ... */
const char *effect_name(enum effect_verdict verdict);

/* Takes stored bytes. False (and effect untouched) when they are of another version or size, or
 * hold what none can hold. */
MUST_USE bool effect_load(struct effect *effect, const void *bytes, size_t length);

#endif
