#include "daemon/core/parse_opensmtpd.h"

#include "daemon/core/eat.h"
#include "daemon/core/hash.h"
#include "daemon/core/parse_address.h"

#define SESSION_DIGITS 16
#define MESSAGE_DIGITS 8 /* an evpid begins with the message's */
#define ENVELOPE_DIGITS 16

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

/* Eats exactly so many lower-case hexadecimal digits, or fails. */
static struct span
read_hex(struct scan *scan, size_t digits)
{
	struct span hex = { scan->at, digits };

	if (scan->failed || scan_rest(scan).len < digits)
		goto out;
	for (size_t i = 0; i < digits; i++)
		if (!((hex.at[i] >= '0' && hex.at[i] <= '9') ||
		      (hex.at[i] >= 'a' && hex.at[i] <= 'f')))
			goto out;
	scan->at += digits;
	return hex;
out:
	scan_fail(scan);
	return (struct span){ scan->at, 0 };
}

static bool
loopback(struct span address)
{
	return span_equal(address, SPAN("127.0.0.1")) || span_equal(address, SPAN("::1"));
}

/* "address=192.0.2.1 host=...", "address=[2001:db8::1] host=...", "address=local host=..." */
static void
read_connected(struct scan *scan, struct span session, struct record *out)
{
	scan_text(scan, SPAN("address="));
	if (EAT(scan, "[")) {
		out->client = scan_until(scan, ']');
	} else {
		struct scan ahead = *scan;

		out->client = scan_until(&ahead, ' ');
		if (ahead.failed)
			out->client = scan_rest(scan);
	}
	if (scan->failed || out->client.len == 0) {
		answer(out, RECORD_BROKEN, "a session without the client's address");
		return;
	}
	out->queue_id = session;
	out->local = span_equal(out->client, SPAN("local"));
	if (out->local)
		out->client.len = 0;
	answer(out, RECORD_CLIENT,
	       out->local ? "a session from this host begins" : "a client's session begins");
	out->loopback = loopback(out->client);
}

/* "user=... result=ok": who may send through us is no stranger. */
static void
read_authentication(struct scan *scan, struct span session, struct record *out)
{
	if (!span_ends(scan_rest(scan), SPAN(" result=ok")))
		return;
	out->queue_id = session;
	out->authenticated = true;
	answer(out, RECORD_CLIENT, "a user of ours logged in: nothing of this session counts");
}

/* "msgid=8819421f size=527 nrcpt=1 proto=ESMTP" */
static void
read_message(struct scan *scan, struct span session, struct record *out)
{
	scan_text(scan, SPAN("msgid="));
	out->queue_id = read_hex(scan, MESSAGE_DIGITS);
	out->via = session;
	if (!EAT(scan, " size="))
		scan_fail(scan);
	answer(out, scan->failed ? RECORD_BROKEN : RECORD_CLIENT,
	       scan->failed ? "a message without its id" : "this session brought a message");
}

/* " from=<S> to=<R>" */
static bool
read_addresses(struct scan *scan, struct record *out, struct span *sender_out)
{
	scan_text(scan, SPAN(" from=<"));
	*sender_out = parse_address_forward(scan);
	scan_text(scan, SPAN(" to=<"));
	out->recipient = parse_address_forward(scan);
	if (!scan->failed)
		return true;
	answer(out, RECORD_BROKEN, "an envelope whose sender or recipient is not readable");
	out->recipient = (struct span){ 0 };
	return false;
}

/* "evpid=8819421f7678ac1f from=<S> to=<R>" */
static bool
read_envelope(struct scan *scan, struct record *out, struct span *sender_out)
{
	out->queue_id = read_hex(scan, ENVELOPE_DIGITS);
	out->queue_id.len = scan->failed ? 0 : MESSAGE_DIGITS;
	return read_addresses(scan, out, sender_out);
}

static void
queued(struct record *out, struct span sender)
{
	out->null_sender = sender.len == 0;
	answer(out, RECORD_QUEUED,
	       out->null_sender ? "a recipient of a message with the null sender"
				: "a recipient of a message with a sender");
}

static void
read_queued(struct scan *scan, struct record *out)
{
	struct span sender;

	if (!read_envelope(scan, out, &sender))
		return;
	if (scan->at == scan->end)
		queued(out, sender);
	else
		answer(out, RECORD_BROKEN, "an envelope with more behind it than there should be");
}

/* "address=192.0.2.1 host=mx.example ", which the oldest of these versions say in each line */
static void
skip_peer(struct scan *scan)
{
	if (!EAT(scan, "address="))
		return;
	scan_until(scan, ' ');
	scan_text(scan, SPAN("host="));
	scan_until(scan, ' ');
}

/* "msgid=8819421f from=<S> to=<R> size=527 ndest=1 proto=ESMTP", one for each recipient */
static void
read_old_message(struct scan *scan, struct span session, struct record *out)
{
	struct span sender;

	skip_peer(scan);
	scan_text(scan, SPAN("msgid="));
	out->queue_id = read_hex(scan, MESSAGE_DIGITS);
	out->via = session;
	if (!read_addresses(scan, out, &sender))
		return;
	if (EAT(scan, " size="))
		queued(out, sender);
	else
		answer(out, RECORD_BROKEN, "a message with more behind it than there should be");
}

/* The verb of a command as the client typed it. */
static bool
eat_verb(struct scan *scan, struct span verb)
{
	struct span rest = scan_rest(scan);

	if (rest.len < verb.len || !span_equal_nocase((struct span){ rest.at, verb.len }, verb))
		return false;
	scan->at += verb.len;
	while (EAT(scan, " "))
		;
	return true;
}

/*
 * "550 5.1.1 text": the last ` result="` of the line. The command before it may hold such words,
 * and the answer may repeat them: when there are two, the status is not believed. False: there is
 * none.
 */
static bool
read_result(struct span rest, struct record *out)
{
	static const struct span key = { "\" result=\"", 10 };
	const char *at = memmem(rest.at, rest.len, key.at, key.len);
	struct span after;

	if (!at)
		return false;
	after = span_after(rest, (size_t)(at + key.len - rest.at));
	if (after.len < 2)
		return false;
	if (memmem(after.at, after.len, key.at, key.len) || after.len < 4)
		return true;
	if ((after.at[0] == '4' || after.at[0] == '5') && after.at[1] >= '0' &&
	    after.at[1] <= '9' && after.at[2] >= '0' && after.at[2] <= '9')
		out->status = (struct span){ after.at, 3 };
	return true;
}

static void
read_refused_rcpt(struct scan *scan, struct record *out)
{
	struct span recipient;

	if (EAT_IS(out->status, "503")) {
		answer(out, RECORD_OTHER, "a RCPT command outside of a transaction");
		return;
	}
	out->sender_never = true;
	answer(out, RECORD_REFUSED, "a RCPT was refused; OpenSMTPD does not log the sender");
	recipient = EAT(scan, "<") ? parse_address_forward(scan) : (struct span){ 0 };
	if (!scan->failed && recipient.len)
		out->recipient = recipient;
}

/* 503: there was no place for a MAIL command; that says nothing about mail. */
static void
read_refused_mail(struct scan *scan, struct record *out)
{
	struct span sender = { 0 };
	bool readable = EAT(scan, "<");

	if (readable)
		sender = parse_address_forward(scan);
	out->stage = STAGE_LATE;
	out->permanent = !out->status.len || out->status.at[0] == '5';
	if (!readable || scan->failed || EAT_IS(out->status, "503")) {
		answer(out, RECORD_OTHER, "a MAIL command that began no transaction");
		return;
	}
	out->null_sender = sender.len == 0;
	answer(out, RECORD_REFUSED,
	       out->null_sender ? "MAIL FROM:<> was refused" : "MAIL was refused");
}

/* 503: nothing was sent that could be refused. */
static void
read_refused_data(struct record *out)
{
	if (EAT_IS(out->status, "503")) {
		answer(out, RECORD_OTHER, "a DATA command outside of a transaction");
		return;
	}
	out->sender_never = true;
	out->stage = STAGE_LATE;
	answer(out, RECORD_REFUSED,
	       "a message was refused at its end; OpenSMTPD does not log the sender");
}

/* `command="RCPT TO:<ghost@example.test>" result="550 ..."` */
static void
read_failed(struct scan *scan, struct span session, struct record *out)
{
	struct span rest;

	skip_peer(scan);
	rest = scan_rest(scan);
	out->via = session;
	if (!EAT(scan, "command=\"") || !span_ends(rest, SPAN("\""))) {
		answer(out, RECORD_BROKEN, "a failed command whose end is missing");
		return;
	}
	if (!read_result(rest, out)) {
		answer(out, RECORD_BROKEN, "a failed command without its result");
	} else if (eat_verb(scan, SPAN("RCPT TO:"))) {
		read_refused_rcpt(scan, out);
	} else if (eat_verb(scan, SPAN("MAIL FROM:"))) {
		read_refused_mail(scan, out);
	} else if (eat_verb(scan, SPAN("DATA")) && EAT(scan, "\"")) {
		read_refused_data(out);
	}
}

static void
read_smtp(struct scan *scan, struct span session, struct record *out)
{
	bool old = EAT(scan, "event=");

	out->session = (uint32_t)hash_span(session, 7) | 1;
	if (EAT(scan, "connected "))
		read_connected(scan, session, out);
	else if (old && EAT(scan, "message "))
		read_old_message(scan, session, out);
	else if (EAT(scan, "message "))
		read_message(scan, session, out);
	else if (EAT(scan, "envelope evpid="))
		read_queued(scan, out);
	else if (EAT(scan, "failed-command "))
		read_failed(scan, session, out);
	else if (EAT(scan, "authentication "))
		read_authentication(scan, session, out);
	else if (EAT(scan, "disconnected") || EAT(scan, "closed"))
		answer(out, RECORD_DISCONNECTED, "the session ends");
}

/* "192.0.2.1 (mx.example)" */
static void
read_relay(struct span relay, struct record *out)
{
	struct scan scan = eat_over(relay);
	struct span address = scan_until(&scan, ' ');

	out->relay = scan.failed ? relay : address;
}

/* " ... result=Ok ..." after the fields that strangers write, the recipients. */
static enum record_delivery
read_outcome(struct scan *scan, struct record *out)
{
	if (EAT(scan, " rcpt=<"))
		parse_address_forward(scan);
	while (!scan->failed && EAT(scan, " ")) {
		if (EAT(scan, "result=Ok ") || EAT(scan, "result=\"Ok\" "))
			return DELIVERY_SENT;
		if (EAT(scan, "result=TempFail ") || EAT(scan, "result=\"TempFail\" "))
			return DELIVERY_DEFERRED;
		if (EAT(scan, "result=PermFail ") || EAT(scan, "result=\"PermFail\" "))
			return DELIVERY_FAILED;
		if (EAT(scan, "relay=\"")) {
			read_relay(scan_until(scan, '"'), out);
		} else if (EAT(scan, "source=\"")) {
			scan_until(scan, '"');
		} else {
			while (scan->at < scan->end && *scan->at != ' ')
				scan->at++;
		}
	}
	return DELIVERY_NONE;
}

/* "delivery evpid=.. from=<> to=<..> rcpt=<..> ... result=Ok stat=Delivered" */
static void
read_delivery(struct scan *scan, struct record *out)
{
	struct span sender;

	if (!EAT(scan, "delivery evpid=") && !EAT(scan, "event=delivery evpid="))
		return;
	if (!read_envelope(scan, out, &sender))
		return;
	out->fields = scan_rest(scan);
	out->sender = sender;
	out->delivery = read_outcome(scan, out);
	if (out->delivery != DELIVERY_SENT)
		out->relay.len = 0;
	answer(out, RECORD_RECIPIENT, "a delivery attempt and its result");
}

/* "relay: Expire for EVPID: from=<@>, to=<R>, rcpt=<->, ..." */
static void
read_expired(struct scan *scan, struct record *out)
{
	out->queue_id = read_hex(scan, ENVELOPE_DIGITS);
	out->queue_id.len = scan->failed ? 0 : MESSAGE_DIGITS;
	scan_text(scan, SPAN(": from=<"));
	parse_address_forward(scan);
	scan_text(scan, SPAN(", to=<"));
	out->recipient = parse_address_forward(scan);
	out->delivery = DELIVERY_FAILED;
	answer(out, scan->failed ? RECORD_BROKEN : RECORD_RECIPIENT,
	       scan->failed ? "an expired envelope that is not readable"
			    : "given up after too long");
}

bool
parse_opensmtpd_claims(const struct envelope *envelope)
{
	return envelope->shape == ENVELOPE_SYSLOG && EAT_IS(envelope->program->name, "smtpd");
}

void
parse_opensmtpd(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);
	struct span session;

	out->why = "a line of OpenSMTPD that is not of interest";
	if (EAT(&scan, "relay: Expire for ")) {
		read_expired(&scan, out);
		return;
	}
	session = read_hex(&scan, SESSION_DIGITS);
	if (scan.failed || !EAT(&scan, " "))
		return;
	if (EAT(&scan, "smtp "))
		read_smtp(&scan, session, out);
	else if (EAT(&scan, "mda ") || EAT(&scan, "mta "))
		read_delivery(&scan, out);
}
