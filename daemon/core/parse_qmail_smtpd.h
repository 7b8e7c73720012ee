/*
 * What stands before qmail-smtpd, or in its place, and does log: tcpserver, spamdyke, and the
 * qmail-smtpd of s/qmail.
 *
 * Their addresses and HELO names are as the client gave them, blanks and all: a line is read only
 * when each of its marks is there once. What s/qmail calls F: is empty for the null sender and for
 * nothing else. An A in its protocol is a user of ours, or a stranger who tried to be one: neither
 * counts. Failed_Rcptto may be a 450 by a setting that the line does not show: it counts as 5xx.
 *
 * That of netqmail with Debian's patches writes a line in pieces ("pid 130 from 192.0.2.1: Received
 * EHLO ", "h"). What another process writes in between tears it, and the next line is what a
 * stranger said ("end msg 332"): the program is then `torn`, and nothing that this log says under
 * that tag is believed.
 */
#ifndef CORE_PARSE_QMAIL_SMTPD_H
#define CORE_PARSE_QMAIL_SMTPD_H

#include "daemon/base/scan.h"
#include "daemon/core/format.h"

/* "tcpserver: ...", "qmail-smtpd: pid ..." whoever writes them down, or a program of that name. */
bool parse_qmail_smtpd_claims(const struct envelope *envelope, const struct scan *scan);

/* Reads it; `out` comes as RECORD_OTHER. */
void parse_qmail_smtpd(const struct envelope *envelope, struct scan *scan, struct record *out);

#endif
