/*
 * The fields of Exim's lines, each eaten from the left.
 */
#ifndef CORE_PARSE_EXIM_FIELDS_H
#define CORE_PARSE_EXIM_FIELDS_H

#include "daemon/base/scan.h"

/*
 * Takes the mark of a part, "[1/5] " or "[1\5] ", from a message of syslog. False: a later part.
 * cut_out: the part ends in the middle of a line.
 */
bool parse_exim_fields_part(struct span *message, bool *cut_out);

/* Eats "2026-11-24 16:46:08.858 +0000 [138] ", or what of it is there. */
void parse_exim_fields_stamp(struct scan *scan);

/* Eats "1xVtea-000042-0a " or the longer form since 4.97, or gives an empty span. */
struct span parse_exim_fields_id(struct scan *scan);

/* Eats what is up to the next blank outside of quotes, or to the end; fails at an open quote. */
struct span parse_exim_fields_word(struct scan *scan);

/* Eats "[name ][(helo) ][ADDRESS][:port][ I=[..]:port]" and gives the address, or fails. */
struct span parse_exim_fields_host(struct scan *scan);

/* Eats " U=..", " X=..", " CV=..", " DN=\"..\"", " SNI=.." as far as they are there. */
void parse_exim_fields_session(struct scan *scan);

/*
 * Eats an address that a client wrote after RCPT or MAIL: "<a@b>", or "a@b" without quotes. After
 * it comes ": " or the end. Fails on anything else. It is empty for "<>".
 */
struct span parse_exim_fields_path(struct scan *scan);

/*
 * Eats " a@b c@d" to the end and gives the first, or fails. None of them begins like what stands
 * in front of the address of a client.
 */
struct span parse_exim_fields_list(struct scan *scan);

/*
 * Eats the address of a delivery: "a@b", "a <a@b>", "|pipe (x@y) <a@b>". An address that needs
 * quotes always stands in <> with them: no ` <"` may follow it, or it was written by a stranger.
 */
struct span parse_exim_fields_delivered(struct scan *scan);

#endif
