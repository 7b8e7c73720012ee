#include "daemon/core/detect.h"

#include "daemon/core/detect_judge.h"
#include "daemon/core/detect_show.h"
#include "daemon/core/learn.h"

#include <math.h>
#include <string.h>

#define HOUR 3600.0
#define DAY 86400.0
#define RATE_LEAST (0.5 / 60)  /* bounces a second; no domain is expected to be quieter */
#define ADOPT (14 * DAY)       /* a surge this long is the new normal */
#define DOUBT 0.2	       /* share of the threshold: it may soon be a surge */
#define BURST_SCALE 1	       /* of the CUSUMs: its excursions are bursts */
#define BURST_FAR 1.5	       /* times the largest burst so far: none will be larger */
#define BURST_LASTED 0.6       /* share of its excess: a burst has no more that lasts */
#define BURST_SHORT (3 * HOUR) /* a surge that was loud for less, and had less than */
			       /* DETECT_EXCESS_MOST times the needed excess, was a burst */
#define NOISE 3.0	       /* standard deviations of a count that are ordinary */
#define QUIET_MOST 8.0	       /* times quiet_seconds; no surge asks for more */

const struct detect_rules detect_default_rules = {
	.prior_rate = 1,
	.least_excess = 150,
	.quiet_seconds = 90 * 60,
};

/* `spreads`: scales of overdispersion that speak. */
static const struct scale {
	double ratio;
	unsigned spreads;
} scales[DETECT_SCALES] = {
	{ 8, 2 },
	{ 2.2, 4 },
};

static double
normal_rate(const struct detect *detect)
{
	return fmax(detect->rules.pure ? detect->rate.mean : detect->rate.upper, RATE_LEAST);
}

/* Bounces above the expectation that must last, by the largest burst so far. */
static double
needed_excess(const struct detect *detect, double burst)
{
	double least =
		fmax(detect->rules.least_excess, 2 * DETECT_BURST_LASTS * normal_rate(detect));

	return fmin(fmax(least, burst * BURST_FAR), least * DETECT_EXCESS_MOST);
}

static void
tune(struct detect *detect)
{
	double m0, upper;

	detect->rate = season_at(&detect->season, detect->time);
	if (detect->seen < LEARN_OLD)
		season_cap(&detect->season, detect->time - (int64_t)detect->seen, &detect->rate);
	upper = detect->rate.upper * 60;
	detect->band =
		upper + NOISE * sqrt(upper + upper * upper * spread_a(&detect->spread, 2) / 6);
	m0 = normal_rate(detect);
	for (int i = 0; i < DETECT_SCALES; i++) {
		detect->needed[i] = needed_excess(detect, detect->burst[i]);
		cusum_tune(&detect->cusum[i], m0 * SPREAD_SLOT, m0 * scales[i].ratio * SPREAD_SLOT,
			   spread_a(&detect->spread, scales[i].spreads));
	}
}

void
detect_init(struct detect *detect, const struct detect_rules *rules)
{
	memset(detect, 0, sizeof(*detect));
	detect->version = DETECT_VERSION;
	detect->rules = *rules;
	season_init(&detect->season, rules->prior_rate / 60);
	spread_init(&detect->spread, fmax(rules->prior_rate / 60, RATE_LEAST));
	tune(detect);
}

void
detect_set_rules(struct detect *detect, const struct detect_rules *rules)
{
	detect->rules = *rules;
	detect->season.prior = rules->prior_rate / 60;
	tune(detect);
}

/* Learns */

/* It is a surge, or may soon be called one: not what is to be learned from, it would hide itself.
 * What was there from the first second on is normal, and learned. */
static bool
is_doubtful(const struct detect *detect)
{
	return detect->surge || (detect->cusum[BURST_SCALE].sum >= DETECT_THRESHOLD * DOUBT &&
				 detect_judge_change(detect, BURST_SCALE));
}

static void
end_minute(struct detect *detect)
{
	double expected = detect->rate.mean * detect->minute_seconds;
	double count = spread_clip(detect->minute_count, expected);

	if (is_doubtful(detect) && (detect->surge || detect->seen < LEARN_OLD))
		count = fmin(count, expected * SEASON_LEVEL_MOST);
	season_learn(&detect->season, detect->time, detect->minute_seconds, detect->rate.table,
		     count, detect->minute_count);
	detect->surges *= 1 - detect->minute_seconds / DAY * M_LN2;
	detect->minute_seconds = detect->minute_count = 0;
	tune(detect);
}

static void
end_slot(struct detect *detect)
{
	double seconds = detect->slot_seconds, count = detect->slot_count;

	if (detect->seen > LEARN_LEAN && !is_doubtful(detect))
		spread_add(&detect->spread, seconds, count,
			   fmax(detect->rate.mean, RATE_LEAST) * seconds);
	recent_add(&detect->recent, seconds, count);
	detect->minute_seconds += seconds;
	detect->minute_count += count;
	detect->slot_seconds = detect->slot_count = 0;
	if (detect->minute_seconds >= 60)
		end_minute(detect);
}

/* Decides */

static double
excess(const struct cusum *cusum)
{
	return cusum->count - cusum->expected;
}

static bool
was_short(const struct detect *detect)
{
	return detect->surge_loud - detect->surge_from < BURST_SHORT;
}

/* What looked like a surge in this excursion is remembered, or not. */
static void
end_burst(struct detect *detect, int i, bool keep)
{
	if (keep && detect->cusum[i].peak > 0)
		detect->burst[i] = fmax(detect->burst[i], detect->cusum[i].peak);
	detect->cusum[i].peak = 0;
}

static void
change(struct detect *detect, bool surge)
{
	detect->surge = surge;
	detect->since = detect->time;
	if (surge) {
		detect->surge_from = detect->surge_loud = detect->seen;
		detect->surge_excess = detect->quiet = 0;
		return;
	}
	for (int i = 0; i < DETECT_SCALES; i++) {
		if (was_short(detect) &&
		    detect->surge_excess < detect->needed[i] * DETECT_EXCESS_MOST)
			end_burst(detect, i, true);
		end_burst(detect, i, false);
		cusum_reset(&detect->cusum[i]);
	}
	detect->surges += 1;
}

static double
quiet_needed(const struct detect *detect)
{
	return detect->rules.quiet_seconds * fmin(exp2(detect->surges), QUIET_MOST);
}

/* One tick of a surge: is it still loud, is it over? */
static void
end_surge(struct detect *detect, double seconds, double count)
{
	double window = fmin(fmax(detect->rules.quiet_seconds, SPREAD_SLOT),
			     RECENT_SLOTS * SPREAD_SLOT),
	       sum, span;

	detect->surge_excess += count - normal_rate(detect) * seconds;
	recent_sum(&detect->recent, (unsigned)(window / SPREAD_SLOT), &sum, &span);
	sum += detect->slot_count;
	span += detect->slot_seconds;
	if (sum > normal_rate(detect) * span * SEASON_LEVEL_MOST +
			  NOISE * sqrt(normal_rate(detect) * span)) {
		detect->surge_loud = detect->seen;
		detect->quiet = fmax(0, detect->quiet - seconds);
	} else {
		detect->quiet += seconds;
	}
	if (detect->quiet >= quiet_needed(detect)) {
		change(detect, false);
	} else if (detect->seen - detect->surge_from >= ADOPT) {
		season_adopt(&detect->season);
		change(detect, false);
		tune(detect);
	}
}

/* Bounces that last, with `nats` of other evidence; 0: not known, the evidence is not whole. */
static double
lasting(const struct detect *detect, int i, double nats)
{
	if (detect->rules.pure || detect->cusum[i].sum <= 0 || !detect_judge(detect, i, nats))
		return 0;
	return fmax(1, detect_judge_lasting(detect, i, nats));
}

/* A burst is what the counts alone would call a surge, or less of it; in a surge what may still
 * have been one. */
static double
judge_burst(struct detect *detect, int i)
{
	struct cusum *cusum = &detect->cusum[i];
	double counts = lasting(detect, i, 0);

	if (!detect->surge || counts < BURST_LASTED * excess(cusum))
		cusum->peak = fmax(cusum->peak, counts);
	return counts;
}

/* `counts`: what lasts by them alone. */
static void
judge_surge(struct detect *detect, int i, double counts)
{
	double term[EVIDENCE_TERMS], nats;

	detect->lasting[i] = 0;
	if (detect->cusum[i].sum <= 0)
		return;
	nats = detect_judge_terms(detect, i, term);
	detect->lasting[i] = nats > 0 ? lasting(detect, i, nats) : counts;
	if (detect->surge || !detect_judge(detect, i, nats) ||
	    detect->lasting[i] < detect_judge_needed(detect, i, nats))
		return;
	change(detect, true);
	detect->surge_excess = excess(&detect->cusum[i]);
	detect->scale = (uint32_t)i;
}

/* Each tick; in a surge each minute. */
static void
judge(struct detect *detect)
{
	double counts[DETECT_SCALES];

	if (detect->surge && detect->minute_seconds > 0)
		return;
	for (int i = 0; i < DETECT_SCALES; i++)
		counts[i] = judge_burst(detect, i);
	for (int i = 0; i < DETECT_SCALES; i++)
		judge_surge(detect, i, counts[i]);
}

/* Takes in */

/* Seconds that nobody saw: no zeros. */
static void
take_gap(struct detect *detect, double seconds)
{
	detect->gap += seconds;
	if (detect->gap < DETECT_BURST_LASTS || detect->gap - seconds >= DETECT_BURST_LASTS)
		return;
	for (int i = 0; i < DETECT_SCALES; i++) {
		cusum_reset(&detect->cusum[i]);
		detect->lasting[i] = 0;
	}
	detect->slot_seconds = detect->slot_count = 0;
}

/* A late tick while a backlog is read is a gap, too: what the longer one allowed still holds. */
static void
end_gap(struct detect *detect)
{
	bool holds = detect->seen < detect->credit_until;
	double lasts = holds ? fmin(detect->gap, DETECT_BURST_LASTS) : DETECT_BURST_LASTS;

	if (detect->slot_seconds > 0)
		end_slot(detect);
	detect->credit = (holds ? detect->credit : 0) +
			 fmax(season_before(&detect->season, detect->time, detect->gap),
			      RATE_LEAST * fmin(detect->gap, 7 * DAY));
	detect->credit_until = fmax(detect->credit_until, detect->seen + lasts);
	detect->gap = 0;
	tune(detect);
}

/* What was seen again after a gap may be the backlog of it. */
static double
take_credit(struct detect *detect, double seconds, double count)
{
	double used;

	if (detect->gap > 0)
		end_gap(detect);
	if (detect->credit <= 0)
		return count;
	if (detect->seen >= detect->credit_until)
		detect->credit = 0;
	used = fmin(detect->credit, fmax(0, count - normal_rate(detect) * seconds));
	detect->credit -= used;
	return count - used;
}

static void
weigh(struct detect *detect, double seconds, double count, const struct detect_in *in)
{
	double normal = normal_rate(detect) * seconds;

	for (int i = 0; i < DETECT_SCALES; i++) {
		struct cusum *cusum = &detect->cusum[i];

		cusum_take(cusum, seconds / SPREAD_SLOT, count, normal, DETECT_THRESHOLD);
		if (in->evidence.known && cusum->sum > 0)
			evidence_weigh(&detect->learned, &in->evidence, in->count, scales[i].ratio,
				       cusum->term);
		if (!detect->surge && cusum->sum <= 0)
			end_burst(detect, i, true);
	}
}

/* How much of a count teaches which marks are usual: nothing of what may be a surge, and a burst
 * does not teach alone. */
static double
ordinary_share(const struct detect *detect, double count, double seconds)
{
	if (is_doubtful(detect) || count <= 0)
		return 0;
	return spread_clip(count, detect->rate.mean * seconds) / count;
}

static void
take_seen(struct detect *detect, double seconds, double count, const struct detect_in *in)
{
	weigh(detect, seconds, count, in);
	if (in->evidence.known)
		evidence_learn(&detect->learned, &in->evidence, in->count, seconds,
			       ordinary_share(detect, in->count, seconds));
	detect->seen += seconds;
	detect->arrived += count;
	while (seconds > 0) {
		double part = fmin(seconds, SPREAD_SLOT - detect->slot_seconds);
		double share = part < seconds ? count * part / seconds : count;

		detect->slot_seconds += part;
		detect->slot_count += share;
		seconds -= part;
		count -= share;
		if (detect->slot_seconds >= SPREAD_SLOT)
			end_slot(detect);
	}
}

void
detect_clock_set(struct detect *detect, int64_t seconds)
{
	detect->time += detect->started ? seconds : 0;
	detect->since += detect->since ? seconds : 0;
}

void
detect_step(struct detect *detect, const struct detect_in *in, struct finding *out)
{
	double seconds = in->period < 1			   ? 1
			 : in->period > DETECT_PERIOD_MOST ? DETECT_PERIOD_MOST
							   : in->period;
	double count = in->count > 0 ? fmin(in->count, EVIDENCE_COUNT_MOST) : 0;
	struct detect_in seen = *in; /* with a count that can be counted on */
	bool before = detect->surge;

	if (detect->started && in->time - detect->time > (int64_t)seconds)
		take_gap(detect, (double)(in->time - detect->time) - seconds);
	detect->time = in->time;
	detect->started = 1;
	detect->silent = in->silent;
	if (in->silent) {
		take_gap(detect, seconds);
	} else {
		seen.count = count;
		count = take_credit(detect, seconds, count);
		take_seen(detect, seconds, count, &seen);
		if (detect->surge)
			end_surge(detect, seconds, count);
		judge(detect);
	}
	detect_show(detect, out);
	out->changed = before != (bool)detect->surge;
}
