/*
 * The lines in which Postfix refuses: smtpd (log_whatsup in smtpd_check.c), postscreen, cleanup.
 *
 *   STAGE from NAME[ADDR][:PORT]: CODE [X.Y.Z] TEXT; from=<S> to=<R> proto=P helo=<H>[ sasl_...]
 *
 * TEXT repeats the recipient unquoted, and is written by strangers in part: only what can be read
 * from the right end, quotes and all, is believed.
 */
#ifndef CORE_PARSE_REJECT_H
#define CORE_PARSE_REJECT_H

#include "daemon/core/format.h"

enum parse_reject_by { PARSE_REJECT_SMTPD, PARSE_REJECT_POSTSCREEN, PARSE_REJECT_CLEANUP };

/* `rest`: what follows "reject: ". Sets the kind (REFUSED, PRESSURE, OTHER or BROKEN) and fields.
 */
void parse_reject(struct span rest, enum parse_reject_by by, struct record *out);

#endif
