#include "daemon/ctl/plot_own.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct plot *
plot_new(void)
{
	return calloc(1, sizeof(struct plot));
}

void
plot_free(struct plot *plot)
{
	free(plot);
}

static void
join(struct plot_column *a, const struct plot_column *b)
{
	if (!b->ticks)
		return;
	if (!a->ticks) {
		*a = *b;
		return;
	}
	a->ticks += b->ticks;
	a->known += b->known;
	a->count += b->count;
	a->seconds += b->seconds;
	a->least = fmin(a->least, b->least);
	a->greatest = fmax(a->greatest, b->greatest);
	a->expected += b->expected;
	a->upper += b->upper;
	a->evidence = fmax(a->evidence, b->evidence);
	a->threshold = fmax(a->threshold, b->threshold);
	a->surge = a->surge || b->surge;
	a->began = a->began || b->began;
}

static void
join_pairs(struct plot *plot)
{
	for (unsigned i = 0; i < PLOT_COLUMNS; i++) {
		struct plot_column column = plot->column[i];

		plot->column[i] = (struct plot_column){ 0 };
		join(&plot->column[i / 2], &column);
	}
	plot->width *= 2;
	plot->used = (plot->used + 1) / 2;
}

void
plot_add(struct plot *plot, int64_t time, unsigned period, double count,
	 const struct finding *finding)
{
	double rate = count * 60 / period;
	struct plot_column tick = { .ticks = 1,
				    .known = finding->known,
				    .count = count,
				    .seconds = period,
				    .least = rate,
				    .greatest = rate,
				    .surge = finding->surge,
				    .began = finding->changed && finding->surge };
	int64_t from = time - period;

	if (finding->known) {
		tick.expected = finding->expected;
		tick.upper = finding->upper;
		tick.evidence = finding->evidence;
		tick.threshold = finding->threshold;
	}
	if (plot->used == 0) {
		plot->start = from;
		plot->width = period;
	}
	if (from < plot->start)
		return;
	while ((from - plot->start) / plot->width >= PLOT_COLUMNS)
		join_pairs(plot);
	from = (from - plot->start) / plot->width;
	join(&plot->column[from], &tick);
	if (plot->used < from + 1)
		plot->used = (unsigned)from + 1;
}
