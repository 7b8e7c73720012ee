/*
 * The wall clock of the running daemon, and what is done when somebody sets it: every instant that
 * is remembered goes with it, so that no duration becomes another and nothing is done because of
 * it.
 */
#ifndef WALL_H
#define WALL_H

#include <stdint.h>

struct engine;

/* Seconds. Not inside a transaction of the store. */
int64_t wall_now(struct engine *engine);

#endif
