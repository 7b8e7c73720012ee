/*
 * "Did you mean ...?": the candidate that is the fewest typing slips away from a word, if any is
 * near. A slip is a letter too many, too few, another or two swapped (Damerau 1964).
 */
#ifndef CONF_CONFIG_NEAR_H
#define CONF_CONFIG_NEAR_H

#include "daemon/base/text.h"

#define CONFIG_NEAR_WORD 32 /* longer words are like nothing */

struct config_near {
	struct span word;
	const char *best; /* NULL: none is near */
	unsigned slips;
};

struct config_near config_near_to(struct span word);
void config_near_try(struct config_near *near, const char *candidate);

/* Adds " (did you mean "x"?)", or nothing. */
void config_near_add(const struct config_near *near, struct text *text);

#endif
