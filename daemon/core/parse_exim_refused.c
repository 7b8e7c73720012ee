#include "daemon/core/parse_exim_refused.h"

#include "daemon/core/eat.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/parse_exim_fields.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

static void
broken(struct record *out, const char *why)
{
	answer(out, RECORD_BROKEN, why);
	out->client = out->recipient = (struct span){ 0 };
}

/*
 * In the text of a refusal stands the true end of the line when a HELO that was not checked, an
 * ident or a certificate pretended to be the beginning of one.
 */
static bool
two_readings(const struct scan *scan)
{
	struct span rest = scan_rest(scan);
	const char *sender = memmem(rest.at, rest.len, " F=<", 4);

	if (memmem(rest.at, rest.len, ") [", 3))
		return true;
	return sender &&
	       memmem(sender, (size_t)(rest.at + rest.len - sender), "rejected ", 9) != NULL;
}

static void
finish(struct scan *scan, struct record *out, bool temporarily, const char *why)
{
	if (scan->failed) {
		broken(out, "a refusal whose sender or recipient is not readable");
		return;
	}
	if (two_readings(scan)) {
		broken(out, "a refusal that can be read in two ways");
		return;
	}
	out->permanent = !temporarily;
	answer(out, RECORD_REFUSED, why);
}

/* ": 554 text", where the site's own text begins so. */
static void
read_status(struct scan *scan, struct record *out)
{
	struct span code;

	scan_text(scan, SPAN(": "));
	code = scan_until(scan, ' ');
	if (!scan->failed && code.len == 3 && (*code.at == '4' || *code.at == '5') &&
	    code.at[1] >= '0' && code.at[1] <= '9' && code.at[2] >= '0' && code.at[2] <= '9')
		out->status = code;
}

/*
 * Exim's own words for a router that says no (verify = recipient), and those that the manual's and
 * the distributions' :fail: lines use.
 */
static bool
says_unknown(const struct scan *scan)
{
	static const char *const words[] = { "Unrouteable address", "Unknown user", "User unknown",
					     "No such user", "No such address" };
	struct span text = scan_rest(scan);

	if (!span_begins(text, SPAN(": ")))
		return false;
	text = span_after(text, 2);
	if (span_begins(text, SPAN("550 5.1.1 ")))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if (text.len >= len &&
		    span_equal_nocase((struct span){ text.at, len }, span_of(words[i])))
			return true;
	}
	return false;
}

/* What follows "F=<S> rejected ": at which command. */
static void
read_with_sender(struct scan *scan, bool temporarily, struct record *out)
{
	if (EAT(scan, "RCPT ")) {
		out->recipient = parse_exim_fields_path(scan);
		if (out->recipient.len == 0)
			scan_fail(scan);
		finish(scan, out, temporarily, "a recipient was refused; the sender is in F=");
		out->unknown_user =
			out->kind == RECORD_REFUSED && !temporarily && says_unknown(scan);
		read_status(scan, out);
	} else if (EAT(scan, "after DATA") || EAT(scan, "during MIME ACL checks") ||
		   EAT(scan, "by local_scan()") || EAT(scan, "DKIM")) {
		out->stage = STAGE_LATE;
		finish(scan, out, temporarily, "refused at its end; the sender is in F=");
	}
}

/* What follows "H=HOST rejected ", where there is no F=. */
static void
read_without_sender(struct scan *scan, bool temporarily, struct record *out)
{
	out->stage = STAGE_LATE;
	if (EAT(scan, "MAIL ")) {
		out->null_sender = parse_exim_fields_path(scan).len == 0;
		finish(scan, out, temporarily, "its sender was refused at MAIL");
	} else if (EAT(scan, "DATA") && (scan->at == scan->end || *scan->at == ':')) {
		out->sender_never = true;
		finish(scan, out, temporarily, "refused at DATA; this line has no sender");
	}
}

/* "QUIT) from <S> for R...": recipients were named and no message came. */
static void
read_incomplete(struct scan *scan, struct record *out)
{
	scan_until(scan, ')');
	scan_text(scan, SPAN(" from <"));
	out->null_sender = parse_address_forward(scan).len == 0;
	out->probe = EAT(scan, " for");
	if (out->probe)
		out->recipient = parse_exim_fields_list(scan);
	if (scan->failed) {
		broken(out, "a transaction without message whose sender is not readable");
		return;
	}
	answer(out, RECORD_NO_MESSAGE,
	       out->probe ? "recipients were named and no message came"
			  : "a sender was named, and neither a recipient nor a message");
}

/* What follows "H=HOST" and the fields of the session. */
static void
read_session(struct scan *scan, struct record *out)
{
	struct span sender = { 0 };
	bool temporarily;

	if (!EAT(scan, " "))
		return;
	if (EAT(scan, "incomplete transaction (")) {
		read_incomplete(scan, out);
		return;
	}
	if (EAT(scan, "F=<")) {
		sender = parse_address_forward(scan);
		out->null_sender = sender.len == 0;
		out->authenticated = EAT(scan, " A=");
		scan_text(scan, SPAN(" "));
	}
	if (out->authenticated) {
		answer(out, RECORD_REFUSED, "a user of ours (A=) was refused: not counted");
		return;
	}
	if (scan->failed) {
		broken(out, "a line whose sender is not readable");
		return;
	}
	temporarily = EAT(scan, "temporarily ");
	if (!EAT(scan, "rejected "))
		return;
	if (sender.at)
		read_with_sender(scan, temporarily, out);
	else
		read_without_sender(scan, temporarily, out);
}

/* "S> H=HOST: TEXT" */
static void
read_sender_first(struct scan *scan, struct record *out, const char *why)
{
	out->null_sender = parse_address_forward(scan).len == 0;
	if (!scan->failed && !EAT(scan, " H="))
		return;
	out->client = parse_exim_fields_host(scan);
	parse_exim_fields_session(scan);
	finish(scan, out, false, why);
}

static void
read_too_many(struct scan *scan, struct record *out)
{
	bool temporarily = EAT(scan, "excess temporarily rejected: sender=<");

	if (!temporarily && !EAT(scan, "message rejected: sender=<"))
		return;
	read_sender_first(scan, out, "too many recipients; said once a message");
	out->permanent = !temporarily;
}

void
parse_exim_refused(struct scan *scan, struct record *out)
{
	if (EAT(scan, "rejected MAIL FROM:<") || EAT(scan, "rejected from <")) {
		out->stage = STAGE_LATE;
		read_sender_first(scan, out, "refused because of its size or its headers");
		return;
	}
	if (EAT(scan, "too many recipients: ")) {
		read_too_many(scan, out);
		return;
	}
	EAT(scan, " DS");
	if (!EAT(scan, "H=") && !EAT(scan, " H="))
		return;
	out->client = parse_exim_fields_host(scan);
	parse_exim_fields_session(scan);
	if (scan->failed)
		broken(out, "a line whose client is not readable");
	else
		read_session(scan, out);
}
