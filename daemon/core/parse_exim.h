/*
 * Exim: its own log ("2026-11-24 16:46:08 ...") and what it gives to syslog.
 */
#ifndef CORE_PARSE_EXIM_H
#define CORE_PARSE_EXIM_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_exim_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_exim(const struct envelope *envelope, struct record *out);

#endif
