/*
 * Sendmail: sendmail, sm-mta, sm-msp-queue. A refusal names no sender: that
 * comes with the from= line of the same id.
 */
#ifndef CORE_PARSE_SENDMAIL_H
#define CORE_PARSE_SENDMAIL_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_sendmail_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_sendmail(const struct envelope *envelope, struct record *out);

#endif
