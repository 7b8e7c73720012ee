#include "daemon/core/parse_qmail.h"

#include "daemon/core/eat.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

static struct span
read_digits(struct scan *scan)
{
	const char *from = scan->at;

	scan_number(scan, UINT64_MAX);
	return (struct span){ from, scan->failed ? 0 : (size_t)(scan->at - from) };
}

/* indimail says " queue5" behind its lines, which makes the numbers those of that queue. */
static bool
at_end(const struct scan *scan)
{
	return scan->at == scan->end || span_begins(scan_rest(scan), SPAN(" queue"));
}

/* From the right: " qp 143 uid 6012". The words "qp 143" are the name of what queued it. */
static bool
cut_origin(struct span *rest, struct span *qp_out)
{
	static const struct span uid = { " uid ", 5 }, qp = { " qp ", 4 };
	size_t end = rest->len, at = end;

	while (at && rest->at[at - 1] >= '0' && rest->at[at - 1] <= '9')
		at--;
	if (at == end || !span_ends((struct span){ rest->at, at }, uid))
		return false;
	end = at - uid.len;
	for (at = end; at && rest->at[at - 1] >= '0' && rest->at[at - 1] <= '9';)
		at--;
	if (at == end || !span_ends((struct span){ rest->at, at }, qp))
		return false;
	*qp_out = (struct span){ rest->at + at - 3, end - at + 3 };
	rest->len = at - qp.len;
	return true;
}

/* "info msg 332: bytes 309 from <S> qp 143 uid 6012": S is raw, but has no blank. */
static void
read_info(struct scan *scan, struct record *out)
{
	struct span rest, queue = { 0 };
	const char *at;

	out->queue_id = read_digits(scan);
	scan_text(scan, SPAN(": bytes "));
	scan_number(scan, UINT64_MAX);
	scan_text(scan, SPAN(" from <"));
	rest = scan_rest(scan);
	at = rest.len ? memrchr(rest.at, ' ', rest.len) : NULL;
	if (at && span_begins((struct span){ at, (size_t)(scan->end - at) }, SPAN(" queue"))) {
		queue = (struct span){ at, (size_t)(scan->end - at) };
		rest.len -= queue.len;
	}
	if (scan->failed || !cut_origin(&rest, &out->via) || !span_ends(rest, SPAN(">"))) {
		answer(out, RECORD_BROKEN, "a message whose sender or origin is not readable");
		return;
	}
	rest.len--;
	out->null_sender = rest.len == 0;
	out->local = span_equal(rest, SPAN("#@[]"));
	answer(out, RECORD_ARRIVED,
	       out->local	  ? "a bounce of a bounce, made here for the postmaster"
	       : out->null_sender ? "a message with the null sender; qmail does not say from whom"
				  : "a message with a sender; qmail does not say from whom");
}

/* "bounce msg 412 qp 227": what qp 227 brings is made here. */
static void
read_bounce(struct scan *scan, struct record *out)
{
	const char *from;

	read_digits(scan);
	scan_text(scan, SPAN(" "));
	from = scan->at;
	scan_text(scan, SPAN("qp "));
	read_digits(scan);
	if (scan->failed || !at_end(scan)) {
		answer(out, RECORD_BROKEN, "a bounce without what queued it");
		return;
	}
	out->queue_id = (struct span){ from, (size_t)(scan->at - from) };
	out->local = true;
	answer(out, RECORD_CLIENT, "qmail makes a bounce itself, queued by this qp");
}

/* "starting delivery 1: msg 332 to local u0@example.test"; the scan is behind "starting ". */
static void
read_starting(struct scan *scan, struct record *out)
{
	const char *from = scan->at;

	scan_text(scan, SPAN("delivery "));
	read_digits(scan);
	out->delivery_id = (struct span){ from, (size_t)(scan->at - from) };
	scan_text(scan, SPAN(": msg "));
	out->queue_id = read_digits(scan);
	if (!EAT(scan, " to local ") && !EAT(scan, " to remote "))
		scan_fail(scan);
	out->recipient = scan_rest(scan);
	if (!scan->failed && memchr(out->recipient.at, ' ', out->recipient.len)) {
		struct scan ahead = *scan;

		out->recipient = scan_until(&ahead, ' ');
		ahead.at--;
		scan->failed = !at_end(&ahead);
	}
	answer(out, scan->failed ? RECORD_BROKEN : RECORD_RECIPIENT,
	       scan->failed ? "a delivery whose message or recipient is not readable"
			    : "a delivery begins, and says the recipient of the message");
}

/* "delivery 1: success: TEXT/", TEXT is the far side's */
static void
read_result(struct scan *scan, struct record *out)
{
	const char *from = scan->at;

	scan_text(scan, SPAN("delivery "));
	read_digits(scan);
	out->delivery_id = (struct span){ from, (size_t)(scan->at - from) };
	scan_text(scan, SPAN(": "));
	if (EAT(scan, "success: "))
		out->delivery = DELIVERY_SENT;
	else if (EAT(scan, "deferral: "))
		out->delivery = DELIVERY_DEFERRED;
	else if (EAT(scan, "failure: "))
		out->delivery = DELIVERY_FAILED;
	if (!scan->failed && out->delivery != DELIVERY_NONE)
		answer(out, RECORD_OUTCOME, "the end of a delivery attempt");
}

/* "status: 40/40": as many sessions as may be. */
static void
read_tcpserver(struct scan *scan, struct record *out)
{
	uint64_t now, most;

	if (!EAT(scan, "status: "))
		return;
	now = scan_number(scan, UINT32_MAX);
	scan_text(scan, SPAN("/"));
	most = scan_number(scan, UINT32_MAX);
	if (scan_done(scan) && most && now == most)
		answer(out, RECORD_PRESSURE, "tcpserver has as many sessions as it may");
}

/* "DENIED_RDNS_MISSING from: S to: R origin_ip: A origin_rdns: ...": addresses have no blanks. */
static void
read_spamdyke(struct scan *scan, struct record *out)
{
	if (!EAT(scan, "DENIED_"))
		return;
	scan_until(scan, ' ');
	scan_text(scan, SPAN("from: "));
	scan_until(scan, ' ');
	scan_text(scan, SPAN("to: "));
	out->recipient = scan_until(scan, ' ');
	scan_text(scan, SPAN("origin_ip: "));
	out->client = scan_until(scan, ' ');
	scan_text(scan, SPAN("origin_rdns: "));
	if (scan->failed) {
		answer(out, RECORD_BROKEN, "a refusal of spamdyke that is not readable");
		return;
	}
	out->sender_never = true;
	answer(out, RECORD_REFUSED,
	       "spamdyke refused a recipient; an empty sender is not proved to be the null one");
}

/* splogger writes the seconds before the message: "1795539684.814430 " */
static void
skip_splogger(struct scan *scan)
{
	struct scan ahead = *scan;

	scan_number(&ahead, UINT32_MAX);
	scan_text(&ahead, SPAN("."));
	scan_number(&ahead, 999999);
	scan_text(&ahead, SPAN(" "));
	if (!ahead.failed)
		*scan = ahead;
}

bool
parse_qmail_claims(const struct envelope *envelope)
{
	if (envelope->shape == ENVELOPE_MULTILOG)
		return true;
	return envelope->shape == ENVELOPE_SYSLOG &&
	       (EAT_IS(envelope->program, "qmail") ||
		span_begins(envelope->program, SPAN("qmail-")) ||
		EAT_IS(envelope->program, "spamdyke") || EAT_IS(envelope->program, "tcpserver"));
}

void
parse_qmail(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);

	out->why = "a line of qmail that is not of interest";
	if (envelope->shape == ENVELOPE_SYSLOG)
		skip_splogger(&scan);
	if (EAT_IS(envelope->program, "spamdyke")) {
		read_spamdyke(&scan, out);
	} else if (EAT_IS(envelope->program, "tcpserver") || EAT(&scan, "tcpserver: ")) {
		read_tcpserver(&scan, out);
	} else if (EAT(&scan, "info msg ")) {
		read_info(&scan, out);
	} else if (EAT(&scan, "starting ")) {
		read_starting(&scan, out);
	} else if (EAT(&scan, "bounce msg ")) {
		read_bounce(&scan, out);
	} else if (EAT(&scan, "end msg ")) {
		out->queue_id = read_digits(&scan);
		if (!scan.failed && at_end(&scan))
			answer(out, RECORD_REMOVED, "this message number is free again");
	} else if (scan_rest(&scan).len > 9 && span_begins(scan_rest(&scan), SPAN("delivery "))) {
		read_result(&scan, out);
	}
}
