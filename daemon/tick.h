/*
 * One pass, once a second: read the logs, count, detect, decide, commit, act, show. The reading
 * takes turns of the loop (reading.h), the rest is one.
 */
#ifndef TICK_H
#define TICK_H

struct engine;

/* Begins a pass, if none is under way. */
void tick(struct engine *engine);

/* The last pass, whole, in place of one that is under way: `closing` is set, nothing new is begun.
 */
void tick_last(struct engine *engine);

#endif
