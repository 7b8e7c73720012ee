/* For genlog: refusals, and the other lines of a limit. */
#ifndef TESTS_TOOLS_GENLOG_REFUSE_H
#define TESTS_TOOLS_GENLOG_REFUSE_H

#include "tests/tools/genlog/actor.h"

/* One RCPT is refused, as the session's play has it; what happened is told. */
void refuse_recipient(struct actor *actor);

/* At DATA, or at the message's end: by a header check, or by a milter. */
void refuse_late(struct actor *actor);

/* A limit of the whole MTA, which names no mail. */
void refuse_pressure(struct actor *actor);

#endif
