#include "daemon/core/parse_sendmail_refused.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_sendmail_fields.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

/* "550 5.1.1 text": what an answer to a client begins with; "421, errormode=4". */
static bool
read_status(struct scan scan, struct record *out)
{
	struct span code = { scan.at, 3 }, rest;
	size_t len = 2;

	scan_digits(&scan, 3, 599);
	if (scan.failed || (*code.at != '4' && *code.at != '5') ||
	    (!EAT(&scan, " ") && !EAT(&scan, ", ")))
		return false;
	out->permanent = *code.at == '5';
	out->status = code;
	rest = scan_rest(&scan);
	if (rest.len < 5 || rest.at[0] != *code.at || rest.at[1] != '.')
		return true;
	while (len < rest.len &&
	       (rest.at[len] == '.' || (rest.at[len] >= '0' && rest.at[len] <= '9')))
		len++;
	out->status = (struct span){ rest.at, len };
	out->pressure = span_begins(out->status, SPAN("4.3.")); /* RFC 3463: mail system full */
	return true;
}

/* The sender is known (MAIL), or will come with the from= line (RCPT, DATA). */
static void
refused(struct record *out, struct span address, bool mail)
{
	if (mail) {
		out->null_sender = address.len == 0;
		out->stage = STAGE_LATE;
		answer(out, RECORD_REFUSED, "MAIL was refused, and this line has its sender");
		return;
	}
	out->recipient = address;
	out->unknown_user = out->unknown_user || span_equal(out->status, SPAN("5.1.1"));
	out->sender_later = true;
	answer(out, RECORD_REFUSED, "RCPT was refused; the from= line will name the sender");
}

static void
refused_data(struct record *out)
{
	out->stage = STAGE_LATE;
	out->sender_later = true;
	answer(out, RECORD_REFUSED, "DATA was refused; the from= line will name the sender");
}

/* "relay=..., reject=550 ...". False: broken. No reject: discarded, quarantined. */
static bool
read_verdict(struct scan *scan, struct record *out, bool *reject_out)
{
	struct span rest;
	const char *at;

	scan_text(scan, SPAN("relay="));
	rest = scan_rest(scan);
	at = scan->failed ? NULL : memmem(rest.at, rest.len, ", reject=", 9);
	*reject_out = at != NULL;
	if (!at)
		return !scan->failed;
	parse_sendmail_fields_relay((struct span){ rest.at, (size_t)(at - rest.at) }, out);
	out->local = false;
	return read_status(eat_over(span_after(rest, (size_t)(at + 9 - rest.at))), out);
}

/* "arg1=HOST, arg2=ADDRESS, relay=..., reject=421 4.3.2 Connection rate limit exceeded." */
static void
read_check_relay(struct scan *scan, struct record *out)
{
	bool reject;

	scan_until(scan, ',');
	scan_text(scan, SPAN(" arg2="));
	scan_until(scan, ',');
	scan_text(scan, SPAN(" "));
	if (read_verdict(scan, out, &reject) && reject && span_begins(out->status, SPAN("4.3.")))
		answer(out, RECORD_PRESSURE, "a connection is refused: at a limit");
	else
		answer(out, RECORD_OTHER, "a connection is refused: no sender is known");
	out->pressure = false;
}

/* "check_rcpt, arg1=<R>, relay=..., reject=550 ..."; arg1 of the others is not an address. */
static void
read_ruleset(struct scan *scan, struct record *out)
{
	bool mail = EAT(scan, "check_mail, arg1="), data = !mail && EAT(scan, "check_data, arg1=");
	struct span address = { 0 };
	bool reject;

	if (!mail && !data && !EAT(scan, "check_rcpt, arg1=")) {
		if (EAT(scan, "check_relay, arg1="))
			read_check_relay(scan, out);
		return;
	}
	if (data) /* how many recipients */
		scan_number(scan, INT64_MAX);
	else
		address = parse_sendmail_fields_address(scan);
	scan_text(scan, SPAN(", "));
	if (!read_verdict(scan, out, &reject))
		answer(out, RECORD_BROKEN, "a ruleset's line that is not readable");
	else if (reject && data)
		refused_data(out);
	else if (reject)
		refused(out, address, mail);
}

/* "to=<R>, reject=550 ..."; "data, reject=..." is told again by the to= lines. */
static void
read_milter(struct scan *scan, struct record *out)
{
	bool mail = EAT(scan, "from="), data = !mail && EAT(scan, "cmd=data");
	struct span address = { 0 };

	if (!mail && !data && !EAT(scan, "to="))
		return;
	if (!data)
		address = parse_sendmail_fields_address(scan);
	if (EAT(scan, ", discard"))
		return;
	scan_text(scan, SPAN(", reject="));
	if (scan->failed || !read_status(*scan, out))
		answer(out, RECORD_BROKEN, "a milter's refusal that is not readable");
	else if (data)
		refused_data(out);
	else
		refused(out, address, mail);
	out->pressure = false; /* the filter's, not this MTA's */
}

/* Sendmail's words (err.h, and the manual's example of error:nouser). */
static bool
says_unknown(struct span text)
{
	return span_begins(text, SPAN("User unknown")) ||
	       span_begins(text, SPAN("No such user here"));
}

/* "<R>... User unknown", and whatever else a table says of R. */
static void
read_unknown(struct scan *scan, struct record *out)
{
	struct span recipient = parse_address_forward(scan);

	scan_text(scan, SPAN("... "));
	out->permanent = true;
	out->unknown_user = says_unknown(scan_rest(scan));
	refused(out, recipient, false);
	if (scan->failed)
		answer(out, RECORD_BROKEN, "a refused recipient that is not readable");
}

void
parse_sendmail_refused(struct scan *scan, struct record *out)
{
	if (EAT(scan, "<-- "))
		out->why = "the dialogue, which the log level shows: a command";
	else if (EAT(scan, "<"))
		read_unknown(scan, out);
	else if (EAT(scan, "ruleset="))
		read_ruleset(scan, out);
	else if (EAT(scan, "Milter: "))
		read_milter(scan, out);
}
