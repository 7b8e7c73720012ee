/*
 * What Sendmail says of refusals: by the lookup of a recipient, by a ruleset, by a milter. Those at
 * RCPT and DATA do not name the sender.
 */
#ifndef CORE_PARSE_SENDMAIL_REFUSED_H
#define CORE_PARSE_SENDMAIL_REFUSED_H

#include "daemon/base/scan.h"
#include "daemon/core/format.h"

/* Reads what is behind the queue id; `out` is left alone when that is something else. */
void parse_sendmail_refused(struct scan *scan, struct record *out);

#endif
