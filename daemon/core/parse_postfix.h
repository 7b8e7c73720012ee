/*
 * Postfix: one message of one of its daemons -> one neutral record. The daemon's name decides
 * first, then the first bytes; nothing is ever searched for in text that strangers write.
 */
#ifndef CORE_PARSE_POSTFIX_H
#define CORE_PARSE_POSTFIX_H

#include "daemon/core/format.h"

/* False when the program is not a daemon of Postfix ("instance/daemon"); `out` then stays. */
bool parse_postfix(const struct envelope *envelope, struct record *out);

#endif
