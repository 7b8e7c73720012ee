/*
 * What is kept of a simulated incident, and its JSON. Times in seconds of the simulation.
 */
#ifndef SIM_FIGURES_H
#define SIM_FIGURES_H

#include "daemon/core/survival.h"
#include "tests/lab/sim/guard.h"

#include <stddef.h>
#include <stdio.h>

#define FIGURES_STEPS 4096

struct figures_step {
	double bounces[2], mail[2]; /* at MTA1, MTA2 */
	double delay;		    /* sum of the regulars' at both */
	double behind;		    /* seconds of work in MTA1's queue, at its end */
};

struct figures {
	double from, until, step; /* the window that is told of, and its steps */
	struct figures_step steps[FIGURES_STEPS];
	struct delays {
		double *at;
		size_t count, room;
	} all, kept;	   /* of each regular's mail of the window; of those at MTA1 */
	double bounces[2]; /* in all */
	double split_mail[2], first_hour[2]; /* of regulars, while split and in its first hour */
	double away, last_away; /* regulars' mail at MTA2 after the restore, and how long after */
	double handed, done;	/* messages that came, that were delivered or will be */
	double turned;		/* connections that gave up waiting */
	double seen[SURVIVAL_HOURS]; /* share of regulars whose copy at the split had so long left
				      */
	double formula[SURVIVAL_HOURS]; /* the same by survival.h, each regular's true rhythm and
					   cap */
	double said[SURVIVAL_HOURS];	/* and as if every resolver had a cap of a day */
	unsigned regulars;
};

/* `split`: seconds since the zone was; negative: is not. `restored`: seconds since the last
 * restore; negative: none. */
void figures_mail(struct figures *figures, double at, int mta, double delay, double split,
		  double restored);
void figures_bounce(struct figures *figures, double at, int mta);
void figures_behind(struct figures *figures, double at, double seconds);

void figures_free(struct figures *figures);

/* One JSON object. The delays are sorted by it. */
void figures_print(struct figures *figures, const struct guard *guard, double onset, double over,
		   bool series, FILE *to);

#endif
