#include "daemon/core/parse_sendmail_fields.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"

struct span
parse_sendmail_fields_address(struct scan *scan)
{
	static const char quoting[] = "\"\\()<> ";
	struct span bare;

	if (EAT(scan, "<"))
		return parse_address_forward(scan);
	bare = scan_until(scan, ',');
	for (size_t i = 0; i < bare.len; i++)
		if (memchr(quoting, bare.at[i], sizeof(quoting) - 1))
			scan_fail(scan);
	if (bare.len == 0)
		scan_fail(scan);
	if (!scan->failed)
		scan->at--; /* the comma */
	return bare;
}

static bool
is_address(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i], letter = (char)(c | 0x20);

		if (!((c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'f') || c == '.' ||
		      c == ':'))
			return false;
	}
	return text.len > 0;
}

/* What the last brackets hold, when that is an address ("[RESPONSE]" is none). */
static struct span
last_bracketed(struct span relay)
{
	const char *open = relay.len ? memrchr(relay.at, '[', relay.len) : NULL;
	struct span address = { relay.at, 0 };

	if (!open || relay.at[relay.len - 1] != ']')
		return address;
	address = (struct span){ open + 1, (size_t)(relay.at + relay.len - 1 - (open + 1)) };
	if (span_begins(address, SPAN("IPv6:")))
		address = span_after(address, sizeof("IPv6:") - 1);
	if (!is_address(address))
		address.len = 0;
	return address;
}

void
parse_sendmail_fields_relay(struct span relay, struct record *out)
{
	static const struct span forged = { " (may be forged)", 16 };

	if (span_ends(relay, forged))
		relay.len -= forged.len;
	out->client = last_bracketed(relay);
	out->loopback = span_equal(out->client, SPAN("127.0.0.1")) ||
			span_equal(out->client, SPAN("::1")) ||
			span_equal(out->client, SPAN("0:0:0:0:0:0:0:1"));
	out->local = out->client.len == 0; /* "user@localhost": a program on this host */
}
