/*
 * Sendmail: sendmail, sm-mta, sm-msp-queue, and tags that begin with "sendmail" or "sm-" (another
 * one may be given to it by -L; that is not recognised).
 *
 * The line of a refused RCPT or DATA names neither sender nor client: both come with the from= line
 * of the same id, at the end of the transaction, and a refusal whose from= line never comes counts
 * as one of an unknown sender. A line "<R>... text" has no code: it counts as a 5xx, which it is
 * unless a table of the administrator says 4xx. A message is one whose from= line has msgid=;
 * without it and with size=0 it was a probe (one that announced SIZE= is not told from data that
 * was cut off). What looked accepted there and was refused at its end has a to= line without
 * mailer=. A to= line with several recipients counts one delivery. That a user of ours was
 * authenticated say auth= and the A of proto=ESMTPA; nothing of such a transaction is a stranger's.
 */
#ifndef CORE_PARSE_SENDMAIL_H
#define CORE_PARSE_SENDMAIL_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_sendmail_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_sendmail(const struct envelope *envelope, struct record *out);

#endif
