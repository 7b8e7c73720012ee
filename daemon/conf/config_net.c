#include "daemon/conf/config_net.h"

#include "daemon/base/scan.h"

#include <arpa/inet.h>

#define LABEL 63
#define NAME_OCTETS 253 /* in presentation form without the final dot, RFC 1035 section 2.3.4 */

static bool
letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
label_ok(struct span label, bool host)
{
	if (label.len == 0 || label.len > LABEL || label.at[0] == '-' ||
	    label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!letter_or_digit(label.at[i]) && label.at[i] != '-' &&
		    (host || label.at[i] != '_'))
			return false;
	return true;
}

static bool
all_digits(struct span label)
{
	for (size_t i = 0; i < label.len; i++)
		if (label.at[i] < '0' || label.at[i] > '9')
			return false;
	return true;
}

bool
config_net_name(struct span text, bool host, char out[CONFIG_NAME])
{
	struct span left = text, label;
	unsigned labels = 0;

	if (span_ends(text, SPAN(".")))
		left.len = --text.len;
	if (text.len == 0 || text.len > NAME_OCTETS)
		return false;
	do {
		const char *dot = memchr(left.at, '.', left.len);

		label = (struct span){ left.at, dot ? (size_t)(dot - left.at) : left.len };
		if (!label_ok(label, host))
			return false;
		labels++;
		left = span_after(left, label.len + 1);
	} while (left.at < text.at + text.len || left.at[-1] == '.');
	if (all_digits(label) || (host && labels < 2))
		return false;
	span_copy_lower(text, out, CONFIG_NAME);
	memcpy(out + text.len, ".", 2);
	return true;
}

bool
config_net_inside(const char *name, const char *zone)
{
	struct span inner = span_of(name), outer = span_of(zone);

	return span_ends(inner, outer) &&
	       (inner.len == outer.len || inner.at[inner.len - outer.len - 1] == '.');
}

/* The address without its port and brackets; the port, if there is one, is left in `port`. */
static struct span
split_port(struct span text, struct span *port, bool *bracketed)
{
	const char *colon = text.len ? memchr(text.at, ':', text.len) : NULL;
	const char *close;

	*port = (struct span){ NULL, 0 };
	*bracketed = span_begins(text, SPAN("["));
	if (*bracketed) {
		close = memchr(text.at, ']', text.len);
		if (!close)
			return SPAN("");
		*port = span_after(text, (size_t)(close - text.at) + 1);
		return (struct span){ text.at + 1, (size_t)(close - text.at) - 1 };
	}
	if (!colon || memchr(colon + 1, ':', (size_t)(text.at + text.len - colon - 1)))
		return text;
	*port = span_after(text, (size_t)(colon - text.at));
	return (struct span){ text.at, (size_t)(colon - text.at) };
}

bool
config_net_address(struct span text, uint16_t port, char host_out[CONFIG_ADDRESS],
		   uint16_t *port_out)
{
	char host[CONFIG_ADDRESS], bytes[sizeof(struct in6_addr)];
	struct span port_text;
	bool bracketed;
	struct span alone = split_port(text, &port_text, &bracketed);

	if (!span_copy(alone, host, sizeof(host)) || strlen(host) != alone.len)
		return false;
	if (port_text.len) {
		struct scan scan = scan_over(port_text);

		scan_text(&scan, SPAN(":"));
		port = (uint16_t)scan_number(&scan, UINT16_MAX);
		if (!scan_done(&scan))
			return false;
	}
	if (port == 0)
		return false;
	if (!bracketed && inet_pton(AF_INET, host, bytes) == 1)
		inet_ntop(AF_INET, bytes, host_out, CONFIG_ADDRESS);
	else if (inet_pton(AF_INET6, host, bytes) == 1)
		inet_ntop(AF_INET6, bytes, host_out, CONFIG_ADDRESS);
	else
		return false;
	*port_out = port;
	return true;
}

void
config_net_print(const char *host, uint16_t port, struct text *text)
{
	text_add(text, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

bool
config_net_path(struct span path)
{
	for (size_t i = 0; i < path.len; i++)
		if ((unsigned char)path.at[i] < ' ' || path.at[i] == 0x7f)
			return false;
	return span_begins(path, SPAN("/")) && !span_ends(path, SPAN("/"));
}

bool
config_net_listen(struct span text, struct config_listen *out)
{
	struct config_listen listen = { .kind = CONFIG_LISTEN_TCP };
	struct text shown = TEXT(listen.text);

	if (span_begins(text, SPAN("unix:"))) {
		struct span path = span_after(text, 5);

		listen.kind = CONFIG_LISTEN_UNIX;
		if (!config_net_path(path) || !span_copy(path, listen.path, sizeof(listen.path)))
			return false;
		text_add(&shown, "unix:%s", listen.path);
	} else {
		if (span_begins(text, SPAN("tls:"))) {
			listen.kind = CONFIG_LISTEN_TLS;
			text = span_after(text, 4);
			text_add(&shown, "tls:");
		}
		if (!config_net_address(text, 0, listen.host, &listen.port))
			return false;
		config_net_print(listen.host, listen.port, &shown);
	}
	*out = listen;
	return true;
}

/* A host name, a port may follow. */
static bool
name_with_port(struct span text, char host_out[CONFIG_NAME], uint16_t *port_out)
{
	struct span port;
	bool bracketed;
	struct span name = split_port(text, &port, &bracketed);

	if (port.len) {
		struct scan scan = scan_over(span_after(port, 1));

		*port_out = (uint16_t)scan_number(&scan, UINT16_MAX);
		if (!scan_done(&scan) || *port_out == 0)
			return false;
	}
	if (bracketed || span_ends(name, SPAN(".")) || !config_net_name(name, false, host_out))
		return false;
	host_out[name.len] = '\0';
	return true;
}

bool
config_net_origin(struct span text, char out[CONFIG_ORIGIN])
{
	bool tls = span_begins(text, SPAN("https://"));
	struct span at = span_after(text, tls ? 8 : 7);
	uint16_t own = tls ? 443 : 80, port = own;
	char host[CONFIG_NAME];
	struct text origin = text_over(out, CONFIG_ORIGIN);
	bool six;

	if (!tls && !span_begins(text, SPAN("http://")))
		return false;
	if (!config_net_address(at, own, host, &port) && !name_with_port(at, host, &port))
		return false;
	six = strchr(host, ':') != NULL;
	if (six && !span_begins(at, SPAN("[")))
		return false;
	text_add(&origin, six ? "%s://[%s]" : "%s://%s", tls ? "https" : "http", host);
	if (port != own)
		text_add(&origin, ":%u", port);
	return true;
}
