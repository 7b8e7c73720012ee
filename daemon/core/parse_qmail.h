/*
 * qmail, netqmail, notqmail and their kin: lines of qmail-send and tcpserver, by multilog or
 * splogger.
 *
 * What it cannot tell: qmail-smtpd logs nothing, so that refusals and probes do not exist here, and
 * unknown recipients are usually accepted and fail later. No line ties a client to a message.
 * Of those that do log refusals, s/qmail and spamdyke are read (parse_qmail_smtpd.h); an empty
 * sender of spamdyke is not proved to be the null one, so its refusals count as of an unknown
 * sender. CHKUSER is not read: no refusal of it was found whose form is certain.
 *
 * Numbers of messages are used again at once, those of deliveries from 1 after a restart: each new
 * use ends what was known of it. Bounces of bounces (<#@[]>) are made here and not counted.
 */
#ifndef CORE_PARSE_QMAIL_H
#define CORE_PARSE_QMAIL_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_qmail_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_qmail(const struct envelope *envelope, struct record *out);

#endif
