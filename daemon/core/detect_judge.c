#include "daemon/core/detect_judge.h"

#include "daemon/core/lasting.h"
#include "daemon/core/learn.h"

#include <math.h>

#define YOUNG 300.0 /* seconds; what came within them counts half */
/* Nats of other evidence by which what is asked for falls to 1/e or rises to e times, and nats of
 * fading by which an excess counts 1/e. */
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

/* As much as one term weighs: it could be forged. */
double
detect_judge_terms(const struct detect *detect, int scale, double term[EVIDENCE_TERMS])
{
	return fmax(-EVIDENCE_CAP, evidence_sum(&detect->learned, detect->cusum[scale].term, term));
}

/* How much more or less is asked for, with `nats` of other evidence. */
static double
times(double nats)
{
	return exp(-nats / NATS_AN_E);
}

double
detect_judge_lasting(const struct detect *detect, int scale, double nats)
{
	const struct cusum *cusum = &detect->cusum[scale];
	const struct recent_span all = { cusum->count, cusum->slots * SPREAD_SLOT };
	const struct recent_span now = { detect->slot_count, detect->slot_seconds };
	double needed = detect->needed[scale];
	struct lasting lasting = { .fades = DETECT_BURST_LASTS, .nats_an_e = NATS_AN_E };

	lasting.normal = cusum->expected / all.seconds;
	lasting.spread = spread_a(&detect->spread, SPREAD_SCALES);
	lasting.young_least =
		needed / fmax(needed, detect->rules.least_excess * DETECT_EXCESS_MOST);
	lasting.young = YOUNG * fmin(1, detect->seen / LEARN_OLD) * fmin(1, times(nats));
	return lasting_excess(&lasting, &detect->recent, now, all);
}

double
detect_judge_needed(const struct detect *detect, int scale, double nats)
{
	double needed = detect->needed[scale], least = detect->rules.least_excess;

	if (detect->rules.pure)
		return 0;
	return fmin(fmax(needed * times(nats), least / DETECT_EXCESS_MOST),
		    fmax(needed, least * DETECT_EXCESS_MOST));
}

bool
detect_judge(const struct detect *detect, int scale, double nats)
{
	return detect->cusum[scale].sum + fmax(nats, 0) >= DETECT_THRESHOLD &&
	       detect_judge_change(detect, scale);
}
