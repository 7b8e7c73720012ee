/*
 * OpenSMTPD: 6.4 and later: the tag is smtpd, without an instance before it.
 */
#ifndef CORE_PARSE_OPENSMTPD_H
#define CORE_PARSE_OPENSMTPD_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_opensmtpd_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_opensmtpd(const struct envelope *envelope, struct record *out);

#endif
