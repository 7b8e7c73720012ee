#include "tests/lab/sim/zone.h"

#include "tests/tools/scenario/draw.h"

#include <math.h>

double
zone_keeps(const struct zone *zone, const struct copy *copy, double then)
{
	return zone->lost_after > 0 ? exp(-(then - copy->used) / zone->lost_after) : 1;
}

bool
zone_ask(const struct zone *zone, struct copy *copy, double now, uint64_t *seed)
{
	bool lost = zone->lost_after > 0 && copy->until > now &&
		    draw(seed) > zone_keeps(zone, copy, now);

	if (copy->until <= now || lost) {
		copy->split = zone->split;
		copy->until = now + fmin(zone->split ? zone->split_ttl : zone->ttl, copy->cap);
	}
	copy->used = now;
	return copy->split;
}

double
zone_left(const struct copy *copy, double now)
{
	return copy->split || copy->until <= now ? 0 : copy->until - now;
}
