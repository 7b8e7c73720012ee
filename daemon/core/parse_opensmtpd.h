/*
 * OpenSMTPD: "SESSION smtp WHAT ...", and "SESSION smtp event=WHAT ..." of the versions before 6.6;
 * the tag is smtpd, without an instance before it. The oldest lines ("smtp-in: New session ...")
 * are not read.
 *
 * What it cannot tell: the line of a refused RCPT never has the sender. Such a refusal counts as
 * one of an unknown sender; only a filter (smtpd-filters(7)) could say more. A probe leaves no
 * trace. What a session of this host or of a user of ours is refused does not count; the client of
 * a refusal is that of its session. A proxy's line has an id of its own, which nothing ends.
 */
#ifndef CORE_PARSE_OPENSMTPD_H
#define CORE_PARSE_OPENSMTPD_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_opensmtpd_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_opensmtpd(const struct envelope *envelope, struct record *out);

#endif
