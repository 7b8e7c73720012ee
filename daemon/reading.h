/*
 * The reading of one pass: all sources in turn, a slice at a time, in as many turns of the loop as
 * it takes, so that nobody else on the loop waits for longer than a slice. Nothing of it is
 * committed before its pass is.
 */
#ifndef READING_H
#define READING_H

#include <stdbool.h>
#include <stdint.h>

struct engine;

struct reading {
	int64_t now;	  /* seconds, wall clock: at its last turn */
	int64_t began_us; /* steady clock */
	unsigned next, turns;
};

void reading_begin(struct engine *engine);

/* Reads for about a millisecond. True when the pass has more to read. */
bool reading_turn(struct engine *engine);

/* Tells what there is to tell of the sources. True when the next pass has more to read at once. */
bool reading_end(struct engine *engine);

#endif
