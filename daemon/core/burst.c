#include "daemon/core/burst.h"

#include <math.h>
#include <string.h>

#define YEAR (365.25 * 86400)
#define FAR 3.0 /* times the largest that was seen: nothing is extrapolated further */

void
burst_add(struct burst *burst, double size)
{
	unsigned at = burst->kept;

	while (at > 0 && burst->largest[at - 1] < (float)size)
		at--;
	if (at == BURST_KEPT)
		return;
	if (burst->kept < BURST_KEPT)
		burst->kept++;
	memmove(&burst->largest[at + 1], &burst->largest[at],
		(burst->kept - at - 1) * sizeof(burst->largest[0]));
	burst->largest[at] = (float)size;
}

double
burst_level(const struct burst *burst, double seconds, double per_year)
{
	double years = seconds / YEAR, least, index = 0;

	if (burst->kept == 0)
		return 0;
	if (burst->kept < 2) /* one has no shape */
		return burst->largest[0] * FAR;
	least = burst->largest[burst->kept - 1];
	for (unsigned i = 0; i + 1 < burst->kept; i++)
		index += log(burst->largest[i] / least);
	index /= burst->kept - 1;
	return fmin(least * pow(burst->kept / years / per_year, index),
		    (double)burst->largest[0] * FAR);
}
