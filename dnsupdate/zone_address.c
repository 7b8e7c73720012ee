#include "dnsupdate/zone.h"

#include "daemon/base/scan.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* Cuts "host" and ":port" apart; an IPv6 address has its port only behind brackets. */
static bool
cut(struct span text, struct span *host, struct span *port)
{
	const char *colon, *end;

	*port = SPAN("53");
	*host = text;
	if (span_begins(text, SPAN("["))) {
		end = memchr(text.at, ']', text.len);
		if (!end)
			return false;
		*host = (struct span){ text.at + 1, (size_t)(end - text.at) - 1 };
		text = span_after(text, host->len + 2);
		if (text.len > 0 && text.at[0] != ':')
			return false;
		if (text.len > 0)
			*port = span_after(text, 1);
		return true;
	}
	colon = memchr(text.at, ':', text.len);
	if (!colon || memchr(colon + 1, ':', text.len - (size_t)(colon - text.at) - 1))
		return true;
	*host = (struct span){ text.at, (size_t)(colon - text.at) };
	*port = span_after(text, host->len + 1);
	return true;
}

bool
zone_address(struct span text, struct zone_server *out, struct err *err)
{
	struct zone_server server = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&server.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server.address;
	struct span host = { 0 }, port_text = { 0 };
	char name[INET6_ADDRSTRLEN];
	struct scan scan;
	uint64_t port;
	bool shape = text.len > 0 && cut(text, &host, &port_text);

	scan = scan_over(port_text);
	port = scan_number(&scan, UINT16_MAX);
	if (!shape || !scan_done(&scan) || port == 0 || host.len == 0 ||
	    !span_copy(host, name, sizeof(name)))
		goto bad;
	span_copy(text, server.name, sizeof(server.name));
	if (inet_pton(AF_INET, name, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
	} else if (inet_pton(AF_INET6, name, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
	} else {
		goto bad;
	}
	*out = server;
	return true;
bad:
	return err_set(err, ERR_INPUT,
		       "'%.*s' is not an address such as 192.0.2.53, 192.0.2.53:5353 or "
		       "[2001:db8::53]:53 (a host name is not enough)",
		       (int)(text.len < 100 ? text.len : 100), text.at ? text.at : "");
}
