/*
 * A picture of what the detector saw: counts with what was expected, the evidence with its
 * threshold, surges shaded, times in UTC. SVG 1.1 without anything from elsewhere, on its own
 * background.
 *
 * Memory is bounded: ticks fall into at most PLOT_COLUMNS columns, which are joined in pairs when
 * time goes on; a column keeps least, mean and greatest.
 */
#ifndef CTL_PLOT_H
#define CTL_PLOT_H

#include "daemon/base/err.h"
#include "daemon/core/finding.h"

#include <stdint.h>
#include <stdio.h>

#define PLOT_COLUMNS 1500

struct plot;

/* NULL when out of memory. */
struct plot *plot_new(void);
void plot_free(struct plot *plot);

/* One tick, `period` seconds that ended at `time`. A tick before the first one is left out. */
void plot_add(struct plot *plot, int64_t time, unsigned period, double count,
	      const struct finding *finding);

/* `name` says what is shown. False when the file cannot be written. */
MUST_USE bool plot_write(const struct plot *plot, const char *name, FILE *file);

#endif
