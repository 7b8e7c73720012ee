/*
 * Exim: its own log ("2026-11-24 16:46:08 ...") and what it gives to syslog.
 *
 *   [STAMP ][[PID] ][ID ]TEXT      TEXT after ID: <= arrival, => -> ** == deliveries, Completed
 *   ID <= <S> [R=ID] [H=HOST] [U=] P= [X=] [A=] S= [id=] [T=""] [from <S>] [for R...]
 *   [ID ]H=HOST [U=] [X=] F=<S>[ A=user] [temporarily ]rejected RCPT <R>: TEXT
 *
 * HOST is "[name ][(helo) ][ADDRESS][:port][ I=[..]:port]". All is read by position, from the left,
 * with quotes; what strangers write in between and would make a second reading of the rest
 * (a HELO that was not checked, an ident, a certificate's name) makes the line broken.
 *
 * What the log cannot show: the sender of "rejected DATA" (counts as of an unknown one), RCPT that
 * is no address (501), MAIL before HELO, the code of an answer, and the recipients of a message
 * before its deliveries unless log_selector has received_recipients. A probe (recipients, then no
 * data) is seen only with smtp_incomplete_transaction. Too many recipients is said once a message.
 *
 * Syslog: a message of more than 870 bytes or of several lines comes in parts, "[1/5] ", "[2/5] "
 * or "[1\5] ". Only the first is read, and of one that is cut only what is whole in it; a delivery
 * that is cut is broken. Each refusal comes twice: see twice.h. The rejectlog is the same again:
 * not to be followed beside the mainlog, nor written to the same file.
 */
#ifndef CORE_PARSE_EXIM_H
#define CORE_PARSE_EXIM_H

#include "daemon/core/format.h"

/* Is this program one of this MTA? */
bool parse_exim_claims(const struct envelope *envelope);

/* Reads one message; `out` comes as RECORD_OTHER. */
void parse_exim(const struct envelope *envelope, struct record *out);

#endif
