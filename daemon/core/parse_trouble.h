/*
 * "warning: " and "fatal: ", which any daemon of Postfix may say: limits, and a full disk.
 */
#ifndef CORE_PARSE_TROUBLE_H
#define CORE_PARSE_TROUBLE_H

#include "daemon/core/format.h"

/*
 * False when the message is something else. Warnings of a daemon that `speaks_to_strangers` may end
 * in their text: only its own words are believed.
 */
bool parse_trouble_read(struct span message, bool speaks_to_strangers, struct record *out);

/* The same; most messages begin otherwise. The message is not empty. */
static inline bool
parse_trouble(struct span message, bool speaks_to_strangers, struct record *out)
{
	return (*message.at == 'w' || *message.at == 'f') &&
	       parse_trouble_read(message, speaks_to_strangers, out);
}

#endif
