/* For genlog: sessions. Each turn writes what one command left in the log of its smtpd. */
#ifndef TESTS_TOOLS_GENLOG_SESSION_H
#define TESTS_TOOLS_GENLOG_SESSION_H

#include "tests/tools/genlog/actor.h"

/* A session of chance begins: with mail, or (bounces) with the null sender. */
void session_begin(int64_t at_us, bool bounces);

/* A turn: how long until the next one, or -1 when it is over. */
int session_turn(struct actor *actor);

#endif
