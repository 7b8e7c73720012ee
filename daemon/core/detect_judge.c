#include "daemon/core/detect_judge.h"

#include "daemon/core/learn.h"

#include <math.h>

#define PARTS 4 /* before the latest of an excursion, of the same length; ten minutes at most */
#define FADING                                                                                     \
	0.9 /* less of the mean rate of the excess, and of its largest part, is running out */
/* Nats of other evidence by which what is asked for falls to 1/e, or rises to e times; no higher:
 * it could be forged. */
#define NATS_AN_E 2.0

static bool
differs(const struct detect *detect, double seconds, double count)
{
	return cusum_change(detect->arrived - count, detect->seen - seconds, count, seconds) >=
	       DETECT_THRESHOLD;
}

/* In the first day the expectation is little more than a guess: what was seen before must differ
 * from what came then. Evidence that began with the first bounce has no before: then any part of
 * the last ten minutes may be what differs. */
bool
detect_judge_change(const struct detect *detect, int scale)
{
	const struct cusum *cusum = &detect->cusum[scale];
	double seconds, count;

	if (detect->seen >= LEARN_OLD || differs(detect, cusum->slots * SPREAD_SLOT, cusum->count))
		return true;
	for (unsigned slots = 0; slots < RECENT_SLOTS; slots++) {
		recent_sum(&detect->recent, slots, &count, &seconds);
		if (differs(detect, seconds + detect->slot_seconds, count + detect->slot_count))
			return true;
	}
	return false;
}

/* Rates above the expectation: of the latest part of the excursion, and the largest of the parts
 * before it. */
static double
late_rate(const struct detect *detect, const struct cusum *cusum, double *before_out)
{
	const unsigned most = RECENT_SLOTS / PARTS;
	unsigned slots = (unsigned)fmin(fmax(cusum->slots / (PARTS + 1), 1), most);
	double normal = cusum->expected / cusum->slots / SPREAD_SLOT;
	double count, seconds, sum, all, late;

	recent_sum(&detect->recent, slots, &sum, &all);
	late = (sum + detect->slot_count) / fmax(all + detect->slot_seconds, 1);
	*before_out = 0;
	for (unsigned i = 2; i <= PARTS && (i - 1) * slots <= cusum->slots; i++) {
		recent_sum(&detect->recent, slots * i, &count, &seconds);
		if (seconds > all)
			*before_out = fmax(*before_out, (count - sum) / (seconds - all) - normal);
		sum = count;
		all = seconds;
	}
	return late - normal;
}

/* A burst that is running out: the latest part of it brought less than those before. `ease`: how
 * much less is enough. */
static bool
is_fading(const struct detect *detect, const struct cusum *cusum, double ease)
{
	double age = cusum->slots * SPREAD_SLOT, before, late;

	if (age <= SPREAD_SLOT)
		return false;
	late = late_rate(detect, cusum, &before);
	return late < FADING * ease * (cusum->count - cusum->expected) / age ||
	       late < FADING * ease * before;
}

double
detect_judge_terms(const struct detect *detect, int scale, double term[EVIDENCE_TERMS])
{
	return fmax(-NATS_AN_E, evidence_sum(&detect->learned, detect->cusum[scale].term, term));
}

double
detect_judge_young(const struct detect *detect, int scale)
{
	const struct cusum *cusum = &detect->cusum[scale];
	double before, late = late_rate(detect, cusum, &before);
	double excess = cusum->count - cusum->expected, age = cusum->slots * SPREAD_SLOT;

	if (excess <= 0)
		return 1;
	if (late * age > excess) /* a burst in an old and small excursion is young */
		age = excess / late;
	return 1 + DETECT_BURST_LASTS * fmin(1, detect->seen / LEARN_OLD) / fmax(age, 1);
}

double
detect_judge_needed(const struct detect *detect, int scale, double nats)
{
	double least = detect->rules.least_excess, old = detect->needed[scale], needed;
	double times = exp(-nats / NATS_AN_E);

	if (detect->rules.pure)
		return 0;
	needed = old * (1 + fmin(times, 1) * (detect_judge_young(detect, scale) - 1));
	needed = fmin(needed, fmax(least * DETECT_EXCESS_MOST, old)) * times;
	return fmax(needed, least / DETECT_EXCESS_MOST);
}

bool
detect_judge(const struct detect *detect, int scale, double nats, double excess)
{
	const struct cusum *cusum = &detect->cusum[scale];
	double ease = exp(-fmax(nats, 0) / NATS_AN_E);

	if (cusum->sum + fmax(nats, 0) < DETECT_THRESHOLD ||
	    cusum->count - cusum->expected < excess || !detect_judge_change(detect, scale))
		return false;
	return detect->rules.pure || !is_fading(detect, cusum, ease);
}
