/*
 * A zone as the settings describe it: which primary takes the updates of a domain, with which key,
 * and which servers must show them.
 */
#ifndef AUTHORITY_H
#define AUTHORITY_H

#include "daemon/conf/config.h"
#include "dnsupdate/key.h"
#include "dnsupdate/zone.h"

/* True: the key is for an algorithm that should not be used any more; `text` says so. */
bool authority_out_of_date(const struct config_server *server, const struct tsig_key *key,
			   struct text *text);

/*
 * `options` brings loop, domain, clock and callbacks; the rest comes from the settings. The key is
 * the caller's to wipe (key_wipe), also after a failure.
 */
MUST_USE bool authority_open(const struct config_server *server, struct zone_options *options,
			     struct tsig_key *key, struct zone **zone_out, struct err *err);

#endif
