/*
 * JSON written by hand, for commands that print an object a line, and what they share else.
 */
#ifndef CTL_JSON_H
#define CTL_JSON_H

#include "daemon/base/span.h"

#include <stdio.h>

#define CTL_JSON_TEXT 1024 /* bytes of a foreign string that are shown; the rest is cut */

/* A JSON string from foreign bytes: scrubbed to printable UTF-8, then escaped. */
void ctl_json_string(FILE *out, struct span text);

/* ,"name":"text"; nothing when the text is empty. */
void ctl_json_member(FILE *out, const char *name, struct span text);

/* A year from 1970 to 9998, or 0. */
int ctl_json_year(const char *text);

#endif
