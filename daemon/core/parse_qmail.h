/*
 * qmail, netqmail, notqmail and their kin: lines of qmail-send and tcpserver, by multilog or
 * splogger.
 *
 * What it cannot tell: qmail-smtpd logs nothing, so that refusals and probes do not exist here, and
 * unknown recipients are usually accepted and fail later. No line ties a client to a message.
 * Of the patches that log refusals, spamdyke's line is read: an empty sender in it is not proved to
 * be the null one, so its refusals count as of an unknown sender.
 */
#ifndef CORE_PARSE_QMAIL_H
#define CORE_PARSE_QMAIL_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_qmail_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_qmail(const struct envelope *envelope, struct record *out);

#endif
