/*
 * Queue ids of Postfix, short (hexadecimal) and long (base 52): 5 to 24 letters and digits.
 */
#ifndef CORE_PARSE_ID_H
#define CORE_PARSE_ID_H

#include "daemon/base/scan.h"

/* Eats a queue id, or gives an empty span and eats nothing. */
struct span parse_id(struct scan *scan);

/* Eats "QUEUEID: ". False, and nothing eaten, when something else is there. */
bool parse_id_colon(struct scan *scan, struct span *id_out);

#endif
