/*
 * Exim: its own log ("2026-11-24 16:46:08 ...", also cPanel's exim_mainlog) and what it gives to
 * syslog (tags that begin with "exim").
 *
 * The recipient of a message comes from its delivery lines; what a log_selector may write behind
 * id= and T= is never read, because strangers write there. "rejected DATA" has no sender. A probe
 * leaves a trace only with log_selector = +smtp_incomplete_transaction. A HELO with blanks or
 * brackets in it (Exim takes none, unless told to) makes a line unreadable.
 */
#ifndef CORE_PARSE_EXIM_H
#define CORE_PARSE_EXIM_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_exim_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_exim(const struct envelope *envelope, struct record *out);

#endif
