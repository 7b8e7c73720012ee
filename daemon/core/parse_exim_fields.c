#include "daemon/core/parse_exim_fields.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"

#define PARTS 100000

static bool
one_of(char c, struct span set)
{
	return memchr(set.at, c, set.len) != NULL;
}

bool
parse_exim_fields_part(struct span *message, bool *cut_out)
{
	struct scan scan = eat_over(*message);
	uint64_t part, parts;
	bool whole;

	*cut_out = false;
	if (!EAT(&scan, "["))
		return true;
	part = scan_number(&scan, PARTS);
	whole = EAT(&scan, "\\");
	if (!whole)
		scan_text(&scan, SPAN("/"));
	parts = scan_number(&scan, PARTS);
	scan_text(&scan, SPAN("] "));
	if (scan.failed)
		return true;
	*message = scan_rest(&scan);
	*cut_out = !whole && part < parts;
	return part == 1;
}

/* Eats text of this shape ('0' a digit), or nothing. */
static bool
eat_shape(struct scan *scan, struct span shape)
{
	if (scan_rest(scan).len < shape.len)
		return false;
	for (size_t i = 0; i < shape.len; i++) {
		char c = scan->at[i];

		if (shape.at[i] == '0' ? c < '0' || c > '9' : c != shape.at[i])
			return false;
	}
	scan->at += shape.len;
	return true;
}

void
parse_exim_fields_stamp(struct scan *scan)
{
	struct scan ahead = *scan;

	if (eat_shape(&ahead, SPAN("0000-00-00 00:00:00"))) {
		eat_shape(&ahead, SPAN(".000"));
		if (!eat_shape(&ahead, SPAN(" +0000")))
			eat_shape(&ahead, SPAN(" -0000"));
		if (EAT(&ahead, " "))
			*scan = ahead;
	}
	ahead = *scan;
	if (EAT(&ahead, "[")) {
		scan_number(&ahead, UINT32_MAX);
		scan_text(&ahead, SPAN("] "));
		if (!ahead.failed)
			*scan = ahead;
	}
}

static size_t
alphanumeric(const struct scan *scan)
{
	const char *at = scan->at;

	for (; at < scan->end; at++) {
		char c = *at;

		if ((c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z'))
			break;
	}
	return (size_t)(at - scan->at);
}

struct span
parse_exim_fields_id(struct scan *scan)
{
	static const size_t lengths[][3] = { { 6, 6, 2 }, { 6, 11, 4 } };
	struct scan ahead = *scan;
	size_t is[3];

	for (int i = 0; i < 3; i++) {
		if (i && !EAT(&ahead, "-"))
			goto none;
		is[i] = alphanumeric(&ahead);
		ahead.at += is[i];
	}
	for (int i = 0; i < 2; i++)
		if (memcmp(is, lengths[i], sizeof(is)) == 0 && EAT(&ahead, " ")) {
			struct span id = { scan->at, (size_t)(ahead.at - scan->at - 1) };

			*scan = ahead;
			return id;
		}
none:
	return (struct span){ scan->at, 0 };
}

struct span
parse_exim_fields_word(struct scan *scan)
{
	const char *from = scan->at, *at = from;
	bool quoted = false;

	for (; at < scan->end && (quoted || *at != ' '); at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (*at == '\\' && quoted)
			at++;
	}
	if (quoted || at > scan->end || scan->failed) {
		scan_fail(scan);
		return (struct span){ from, 0 };
	}
	scan->at = at;
	return (struct span){ from, (size_t)(at - from) };
}

/* "192.0.2.1]" */
static struct span
read_literal(struct scan *scan)
{
	struct span address = scan_until(scan, ']');

	if (address.len < 2)
		scan_fail(scan);
	for (size_t i = 0; i < address.len && !scan->failed; i++)
		if (!one_of(address.at[i], SPAN("0123456789abcdefABCDEF.:")))
			scan_fail(scan);
	return address;
}

/* ":50101"; the colon of an outgoing host's ": text" stays. */
static void
eat_port(struct scan *scan)
{
	struct scan ahead = *scan;

	scan_text(&ahead, SPAN(":"));
	scan_number(&ahead, UINT16_MAX);
	if (!ahead.failed)
		*scan = ahead;
}

struct span
parse_exim_fields_host(struct scan *scan)
{
	struct span rest = scan_rest(scan), address;

	if (rest.len && *rest.at != '(' && *rest.at != '[')
		scan_until(scan, ' ');
	if (EAT(scan, "(")) {
		rest = scan_rest(scan);
		const char *close = memmem(rest.at, rest.len, ") [", 3);

		if (!close)
			scan_fail(scan);
		else
			scan->at = close + 2;
	}
	scan_text(scan, SPAN("["));
	address = read_literal(scan);
	eat_port(scan);
	if (EAT(scan, " I=[")) {
		read_literal(scan);
		eat_port(scan);
	}
	return address;
}

void
parse_exim_fields_session(struct scan *scan)
{
	while (EAT(scan, " U=") || EAT(scan, " X=") || EAT(scan, " CV=") || EAT(scan, " DN=") ||
	       EAT(scan, " SNI="))
		parse_exim_fields_word(scan);
}

struct span
parse_exim_fields_path(struct scan *scan)
{
	const char *from = scan->at, *at = from;
	struct span path;

	if (EAT(scan, "<")) {
		path = parse_address_forward(scan);
	} else {
		while (at < scan->end && !one_of(*at, SPAN(" :<>\"()")))
			at++;
		path = (struct span){ from, (size_t)(at - from) };
		scan->at = at;
		if (path.len == 0)
			scan_fail(scan);
	}
	if (scan->at != scan->end && *scan->at != ':')
		scan_fail(scan);
	return path;
}

struct span
parse_exim_fields_list(struct scan *scan)
{
	struct span first = { 0 };

	while (EAT(scan, " ")) {
		struct span word = parse_exim_fields_word(scan);

		if (word.len == 0 || *word.at == '(' || *word.at == '[')
			scan_fail(scan);
		if (!first.at)
			first = word;
	}
	if (!first.at || scan->at != scan->end)
		scan_fail(scan);
	if (scan->failed)
		first.len = 0;
	return first;
}

/* What may stand behind the address of a delivery. */
static bool
ends_address(const struct scan *scan)
{
	static const char *const next[] = { " F=<", " P=<", " R=", " T=", " routing ", " defer (" };
	struct span rest = scan_rest(scan);

	if (span_begins(rest, SPAN(":")))
		return true;
	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++)
		if (span_begins(rest, span_of(next[i])))
			return true;
	return false;
}

/* "a@b", followed by what may follow. */
static bool
read_plain(struct scan *scan, struct span *address_out)
{
	struct scan ahead = *scan;
	const char *from = ahead.at;

	while (ahead.at < ahead.end && !one_of(*ahead.at, SPAN(" :<>\"()")))
		ahead.at++;
	*address_out = (struct span){ from, (size_t)(ahead.at - from) };
	if (!memchr(from, '@', address_out->len) || !ends_address(&ahead))
		return false;
	*scan = ahead;
	return true;
}

struct span
parse_exim_fields_delivered(struct scan *scan)
{
	struct span address, rest = scan_rest(scan);

	if (!read_plain(scan, &address)) {
		const char *open = memmem(rest.at, rest.len, " <", 2);

		if (open)
			scan->at = open + 2;
		else
			scan_fail(scan);
		address = parse_address_forward(scan);
		if (!ends_address(scan))
			scan_fail(scan);
	}
	rest = scan_rest(scan);
	if (memmem(rest.at, rest.len, " <\"", 3))
		scan_fail(scan);
	return address;
}
