/*
 * "warning: " and "fatal: ", which any daemon of Postfix may say: limits, and a full disk.
 */
#ifndef CORE_PARSE_TROUBLE_H
#define CORE_PARSE_TROUBLE_H

#include "daemon/core/format.h"

/*
 * False, and nothing eaten, when the message is something else. Warnings of a daemon that
 * `speaks_to_strangers` may end in their text: only its own words are believed.
 */
bool parse_trouble_read(struct scan *scan, bool speaks_to_strangers, struct record *out);

/* The same; most messages begin otherwise. The scan is not at its end. */
static inline bool
parse_trouble(struct scan *scan, bool speaks_to_strangers, struct record *out)
{
	return (*scan->at == 'w' || *scan->at == 'f') &&
	       parse_trouble_read(scan, speaks_to_strangers, out);
}

#endif
