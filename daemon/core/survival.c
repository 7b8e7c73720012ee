#include "daemon/core/survival.h"

#include <math.h>

const double survival_hours[SURVIVAL_HOURS] = { 0.25, 1, 2, 6, 12, 24, 48, 72, 168 };
const uint32_t survival_cap_seconds[SURVIVAL_CAPS] = { 0, 604800, 86400 };

double
survival_of(double ttl, double after, double gap, double square)
{
	if (ttl <= 0 || after >= ttl || gap <= 0)
		return 0;
	return (ttl - after) / fmax(ttl + square / (2 * gap), gap);
}

static void
add(void *ctx, double gap, double square)
{
	struct survival *survival = ctx;

	survival->regulars++;
	survival->gap += gap;
	for (int cap = 0; cap < SURVIVAL_CAPS; cap++) {
		uint32_t most = survival_cap_seconds[cap];
		double ttl = most && most < survival->ttl ? most : survival->ttl;

		for (int i = 0; i < SURVIVAL_HOURS; i++)
			survival->share[cap][i] +=
				survival_of(ttl, survival_hours[i] * 3600, gap, square);
	}
}

void
survival_compute(const struct rhythm *rhythm, int64_t now, uint32_t ttl, struct survival *out)
{
	*out = (struct survival){ .ttl = ttl };
	rhythm_each(rhythm, now, add, out);
	if (out->regulars == 0)
		return;
	out->gap /= out->regulars;
	for (int cap = 0; cap < SURVIVAL_CAPS; cap++)
		for (int i = 0; i < SURVIVAL_HOURS; i++)
			out->share[cap][i] /= out->regulars;
}
