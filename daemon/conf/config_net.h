/*
 * Names and addresses as settings write them. Pure text: nothing is resolved.
 */
#ifndef CONF_CONFIG_NET_H
#define CONF_CONFIG_NET_H

#include "daemon/conf/config.h"

/*
 * A DNS name of letters, digits, hyphens and underscores (a host name: no underscores, two labels
 * or more), final dot or not; its last label is no number. Gives it absolute and in lower case.
 */
MUST_USE bool config_net_name(struct span text, bool host, char out[CONFIG_NAME]);

/* Is `name` the zone or inside it? Both absolute and lower case. */
bool config_net_inside(const char *name, const char *zone);

/*
 * "192.0.2.53", "192.0.2.53:53", "2001:db8::53", "[2001:db8::53]:53"; gives the address alone and
 * the port. Without a port it is `port`, or wrong when that is 0.
 */
MUST_USE bool config_net_address(struct span text, uint16_t port, char host_out[CONFIG_ADDRESS],
				 uint16_t *port_out);

/* "192.0.2.53:53" or "[2001:db8::53]:53". */
void config_net_print(const char *host, uint16_t port, struct text *text);

/* An absolute path to something in a directory, without control characters. */
MUST_USE bool config_net_path(struct span path);

/*
 * The origin of a page, http or https (RFC 6454, section 6.1), as a browser writes it: lower case,
 * without the scheme's own port. No path, not even '/', no user, no pattern.
 */
MUST_USE bool config_net_origin(struct span text, char out[CONFIG_ORIGIN]);

/* An IP address with port, or "unix:" and an absolute path. */
MUST_USE bool config_net_listen(struct span text, struct config_listen *out);

#endif
