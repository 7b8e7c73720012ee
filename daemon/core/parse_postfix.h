/*
 * Postfix: one message of one of its daemons -> one neutral record. The daemon's name decides
 * first, then the first bytes; nothing is ever searched for in text that strangers write.
 */
#ifndef CORE_PARSE_POSTFIX_H
#define CORE_PARSE_POSTFIX_H

#include "daemon/core/format.h"

/* Is this a daemon of Postfix ("instance/daemon") whose lines matter? */
bool parse_postfix_claims(const struct envelope *envelope);

/* Reads one message of a program that was asked for so; `out` comes as RECORD_OTHER. */
void parse_postfix(const struct envelope *envelope, struct record *out);

#endif
