/*
 * qmail, netqmail, notqmail: lines of qmail-send by multilog or splogger. qmail-smtpd logs no
 * refusals, and nothing ties a client to a message.
 */
#ifndef CORE_PARSE_QMAIL_H
#define CORE_PARSE_QMAIL_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_qmail_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_qmail(const struct envelope *envelope, struct record *out);

#endif
