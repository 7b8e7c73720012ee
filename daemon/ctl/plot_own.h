/*
 * Inside plot*.c only: the columns that ticks fall into, and that are drawn.
 */
#ifndef CTL_PLOT_OWN_H
#define CTL_PLOT_OWN_H

#include "daemon/ctl/plot.h"

struct plot_column {
	unsigned ticks, known;
	double count, seconds;
	double least, greatest;	    /* rates of single ticks, a minute */
	double expected, upper;	    /* sums over `known` */
	double evidence, threshold; /* the greatest */
	bool surge, began;
};

struct plot {
	int64_t start, width; /* seconds; of one column */
	unsigned used;
	struct plot_column column[PLOT_COLUMNS];
};

#endif
