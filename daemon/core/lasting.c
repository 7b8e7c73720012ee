#include "daemon/core/lasting.h"

#include <math.h>

/* Spans that end now, each longer than the one before it. */
struct back {
	unsigned n;
	struct recent_span span[RECENT_BACK + 2]; /* none; what is older than all */
};

struct part {
	double seconds, excess;
};

/* What is new and less than a slot is no span of its own, unless it is all: it is mostly noise. */
static void
look_back(const struct recent *recent, struct recent_span now, struct recent_span all,
	  struct back *out)
{
	unsigned known = recent_back(recent, all.seconds - now.seconds, &out->span[1]);

	out->span[0] = (struct recent_span){ 0, 0 };
	for (out->n = 1; out->n <= known; out->n++) {
		out->span[out->n].count += now.count;
		out->span[out->n].seconds += now.seconds;
	}
	while (out->n > 1 && out->span[out->n - 1].seconds >= all.seconds)
		out->n--;
	out->span[out->n++] = all;
}

/* Parts of the span `last`, the oldest first, of about the same length. Returns how many. */
static unsigned
cut(const struct lasting *lasting, const struct back *back, unsigned last,
    struct part out[LASTING_PARTS])
{
	double length = back->span[last].seconds;
	unsigned parts = last < LASTING_PARTS ? last : LASTING_PARTS, to = last, n = 0;

	for (unsigned left = parts; left-- > 0; n++) {
		unsigned from = left > 0 ? to - 1 : 0;

		while (from > left && back->span[from - 1].seconds >= length * left / parts)
			from--;
		out[n].seconds = back->span[to].seconds - back->span[from].seconds;
		out[n].excess = back->span[to].count - back->span[from].count -
				lasting->normal * out[n].seconds;
		to = from;
	}
	return parts;
}

/* Nats by which a part goes on as the one before it (Poisson), against having faded as a burst
 * does. It is no steadier for a second burst. */
static double
goes_on(const struct lasting *lasting, const struct part *before, const struct part *part)
{
	double fading = (before->seconds + part->seconds) / 2 / lasting->fades;
	double even = before->excess / before->seconds * part->seconds;
	double normal = lasting->normal * part->seconds;
	double slots = part->seconds / SPREAD_SLOT;
	double variance = even + normal + lasting->spread * normal * normal / slots;

	return even <= 0 ? 0
			 : (fmin(part->excess, even) * fading - even * (1 - exp(-fading))) * even /
				   variance;
}

static double
of_span(const struct lasting *lasting, const struct back *back, unsigned last, double best)
{
	struct part part[LASTING_PARTS];
	unsigned parts = cut(lasting, back, last, part);
	double length = back->span[last].seconds, least = INFINITY, nats = 0, counts;

	for (unsigned i = 0; i < parts; i++)
		least = fmin(least, part[i].excess / part[i].seconds);
	counts = least * length * fmax(length / (length + lasting->young), lasting->young_least);
	if (counts <= best)
		return best;
	for (unsigned i = 1; i < parts; i++)
		nats += goes_on(lasting, &part[i - 1], &part[i]);
	return fmax(best, counts * exp(fmin(nats, 0) / lasting->nats_an_e));
}

double
lasting_excess(const struct lasting *lasting, const struct recent *recent, struct recent_span now,
	       struct recent_span all)
{
	struct back back;
	double best = 0;

	look_back(recent, now, all, &back);
	for (unsigned last = back.n - 1; last > 0;
	     last -= last > RECENT_SLOTS || last <= 12 ? 1 : last / 6)
		best = of_span(lasting, &back, last, best);
	return best;
}
