/*
 * One pass, once a second: read the logs, count, detect, decide, commit, act, show.
 */
#ifndef TICK_H
#define TICK_H

struct engine;

void tick(struct engine *engine);

#endif
