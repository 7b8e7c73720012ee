/*
 * What a domain has beside the detector: its condition, its fixed threshold, and the effect of its
 * split. Wires the pure parts (ground, threshold, effect) to counts, counters, store and journal.
 */
#ifndef RULES_H
#define RULES_H

#include "daemon/base/err.h"
#include "daemon/core/decide.h"
#include "daemon/core/effect.h"
#include "daemon/core/snapshot.h"
#include "daemon/core/threshold.h"

struct domain;

struct rules {
	struct threshold threshold;
	struct threshold_finding reached; /* of the last step */
	bool untold;			  /* it changed, and the journal does not have it yet */
	struct effect effect;
	struct effect_finding found; /* of the last step */
};

/* What the store knows of it. */
MUST_USE bool rules_restore(struct domain *domain, struct err *err);

/* Into the open transaction. */
MUST_USE bool rules_save(struct domain *domain, struct err *err);
void rules_clock_set(struct rules *rules, int64_t seconds);

/* Takes in the bounces since the last step, none of them history. */
void rules_observe(struct domain *domain, int64_t arrived, bool silent, int64_t now);

/* What the threshold found comes into the journal, once. */
void rules_tell(struct domain *domain);

/* Puts the domain's condition into what decide is given. */
void rules_ask(const struct domain *domain, int64_t now, struct decide_in *in);

/* Judges the effect of the split, and journals a verdict. */
void rules_judge(struct domain *domain, int64_t now);

void rules_show(const struct domain *domain, struct snapshot_domain *out);

#endif
