/*
 * OpenSMTPD since 6.4: "SESSION smtp WHAT ..."; the tag is smtpd, without an instance before it.
 *
 * What it cannot tell: the line of a refused RCPT never has the sender. Such a refusal counts as
 * one of an unknown sender; only a filter (smtpd-filters(7)) could say more. A probe leaves no
 * trace. Before 6.4 the lines were others ("smtp-in: New session ..."): they are not read.
 */
#ifndef CORE_PARSE_OPENSMTPD_H
#define CORE_PARSE_OPENSMTPD_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_opensmtpd_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_opensmtpd(const struct envelope *envelope, struct record *out);

#endif
