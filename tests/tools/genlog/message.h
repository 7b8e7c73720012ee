/* For genlog: a message, from the queue manager's first line to "removed". */
#ifndef TESTS_TOOLS_GENLOG_MESSAGE_H
#define TESTS_TOOLS_GENLOG_MESSAGE_H

#include "tests/tools/genlog/actor.h"

/* How long deferred ones wait: short once the log comes to its end. */
extern bool message_hurry;

/* A turn: how long until the next one, or -1 when it is over. */
int message_turn(struct actor *actor);

#endif
