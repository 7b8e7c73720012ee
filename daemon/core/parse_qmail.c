#include "daemon/core/parse_qmail.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_qmail_smtpd.h"

#define SPLOGGER_MOST 799 /* bytes of a line; what is longer goes on in the next */

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

/*
 * indimail runs several qmail-sends, and says behind each line whose it is: " queue5". No address
 * has a blank in a log of qmail, so that this cannot be part of one. Gives and cuts that word.
 */
static struct span
cut_queue(struct span *rest)
{
	size_t at = rest->len;
	struct span word = { rest->at + at, 0 };

	while (at && ((rest->at[at - 1] >= 'a' && rest->at[at - 1] <= 'z') ||
		      (rest->at[at - 1] >= '0' && rest->at[at - 1] <= '9')))
		at--;
	if (at < 2 || rest->at[at - 1] != ' ' || at == rest->len || rest->at[at] <= '9')
		return word;
	word = (struct span){ rest->at + at, rest->len - at };
	rest->len = at - 1;
	return word;
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
	struct span rest;

	out->queue_id = read_digits(scan);
	scan_text(scan, SPAN(": bytes "));
	scan_number(scan, UINT64_MAX);
	scan_text(scan, SPAN(" from <"));
	rest = scan_rest(scan);
	cut_queue(&rest);
	if (scan->failed || !cut_origin(&rest, &out->via) || !span_ends(rest, SPAN(">"))) {
		answer(out, RECORD_BROKEN, "a message whose sender or origin is not readable");
		return;
	}
	rest.len--;
	out->sender = rest;
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
	struct span rest;

	read_digits(scan);
	scan_text(scan, SPAN(" "));
	rest = scan_rest(scan);
	cut_queue(&rest);
	out->queue_id = rest;
	scan_text(scan, SPAN("qp "));
	read_digits(scan);
	if (scan->failed || scan->at != rest.at + rest.len) {
		answer(out, RECORD_BROKEN, "a bounce without what queued it");
		return;
	}
	out->local = true;
	answer(out, RECORD_CLIENT, "qmail makes a bounce itself, queued by this qp");
}

/* "delivery 7: " is the name of an attempt. */
static struct span
read_delivery(struct scan *scan)
{
	const char *from = scan->at;
	struct span id;

	scan_text(scan, SPAN("delivery "));
	read_digits(scan);
	id = (struct span){ from, scan->failed ? 0 : (size_t)(scan->at - from) };
	scan_text(scan, SPAN(": "));
	return id;
}

/*
 * "starting delivery 1: msg 332 to local u0@example.test"; the scan is behind "starting ". Of
 * indimail's queues each counts its deliveries: their numbers are no names.
 */
static void
read_starting(struct scan *scan, bool whole, struct record *out)
{
	out->delivery_id = read_delivery(scan);
	scan_text(scan, SPAN("msg "));
	out->queue_id = read_digits(scan);
	if (!EAT(scan, " to local ") && !EAT(scan, " to remote "))
		scan_fail(scan);
	out->recipient = scan_rest(scan);
	if (cut_queue(&out->recipient).len)
		out->delivery_id.len = 0;
	if (!out->recipient.len || memchr(out->recipient.at, ' ', out->recipient.len) || !whole)
		scan_fail(scan);
	answer(out, scan->failed ? RECORD_BROKEN : RECORD_RECIPIENT,
	       scan->failed ? "a delivery whose message or recipient is not readable"
			    : "a delivery begins, and says the recipient of the message");
}

/* "192.0.2.1_accepted_message./...": qmail-remote's own words, before those of the far side */
static struct span
read_relay(struct span text)
{
	const char *end = memchr(text.at, '_', text.len);
	struct span address = { text.at, end ? (size_t)(end - text.at) : 0 };

	if (!span_begins(span_after(text, address.len), SPAN("_accepted_message.")))
		address.len = 0;
	return address;
}

/* "delivery 1: success: TEXT/", TEXT is the far side's */
static void
read_result(struct scan *scan, struct record *out)
{
	out->delivery_id = read_delivery(scan);
	if (EAT(scan, "success: "))
		out->delivery = DELIVERY_SENT;
	else if (EAT(scan, "deferral: "))
		out->delivery = DELIVERY_DEFERRED;
	else if (EAT(scan, "failure: "))
		out->delivery = DELIVERY_FAILED;
	if (out->delivery == DELIVERY_SENT && scan->at < scan->end)
		out->relay = read_relay(scan_rest(scan));
	if (!scan->failed && out->delivery != DELIVERY_NONE)
		answer(out, RECORD_OUTCOME, "the end of a delivery attempt");
}

/* "end msg 332", behind which some say more */
static void
read_end(struct scan *scan, struct record *out)
{
	out->queue_id = read_digits(scan);
	if (!scan->failed && (scan->at == scan->end || *scan->at == ' '))
		answer(out, RECORD_REMOVED, "this message number is free again");
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
	       (EAT_IS(envelope->program->name, "qmail") ||
		span_begins(envelope->program->name, SPAN("qmail-")) ||
		EAT_IS(envelope->program->name, "spamdyke") ||
		EAT_IS(envelope->program->name, "tcpserver"));
}

void
parse_qmail(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);
	bool whole;

	out->why = "a line of qmail that is not of interest";
	if (envelope->shape == ENVELOPE_SYSLOG)
		skip_splogger(&scan);
	whole = envelope->shape == ENVELOPE_MULTILOG || scan_rest(&scan).len < SPLOGGER_MOST;
	if (parse_qmail_smtpd_claims(envelope, &scan))
		parse_qmail_smtpd(envelope, &scan, out);
	else if (EAT(&scan, "info msg "))
		read_info(&scan, out);
	else if (EAT(&scan, "starting "))
		read_starting(&scan, whole, out);
	else if (EAT(&scan, "bounce msg "))
		read_bounce(&scan, out);
	else if (EAT(&scan, "end msg "))
		read_end(&scan, out);
	else if (span_begins(scan_rest(&scan), SPAN("delivery ")))
		read_result(&scan, out);
	if (out->kind > RECORD_BROKEN && envelope->program->torn) {
		*out = (struct record){ 0 };
		answer(out, RECORD_BROKEN,
		       "qmail-smtpd writes into this log, too, and strangers' words may begin a "
		       "line of it: nothing is believed");
	}
}
