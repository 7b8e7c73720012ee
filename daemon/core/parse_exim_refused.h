/*
 * The lines in which Exim refuses (smtp_in.c, receive.c): what follows the id, if there is one.
 *
 *   H=HOST [U=..] [X=..] F=<S>[ A=user] [temporarily ]rejected RCPT <R>: TEXT
 *   ... rejected after DATA: TEXT            with F=; also MIME ACL, local_scan(), DKIM
 *   H=HOST [temporarily ]rejected MAIL <S>: TEXT, and "rejected DATA: TEXT", both without F=
 *   rejected MAIL FROM:<S> H=HOST: TEXT
 *   rejected from <S> H=HOST: TEXT
 *   H=HOST incomplete transaction (QUIT) from <S> for R...
 *   too many recipients: message rejected: sender=<S> H=HOST
 */
#ifndef CORE_PARSE_EXIM_REFUSED_H
#define CORE_PARSE_EXIM_REFUSED_H

#include "daemon/core/format.h"

/* Sets the kind (REFUSED, NO_MESSAGE or BROKEN) and fields, or leaves OTHER. */
void parse_exim_refused(struct scan *scan, struct record *out);

#endif
