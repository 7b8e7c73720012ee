#include "daemon/core/parse_sendmail.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_id.h"
#include "daemon/core/parse_sendmail_fields.h"
#include "daemon/core/parse_sendmail_refused.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

/* "6AOGp7DQ000528: ", before 8.12 "AAA12345: ": it ends in digits, as no word does. */
static bool
read_id(struct scan *scan, struct span *id_out)
{
	struct scan ahead = *scan;
	struct span id;

	if (!parse_id_colon(&ahead, &id))
		return false;
	for (size_t i = id.len - 4; i < id.len; i++)
		if (id.at[i] < '0' || id.at[i] > '9')
			return false;
	*id_out = id;
	*scan = ahead;
	return true;
}

/* Cuts ", key=value" from the end when it is that. The value has no comma. */
static bool
cut_last(struct span *rest, struct span key, struct span *value_out)
{
	const char *comma = rest->len ? memrchr(rest->at, ',', rest->len) : NULL;
	struct span last;

	if (!comma)
		return false;
	last = (struct span){ comma, (size_t)(rest->at + rest->len - comma) };
	if (!span_begins(last, key))
		return false;
	*value_out = span_after(last, key.len);
	rest->len -= last.len;
	return true;
}

/*
 * From the right, in the order in which they are written: bodytype=, proto=, daemon=, tls_verify=,
 * auth=, relay=. What is left begins with msgid=, which a stranger writes, or is empty. auth= is
 * not in what Debian's 8.17 writes, with TLS or without; the A of ESMTPA and ESMTPSA (RFC 3848) is.
 */
static bool
read_tail(struct span *rest, struct record *out)
{
	struct span relay, proto, auth, ignored;
	bool with_auth;

	if (!cut_last(rest, SPAN(", relay="), &relay))
		return false;
	parse_sendmail_fields_relay(relay, out);
	with_auth = cut_last(rest, SPAN(", auth="), &auth) && !EAT_IS(auth, "NONE");
	cut_last(rest, SPAN(", tls_verify="), &ignored);
	cut_last(rest, SPAN(", daemon="), &ignored);
	if (cut_last(rest, SPAN(", proto="), &proto))
		out->authenticated = with_auth || span_ends(proto, SPAN("SMTPA")) ||
				     span_ends(proto, SPAN("SMTPSA"));
	cut_last(rest, SPAN(", bodytype="), &ignored);
	return true;
}

/* "<202611241651.6AOGp7DQ000529@host>": the id of a DSN that came back through the submission. Who
 * received one knows its id: only a client on this host is believed. */
static struct span
id_in_message_id(struct span text)
{
	struct scan scan = eat_over(text);
	struct span id;

	if (!EAT(&scan, "<"))
		return (struct span){ text.at, 0 };
	scan_number(&scan, INT64_MAX);
	scan_text(&scan, SPAN("."));
	id = parse_id(&scan);
	return EAT(&scan, "@") ? id : (struct span){ text.at, 0 };
}

/* "from=<>, size=115, class=0, nrcpts=1, [msgid=<...>, ]...relay=..."; from= is eaten */
static void
read_from(struct scan *scan, struct record *out)
{
	uint64_t size, recipients;
	struct span sender, rest;

	sender = parse_sendmail_fields_address(scan);
	scan_text(scan, SPAN(", size="));
	size = scan_number(scan, INT64_MAX);
	scan_text(scan, SPAN(", class="));
	EAT(scan, "-");
	scan_number(scan, INT64_MAX);
	scan_text(scan, SPAN(", nrcpts="));
	recipients = scan_number(scan, INT64_MAX);
	rest = scan_rest(scan);
	if (scan->failed || !read_tail(&rest, out)) {
		answer(out, RECORD_BROKEN, "a from= line that is not readable without doubt");
		return;
	}
	out->null_sender = sender.len == 0;
	if (span_begins(rest, SPAN(", msgid="))) {
		out->sender = sender;
		if (out->loopback)
			out->via = id_in_message_id(span_after(rest, 8));
		answer(out, RECORD_ARRIVED,
		       out->null_sender ? "a message (msgid=) with the null sender"
					: "a message (msgid=) with a sender");
		return;
	}
	out->probe = recipients > 0 && size == 0;
	answer(out, RECORD_NO_MESSAGE,
	       out->null_sender ? "the sender of this transaction is null; no message came of it"
				: "the sender of this transaction; no message came of it");
}

/* A program or a file, in quotes when there are blanks in it. */
static void
skip_quoted(struct scan *scan)
{
	const char *at = scan->at;

	if (!EAT(scan, "\""))
		return;
	for (at++; at < scan->end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	if (at < scan->end)
		scan->at = at;
	else
		scan_fail(scan);
}

/* "<a@x>,<b@y>", "user", "|/program", each followed by ", ". The first one names the message. */
static void
read_recipients(struct scan *scan, struct record *out)
{
	struct span bare = { scan->at, 0 };

	if (EAT(scan, "<")) {
		out->recipient = parse_address_forward(scan);
		out->text.at = scan->at;
		while (!scan->failed && EAT(scan, ",<"))
			parse_address_forward(scan);
		out->text.len = (size_t)(scan->at - out->text.at);
		scan_text(scan, SPAN(", "));
		EAT(scan, "[more], "); /* more lines like this one, with the others */
		return;
	}
	skip_quoted(scan);
	bare.len = (size_t)(scan->at - bare.at) + scan_until(scan, ',').len;
	scan_text(scan, SPAN(" "));
	out->recipient = bare;
}

/* "[relay=..., ][dsn=2.0.0, ]..." */
static void
read_result(struct scan *scan, struct record *out)
{
	struct record host = { 0 };

	if (EAT(scan, "relay=")) {
		parse_sendmail_fields_relay(scan_until(scan, ','), &host);
		scan_text(scan, SPAN(" "));
	}
	if (EAT(scan, "dsn="))
		out->status = scan_until(scan, ',');
	if (scan->failed || out->status.len == 0)
		out->delivery = DELIVERY_NONE;
	else
		out->delivery = out->status.at[0] == '2'   ? DELIVERY_SENT
				: out->status.at[0] == '4' ? DELIVERY_DEFERRED
				: out->status.at[0] == '5' ? DELIVERY_FAILED
							   : DELIVERY_NONE;
	if (out->delivery == DELIVERY_SENT)
		out->relay = host.client;
}

/* "ctladdr=<C> (1/0), " */
static void
read_owner(struct scan *scan, bool address, struct record *out)
{
	if (EAT(scan, "<"))
		out->owner = parse_address_forward(scan);
	if (!address && out->owner.len) /* a program or a file */
		out->recipient = out->owner;
	scan_until(scan, ',');
	scan_text(scan, SPAN(" "));
}

/* "to=<R>, [ctladdr=.., ]delay=00:00:00, [xdelay=.., ][mailer=.., ]pri=.., ..." */
static void
read_to(struct scan *scan, struct record *out)
{
	bool address = scan->at < scan->end && *scan->at == '<', mailer;

	read_recipients(scan, out);
	if (EAT(scan, "ctladdr=")) /* the owner of an alias, or a sender of ours */
		read_owner(scan, address, out);
	out->fields = scan_rest(scan);
	scan_text(scan, SPAN("delay="));
	scan_until(scan, ' ');
	if (EAT(scan, "xdelay="))
		scan_until(scan, ' ');
	mailer = EAT(scan, "mailer=");
	if (mailer)
		scan_until(scan, ' ');
	scan_text(scan, SPAN("pri="));
	scan_number(scan, INT64_MAX);
	scan_text(scan, SPAN(", "));
	if (scan->failed) {
		answer(out, RECORD_BROKEN, "a delivery that is not readable");
		return;
	}
	out->permanent = !mailer;
	if (mailer)
		read_result(scan, out);
	answer(out, mailer ? RECORD_RECIPIENT : RECORD_WITHDRAWN,
	       mailer ? "a delivery attempt; its dsn= says how it ended"
		      : "no mailer was tried: the message was refused at its end");
}

/* "QID2: DSN: ...": this MTA makes a bounce under the second id. */
static void
read_notice(struct scan *scan, struct span made, struct record *out)
{
	if (!EAT(scan, "DSN: ") && !EAT(scan, "return to sender: ") &&
	    !EAT(scan, "postmaster notify: ") && !EAT(scan, "sender notify: "))
		return;
	out->queue_id = made;
	out->remember = true;
	answer(out, RECORD_LOCAL_DSN, "Sendmail makes a bounce itself, under the second id");
}

/* What the daemon says of itself: no line of these begins with what a stranger wrote. */
static void
read_daemon(struct scan *scan, struct record *out)
{
	static const struct span limits[] = {
		{ "rejecting connections on daemon ", 32 },
		{ "deferring connections on daemon ", 32 },
		{ "delaying connections on daemon ", 31 },
		{ "rejecting new messages: min free: ", 34 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (span_begins(scan_rest(scan), limits[i]))
			answer(out, RECORD_PRESSURE, "mail is put off or refused: at a limit");
}

/* An error of the system, which ends with what the system said. */
static bool
read_error(struct scan *scan, struct record *out)
{
	if (!EAT(scan, "SYSERR("))
		return false;
	if (span_ends(scan_rest(scan), SPAN(": No space left on device")))
		answer(out, RECORD_PRESSURE, "the disk is full");
	return true;
}

bool
parse_sendmail_claims(const struct envelope *envelope)
{
	return envelope->shape == ENVELOPE_SYSLOG &&
	       (span_begins(envelope->program->name, SPAN("sendmail")) ||
		span_begins(envelope->program->name, SPAN("sm-")));
}

static void
read_without_id(struct scan *scan, struct record *out)
{
	EAT(scan, "NOQUEUE: ");
	if (read_error(scan, out))
		return;
	read_daemon(scan, out);
	if (span_begins(scan_rest(scan), SPAN("ruleset=check_relay, ")))
		parse_sendmail_refused(scan, out);
}

void
parse_sendmail(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);
	struct span made;

	out->why = "a line of Sendmail that is not of interest";
	if (!read_id(&scan, &out->queue_id))
		read_without_id(&scan, out);
	else if (EAT(&scan, "from="))
		read_from(&scan, out);
	else if (EAT(&scan, "to="))
		read_to(&scan, out);
	else if (read_id(&scan, &made))
		read_notice(&scan, made, out);
	else if (!read_error(&scan, out))
		parse_sendmail_refused(&scan, out);
}
