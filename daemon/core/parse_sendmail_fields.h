/*
 * What several lines of Sendmail have: addresses and the client.
 */
#ifndef CORE_PARSE_SENDMAIL_FIELDS_H
#define CORE_PARSE_SENDMAIL_FIELDS_H

#include "daemon/base/scan.h"
#include "daemon/core/format.h"

/*
 * Eats "<address>" up to the comma behind it, or an address that the client sent without brackets,
 * or fails: one without brackets is not believed when anything in it is quoted.
 */
struct span parse_sendmail_fields_address(struct scan *scan);

/*
 * "mail.example [192.0.2.1]", "[IPv6:2001:db8:0:0:0:0:0:1]", "... (may be forged)",
 * "root@localhost": the client, or that there is none.
 */
void parse_sendmail_fields_relay(struct span relay, struct record *out);

#endif
