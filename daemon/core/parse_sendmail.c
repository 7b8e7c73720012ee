#include "daemon/core/parse_sendmail.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_id.h"

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

	if (!parse_id_colon(&ahead, id_out))
		return false;
	for (size_t i = id_out->len - 4; i < id_out->len; i++)
		if (id_out->at[i] < '0' || id_out->at[i] > '9')
			return false;
	*scan = ahead;
	return true;
}

static struct span
last_bracketed(struct span relay)
{
	const char *open;

	if (relay.len == 0 || relay.at[relay.len - 1] != ']')
		return (struct span){ relay.at, 0 };
	open = memrchr(relay.at, '[', relay.len);
	if (!open)
		return (struct span){ relay.at, 0 };
	return (struct span){ open + 1, (size_t)(relay.at + relay.len - 1 - (open + 1)) };
}

/* "mail.example [192.0.2.1]", "[IPv6:2001:db8:0:0:0:0:0:1]", "... (may be forged)",
 * "root@localhost" */
static void
read_relay(struct span relay, struct record *out)
{
	static const struct span forged = { " (may be forged)", 16 }, six = { "IPv6:", 5 };

	if (span_ends(relay, forged))
		relay.len -= forged.len;
	out->client = last_bracketed(relay);
	if (span_begins(out->client, six))
		out->client = span_after(out->client, six.len);
	out->loopback = span_equal(out->client, SPAN("127.0.0.1")) ||
			span_equal(out->client, SPAN("::1")) ||
			span_equal(out->client, SPAN("0:0:0:0:0:0:0:1"));
	out->local = out->client.len == 0; /* "user@localhost": a program on this host */
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

/* From the right: relay=, then what may stand before it. The rest begins with msgid=, or is empty.
 */
static bool
read_tail(struct span *rest, struct record *out)
{
	struct span relay, ignored;

	if (!cut_last(rest, SPAN(", relay="), &relay))
		return false;
	read_relay(relay, out);
	for (;;) {
		if (cut_last(rest, SPAN(", auth="), &ignored))
			out->authenticated = !EAT_IS(ignored, "NONE");
		else if (!cut_last(rest, SPAN(", tls_verify="), &ignored) &&
			 !cut_last(rest, SPAN(", daemon="), &ignored) &&
			 !cut_last(rest, SPAN(", proto="), &ignored) &&
			 !cut_last(rest, SPAN(", bodytype="), &ignored))
			return true;
	}
}

/* "<202611241651.6AOGp7DQ000529@host>": the id of a DSN that came back through the submission. */
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

	if (!EAT(scan, "<")) {
		answer(out, RECORD_OTHER, "submitted on this host");
		return;
	}
	sender = parse_address_forward(scan);
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

/* "550 5.1.1 text": what an answer to a client begins with. */
static bool
read_status(struct span answer_text, struct record *out)
{
	struct scan scan = eat_over(answer_text);
	struct span rest = answer_text;

	scan_digits(&scan, 3, 599);
	scan_text(&scan, SPAN(" "));
	if (scan.failed || (rest.at[0] != '4' && rest.at[0] != '5'))
		return false;
	out->permanent = rest.at[0] == '5';
	out->status = (struct span){ rest.at, 3 };
	rest = scan_rest(&scan);
	if (rest.len >= 5 && rest.at[0] == out->status.at[0] && rest.at[1] == '.') {
		size_t len = 2;

		while (len < rest.len &&
		       (rest.at[len] == '.' || (rest.at[len] >= '0' && rest.at[len] <= '9')))
			len++;
		out->status = (struct span){ rest.at, len };
	}
	return true;
}

/* "check_rcpt, arg1=<R>, relay=..., reject=550 ..."; arg1 of the others is not a recipient */
static void
read_ruleset(struct scan *scan, struct record *out)
{
	bool mail = EAT(scan, "check_mail, arg1=<");
	struct span address, rest;
	const char *at;

	if (!mail && !EAT(scan, "check_rcpt, arg1=<"))
		return;
	address = parse_address_forward(scan);
	scan_text(scan, SPAN(", relay="));
	rest = scan_rest(scan);
	at = scan->failed ? NULL : memmem(rest.at, rest.len, ", reject=", 9);
	if (scan->failed) {
		answer(out, RECORD_BROKEN, "a ruleset's line that is not readable");
		return;
	}
	if (!at) /* discard, quarantine */
		return;
	if (!read_status(span_after(rest, (size_t)(at + 9 - rest.at)), out)) {
		answer(out, RECORD_BROKEN, "a refusal without its status");
		return;
	}
	read_relay((struct span){ rest.at, (size_t)(at - rest.at) }, out);
	out->local = false;
	if (mail) {
		out->null_sender = address.len == 0;
		out->stage = STAGE_LATE;
		answer(out, RECORD_REFUSED, "MAIL was refused, the sender is in arg1=");
	} else {
		out->recipient = address;
		out->sender_later = true;
		answer(out, RECORD_REFUSED,
		       "RCPT was refused; the from= line will name the sender");
	}
}

/* "<R>... User unknown": 5xx; what is 4xx has a ruleset. The < is eaten. */
static void
read_unknown(struct scan *scan, struct record *out)
{
	out->recipient = parse_address_forward(scan);
	scan_text(scan, SPAN("... "));
	out->sender_later = true;
	out->permanent = true;
	answer(out, scan->failed ? RECORD_BROKEN : RECORD_REFUSED,
	       scan->failed ? "a refused recipient that is not readable"
			    : "RCPT was refused; the from= line will name the sender");
}

/* "Milter: to=<R>, reject=550 ..."; "Milter: data, reject=..." is told again by the to= lines */
static void
read_milter(struct scan *scan, struct record *out)
{
	if (!EAT(scan, "to=<"))
		return;
	out->recipient = parse_address_forward(scan);
	scan_text(scan, SPAN(", reject="));
	out->sender_later = true;
	if (scan->failed || !read_status(scan_rest(scan), out))
		answer(out, RECORD_BROKEN, "a milter's refusal that is not readable");
	else
		answer(out, RECORD_REFUSED,
		       "a milter refused RCPT; the from= line will name the sender");
}

/* "<a@x>,<b@y>", "user", "|/program", each followed by ", ". The first one counts. */
static struct span
read_recipients(struct scan *scan)
{
	struct span first = { scan->at, 0 };
	bool more = true;

	if (!EAT(scan, "<")) {
		first = scan_until(scan, ',');
		scan_text(scan, SPAN(" "));
		return first;
	}
	for (bool one = true; more && !scan->failed; one = false) {
		struct span address = parse_address_forward(scan);

		first = one ? address : first;
		more = EAT(scan, ",<");
	}
	scan_text(scan, SPAN(", "));
	return first;
}

/* "pri=30354, [relay=..., ][dsn=2.0.0, ]..." */
static void
read_result(struct scan *scan, struct record *out)
{
	scan_number(scan, INT64_MAX);
	scan_text(scan, SPAN(", "));
	if (EAT(scan, "relay=")) {
		scan_until(scan, ',');
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
}

/* "to=<R>, [ctladdr=<C> (1/0), ]delay=00:00:00, [xdelay=.., mailer=.., ]pri=.., ..." */
static void
read_to(struct scan *scan, struct record *out)
{
	bool address = scan->at < scan->end && *scan->at == '<';

	out->recipient = read_recipients(scan);
	if (EAT(scan, "ctladdr=")) { /* the owner of an alias, or a sender of ours */
		if (EAT(scan, "<"))
			out->owner = parse_address_forward(scan);
		if (!address && out->owner.len) /* a program or a file */
			out->recipient = out->owner;
		scan_until(scan, ',');
		scan_text(scan, SPAN(" "));
	}
	scan_text(scan, SPAN("delay="));
	scan_until(scan, ' ');
	if (scan->failed) {
		answer(out, RECORD_BROKEN, "a delivery whose recipient is not readable");
		return;
	}
	if (EAT(scan, "pri=")) {
		out->permanent = true;
		answer(out, RECORD_WITHDRAWN,
		       "no mailer was tried: the message was refused at its end");
		return;
	}
	scan_text(scan, SPAN("xdelay="));
	scan_until(scan, ' ');
	scan_text(scan, SPAN("mailer="));
	scan_until(scan, ' ');
	scan_text(scan, SPAN("pri="));
	read_result(scan, out);
	answer(out, RECORD_RECIPIENT, "a delivery attempt; its dsn= says how it ended");
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

static void
read_daemon(struct scan *scan, struct record *out)
{
	if (EAT(scan, "rejecting connections on daemon ") ||
	    EAT(scan, "deferring connections on daemon "))
		answer(out, RECORD_PRESSURE, "connections are refused: at a limit");
}

bool
parse_sendmail_claims(const struct envelope *envelope)
{
	return envelope->shape == ENVELOPE_SYSLOG &&
	       (span_begins(envelope->program, SPAN("sendmail")) ||
		span_begins(envelope->program, SPAN("sm-")));
}

void
parse_sendmail(const struct envelope *envelope, struct record *out)
{
	struct scan scan = eat_over(envelope->message);
	struct span made;

	out->why = "a line of Sendmail that is not of interest";
	if (!read_id(&scan, &out->queue_id))
		read_daemon(&scan, out);
	else if (EAT(&scan, "from="))
		read_from(&scan, out);
	else if (EAT(&scan, "to="))
		read_to(&scan, out);
	else if (EAT(&scan, "<"))
		read_unknown(&scan, out);
	else if (EAT(&scan, "ruleset="))
		read_ruleset(&scan, out);
	else if (EAT(&scan, "Milter: "))
		read_milter(&scan, out);
	else if (read_id(&scan, &made))
		read_notice(&scan, made, out);
}
