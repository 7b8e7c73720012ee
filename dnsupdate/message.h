/* What we send: questions and updates, as bytes. ldns builds them; it does nothing else here. */
#ifndef DNSUPDATE_MESSAGE_H
#define DNSUPDATE_MESSAGE_H

#include "daemon/base/err.h"
#include "daemon/core/mx.h"

#include <stdint.h>

#define MESSAGE_ROOM 16384 /* two full MX sets of the longest names and a signature */
#define MESSAGE_UDP 1232   /* octets; what is larger goes by TCP */

#define MESSAGE_SOA 6
#define MESSAGE_MX 15

struct message {
	uint8_t wire[MESSAGE_ROOM];
	size_t len;
};

/* A question without recursion, with a random id and without EDNS: an answer that does not fit in
 * 512 octets is truncated and asked for by TCP. `type` is MESSAGE_SOA or MESSAGE_MX. */
MUST_USE bool message_query(const char *name, uint16_t type, struct message *out, struct err *err);

/*
 * One UPDATE (RFC 2136) with a random id, not signed: if the MX RRset of `domain` is exactly the
 * records of `from` (their TTL cannot be asked for; an empty `from` means that there is none), it
 * is deleted and `to` is put in its place. An empty `to` is refused: mail would go to the A record.
 */
MUST_USE bool message_update(const char *zone, const char *domain, const struct mx_set *from,
			     const struct mx_set *to, struct message *out, struct err *err);

#endif
