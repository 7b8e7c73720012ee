#include "daemon/core/parse_exim.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_exim_host.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

static bool
letters(struct scan *scan, size_t count)
{
	if (scan_rest(scan).len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		char c = scan->at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return false;
	}
	scan->at += count;
	return true;
}

/* "1xVtea-000042-0a", since 4.97 "10HmaX-000000005vi-0000"; eats nothing when it is none. */
static bool
read_id(struct scan *scan, struct span *id_out)
{
	static const size_t parts[][3] = { { 6, 6, 2 }, { 6, 11, 4 } };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct scan ahead = *scan;

		if (!letters(&ahead, parts[i][0]) || !EAT(&ahead, "-") ||
		    !letters(&ahead, parts[i][1]) || !EAT(&ahead, "-") ||
		    !letters(&ahead, parts[i][2]))
			continue;
		*id_out = (struct span){ scan->at, (size_t)(ahead.at - scan->at) };
		if (!EAT(&ahead, " "))
			continue;
		*scan = ahead;
		return true;
	}
	return false;
}

/* An address without brackets up to a blank; in its quotes blanks may stand. */
static struct span
read_bare(struct scan *scan)
{
	const char *from = scan->at;
	bool quoted = false;

	for (; scan->at < scan->end && (quoted || *scan->at != ' '); scan->at++) {
		if (*scan->at == '"')
			quoted = !quoted;
		else if (*scan->at == '\\' && quoted && scan->at + 1 < scan->end)
			scan->at++;
	}
	if (quoted)
		scan_fail(scan);
	return (struct span){ from, (size_t)(scan->at - from) };
}

/* "<= SENDER [R=ID ][H=... ]..."; the arrow is eaten */
static void
read_arrival(struct scan *scan, struct record *out)
{
	struct parse_exim_host host;

	if (EAT(scan, "<> "))
		out->null_sender = true;
	else
		read_bare(scan), scan_text(scan, SPAN(" "));
	if (!scan->failed && out->null_sender && EAT(scan, "R=")) {
		answer(out, RECORD_LOCAL_DSN, "Exim made a bounce itself (R= names the message)");
		return;
	}
	if (!scan->failed && !EAT(scan, "H=")) {
		answer(out, RECORD_OTHER, "submitted on this host (no H=)");
		return;
	}
	if (scan->failed || !parse_exim_host(scan, &host)) {
		answer(out, RECORD_BROKEN, "an arrival whose sender or client is not readable");
		return;
	}
	out->client = host.address;
	out->authenticated = host.authenticated;
	out->loopback = host.loopback;
	answer(out, RECORD_ARRIVED,
	       out->authenticated ? "from a user of ours (A=)"
	       : out->null_sender ? "a message with the null sender arrived (<= <>)"
				  : "a message with a sender arrived (<=)");
}

/* " <R> " followed by one of Exim's own fields; eats nothing when something else is there. */
static bool
read_original(struct scan *scan, struct span *address_out)
{
	struct scan ahead = *scan;
	struct span address;

	if (!EAT(&ahead, " <"))
		return false;
	address = parse_address_forward(&ahead);
	if (ahead.failed || (!EAT(&ahead, " R=") && !EAT(&ahead, " F=<") && !EAT(&ahead, " P=<")))
		return false;
	*address_out = address;
	*scan = ahead;
	return true;
}

/* Where blanks stand before it, only one place in the whole line may look like the address. */
static struct span
find_original(struct scan scan)
{
	struct span found = { scan.at, 0 }, one;
	unsigned places = 0;

	while (scan.at < scan.end)
		if (!read_original(&scan, &one))
			scan.at++;
		else if (places++ == 0)
			found = one;
	return places == 1 ? found : (struct span){ scan.at, 0 };
}

/*
 * "u0 <u0@example.test> R=...", "u0@example.test R=...", "|/program <u0@example.test> R=...",
 * "john doe <"john doe"@example.test> R=...", "u0@example.test: why". In brackets stands the
 * address that the message came with.
 */
static void
read_delivery(struct scan *scan, enum record_delivery delivery, struct record *out)
{
	struct scan from = *scan;
	struct span address = read_bare(scan), original = { 0 };

	if (address.len && address.at[address.len - 1] == ':')
		address.len--;
	if (EAT_IS(address, "blackhole")) {
		answer(out, RECORD_OTHER, "discarded: no recipient is left");
		return;
	}
	if (!read_original(scan, &original) && !memchr(address.at, '@', address.len))
		original = find_original(from);
	if (original.len)
		address = original;
	out->recipient = address;
	out->delivery = delivery;
	answer(out, RECORD_RECIPIENT,
	       "a delivery; the recipient is the one that the message came with");
}

/* "550 text", when a site's own text begins so. */
static void
read_status(struct scan *scan, struct record *out)
{
	struct span rest = scan_rest(scan);

	if (rest.len > 5 && rest.at[0] == ':' && (rest.at[2] == '4' || rest.at[2] == '5') &&
	    rest.at[3] >= '0' && rest.at[3] <= '9' && rest.at[4] >= '0' && rest.at[4] <= '9' &&
	    rest.at[5] == ' ')
		out->status = (struct span){ rest.at + 2, 3 };
}

/* "<R>: text" after "rejected RCPT "; Exim writes it as the client did, with brackets or without */
static void
read_refused_rcpt(struct scan *scan, struct record *out)
{
	if (EAT(scan, "<")) {
		out->recipient = parse_address_forward(scan);
	} else {
		out->recipient = read_bare(scan);
		if (out->recipient.len && scan->at[-1] == ':') {
			out->recipient.len--;
			scan->at--;
		}
	}
	if (scan->failed) {
		answer(out, RECORD_BROKEN, "a refused RCPT whose recipient is not readable");
		return;
	}
	read_status(scan, out);
	answer(out, RECORD_REFUSED,
	       out->null_sender ? "RCPT was refused, F=<>" : "RCPT was refused, F= is a sender");
}

/* What follows "[temporarily ]rejected ": RCPT, MAIL, DATA, after DATA */
static void
read_refused(struct scan *scan, bool sender_known, struct record *out)
{
	if (EAT(scan, "RCPT ")) {
		if (sender_known)
			read_refused_rcpt(scan, out);
		else
			answer(out, RECORD_OTHER, "a RCPT command outside of a transaction");
		return;
	}
	out->stage = STAGE_LATE;
	if (EAT(scan, "MAIL <")) {
		struct span sender = parse_address_forward(scan);

		out->null_sender = sender.len == 0;
		answer(out, scan->failed ? RECORD_BROKEN : RECORD_REFUSED,
		       "MAIL was refused, with its sender");
	} else if (EAT(scan, "after DATA")) {
		out->sender_never = !sender_known;
		answer(out, RECORD_REFUSED, "refused at the end of the message");
	} else if (EAT(scan, "DATA")) {
		out->sender_never = !sender_known;
		answer(out, RECORD_REFUSED,
		       sender_known ? "refused at DATA" : "refused at DATA; no F=, no sender");
	}
}

/* "incomplete transaction (QUIT) from <S> for R1 R2": the only trace of a probe */
static void
read_incomplete(struct scan *scan, struct record *out)
{
	struct span sender;

	scan_until(scan, ')');
	scan_text(scan, SPAN(" from <"));
	sender = parse_address_forward(scan);
	out->null_sender = !scan->failed && sender.len == 0;
	out->probe = EAT(scan, " for ");
	if (out->probe)
		out->recipient = read_bare(scan);
	answer(out, scan->failed ? RECORD_BROKEN : RECORD_NO_MESSAGE,
	       "a transaction without a message");
}

/* "H=... [F=<S> ][temporarily ]rejected ..."; H= is eaten */
static void
read_from_host(struct scan *scan, struct record *out)
{
	struct parse_exim_host host;
	struct span sender = { 0 };
	bool known;

	if (!parse_exim_host(scan, &host))
		return; /* "H=127.0.0.2 [127.0.0.2] Connection refused" and the like are no refusals
			 */
	out->client = host.address;
	out->authenticated = host.authenticated;
	known = EAT(scan, " F=<");
	if (known) {
		sender = parse_address_forward(scan);
		out->null_sender = !scan->failed && sender.len == 0;
	}
	if (EAT(scan, " incomplete transaction (")) {
		read_incomplete(scan, out);
		return;
	}
	out->permanent = !EAT(scan, " temporarily rejected ");
	if (out->permanent && !EAT(scan, " rejected "))
		scan_fail(scan);
	if (scan->failed)
		return;
	if (host.ident && memmem(scan->at, scan_rest(scan).len, " F=<", 4)) {
		answer(out, RECORD_BROKEN, "the text of U= (ident) may have made up this refusal");
		return;
	}
	read_refused(scan, known, out);
}

/* "FROM:<S> H=...: message too big: ..." after "rejected MAIL "; "from <S> H=..." with an id */
static void
read_too_big(struct scan *scan, struct record *out)
{
	struct parse_exim_host host;
	struct span sender = parse_address_forward(scan);

	out->null_sender = !scan->failed && sender.len == 0;
	out->permanent = true;
	out->stage = STAGE_LATE;
	scan_text(scan, SPAN(" H="));
	if (scan->failed || !parse_exim_host(scan, &host)) {
		answer(out, RECORD_BROKEN, "a refusal whose sender or client is not readable");
		return;
	}
	out->client = host.address;
	out->authenticated = host.authenticated;
	answer(out, RECORD_REFUSED, "refused for its size, with its sender");
}

static void
read_message(struct scan *scan, struct record *out)
{
	if (EAT(scan, "<= ")) {
		read_arrival(scan, out);
	} else if (EAT(scan, "=> ") || EAT(scan, "-> ") || EAT(scan, ">> ")) {
		read_delivery(scan, DELIVERY_SENT, out);
	} else if (EAT(scan, "** ")) {
		read_delivery(scan, DELIVERY_FAILED, out);
	} else if (EAT(scan, "== ")) {
		read_delivery(scan, DELIVERY_DEFERRED, out);
	} else if (EAT(scan, "Completed")) {
		answer(out, RECORD_REMOVED, "done with this message");
	} else if (EAT(scan, "H=")) {
		read_from_host(scan, out);
	} else if (EAT(scan, "rejected from <")) {
		read_too_big(scan, out);
	} else if (EAT(scan, "no immediate delivery: load average ") ||
		   EAT(scan, "no immediate delivery: too many ")) {
		answer(out, RECORD_PRESSURE, "messages are only queued: at a limit");
	}
}

/* "Connection from [192.0.2.1]:34837 I=[192.0.2.2]:25 refused: too many connections" */
static void
read_connection(struct scan *scan, struct record *out)
{
	out->client = scan_until(scan, ']');
	scan_until(scan, 'r');
	if (EAT(scan, "efused: too many connections") || EAT(scan, "efused: load average"))
		answer(out, RECORD_PRESSURE, "connections are refused: at a limit");
}

/*
 * Syslog: "[1/5] " and "[1\10] " before the first part of a long text, and Exim's own stamp. False:
 * a later part of one.
 */
static bool
skip_syslog(struct scan *scan)
{
	struct scan ahead = *scan;
	struct stamp_memory memory = stamp_memory(0, 0);
	uint64_t part;

	if (EAT(&ahead, "[")) {
		part = scan_number(&ahead, 9999);
		if (!EAT(&ahead, "/") && !EAT(&ahead, "\\"))
			scan_fail(&ahead);
		scan_number(&ahead, 9999);
		scan_text(&ahead, SPAN("] "));
		if (!ahead.failed && part != 1)
			return false;
		if (!ahead.failed)
			*scan = ahead;
	}
	ahead = *scan;
	if (scan_rest(scan).len > 19 && scan->at[4] == '-' && scan->at[10] == ' ') {
		stamp_exim(&memory, &ahead);
		scan_text(&ahead, SPAN(" "));
		if (!ahead.failed)
			*scan = ahead;
	}
	ahead = *scan;
	if (EAT(&ahead, "[")) {
		scan_number(&ahead, UINT32_MAX);
		scan_text(&ahead, SPAN("] "));
		if (!ahead.failed)
			*scan = ahead;
	}
	return true;
}

bool
parse_exim_claims(const struct envelope *envelope)
{
	return envelope->shape == ENVELOPE_EXIM ||
	       (envelope->shape == ENVELOPE_SYSLOG && span_begins(envelope->program, SPAN("exim")));
}

void
parse_exim(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);

	out->why = "a line of Exim that is not of interest";
	if (envelope->shape == ENVELOPE_SYSLOG && !skip_syslog(&scan)) {
		out->why = "a later part of a text that was too long for syslog";
		return;
	}
	if (read_id(&scan, &out->queue_id))
		read_message(&scan, out);
	else if (EAT(&scan, "H="))
		read_from_host(&scan, out);
	else if (EAT(&scan, "rejected MAIL FROM:<"))
		read_too_big(&scan, out);
	else if (EAT(&scan, "Connection from ["))
		read_connection(&scan, out);
	out->twice = envelope->shape == ENVELOPE_SYSLOG &&
		     (out->kind == RECORD_REFUSED || out->kind == RECORD_PRESSURE);
}
