#include "daemon/core/parse_exim_host.h"

#include "daemon/core/eat.h"

/* "name (helo) [address]" with any of the first two missing. */
static bool
read_address(struct scan *scan, struct span *address_out)
{
	struct span helo = { scan->at, 0 };

	if (scan->at < scan->end && *scan->at != '(' && *scan->at != '[') {
		scan_until(scan, ' ');
		if (scan->failed)
			return false;
	}
	if (EAT(scan, "(")) {
		helo = scan_until(scan, ')');
		scan_text(scan, SPAN(" "));
	}
	if (memchr(helo.at, ' ', helo.len) || memchr(helo.at, '(', helo.len) || !EAT(scan, "["))
		return false;
	*address_out = scan_until(scan, ']');
	if (scan_rest(scan).len > 1 && scan->at[0] == ':' && scan->at[1] >= '0' &&
	    scan->at[1] <= '9') {
		scan->at++;
		scan_number(scan, 65535);
	}
	return !scan->failed && address_out->len > 0;
}

/* A value: quoted, or up to the next blank. */
static void
skip_value(struct scan *scan)
{
	if (!EAT(scan, "\"")) {
		while (scan->at < scan->end && *scan->at != ' ')
			scan->at++;
		return;
	}
	while (scan->at < scan->end && *scan->at != '"')
		scan->at += *scan->at == '\\' && scan->at + 1 < scan->end ? 2 : 1;
	scan_text(scan, SPAN("\""));
}

/* " KEY=value" of those that describe the client; eats nothing when another thing follows. */
static bool
skip_field(struct scan *scan, struct parse_exim_host *out)
{
	static const struct span keys[] = {
		{ " I=", 3 },  { " P=", 3 },   { " X=", 3 },   { " CV=", 4 },
		{ " DN=", 4 }, { " SNI=", 5 }, { " PRX=", 5 }, { " TFO", 4 },
	};

	if (EAT(scan, " U=")) {
		out->ident = true;
	} else if (EAT(scan, " A=")) {
		out->authenticated = true;
	} else if (EAT(scan, " L")) {
		; /* " L", " L.", " L-", " L.-": pipelining */
	} else {
		size_t i = 0;

		while (i < sizeof(keys) / sizeof(keys[0]) && !scan_maybe(scan, keys[i]))
			i++;
		if (i == sizeof(keys) / sizeof(keys[0]))
			return false;
	}
	skip_value(scan);
	return !scan->failed;
}

bool
parse_exim_host(struct scan *scan, struct parse_exim_host *out)
{
	*out = (struct parse_exim_host){ .address = { scan->at, 0 } };
	if (!read_address(scan, &out->address))
		return false;
	while (skip_field(scan, out))
		;
	out->loopback = span_equal(out->address, SPAN("127.0.0.1")) ||
			span_equal(out->address, SPAN("::1"));
	return !scan->failed;
}
