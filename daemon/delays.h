/*
 * The delay of mail as a counter of its exchanger, "delay" (the median of ten minutes) and
 * "delay-p90", in seconds: of what was delivered to the domains that are protected here, so that a
 * slow host elsewhere has no part in it. All sources of an exchanger count together.
 */
#ifndef DELAYS_H
#define DELAYS_H

#include "daemon/core/event.h"

struct engine;
struct input;

/* Takes in an event of a source; history is left out. */
void delays_take(struct input *input, const struct event *event);

/* Puts what is known onto the board, from time to time. */
void delays_step(struct engine *engine, int64_t now);

#endif
