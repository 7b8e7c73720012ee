#include "daemon/core/parse_reject.h"

#include "daemon/core/eat.h"
#include "daemon/core/hash.h"
#include "daemon/core/parse_address.h"
#include "daemon/core/swar.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

static const char *
last_of(struct span rest, char c)
{
	return rest.len ? memrchr(rest.at, c, rest.len) : NULL;
}

/* Cuts " sasl_method=... sasl_username=... sasl_sender=..." from the end. */
static bool
cut_sasl(struct span *rest)
{
	bool found = false;

	for (;;) {
		const char *blank = last_of(*rest, ' ');
		struct span word;

		if (!blank)
			return found;
		word = span_after(*rest, (size_t)(blank - rest->at));
		if (!span_begins(word, SPAN(" sasl_")))
			return found;
		rest->len -= word.len;
		if (rest->len && rest->at[rest->len - 1] == ',')
			rest->len--;
		found = true;
	}
}

/* Cuts " helo=<H>": Postfix replaced `<` and `>` in H. May be absent. */
static void
cut_helo(struct span *rest, struct span key)
{
	const char *open = last_of(*rest, '<');
	size_t before;

	if (!open ||
	    memchr(open, '>', rest->len - (size_t)(open - rest->at)) != rest->at + rest->len - 1)
		return;
	before = (size_t)(open + 1 - rest->at);
	if (before >= key.len && hash_same(open + 1 - key.len, key.at, key.len))
		rest->len = before - key.len;
}

/* Cuts " proto=ESMTP", which is always there. */
static bool
cut_protocol(struct span *rest, struct span key)
{
	size_t len = rest->len;

	while (len && rest->at[len - 1] >= 'A' && rest->at[len - 1] <= 'Z')
		len--;
	if (len == rest->len || len < key.len ||
	    !hash_same(rest->at + len - key.len, key.at, key.len))
		return false;
	rest->len = len - key.len;
	return true;
}

static bool
digits_and_dots(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != '.' && (text.at[i] < '0' || text.at[i] > '9'))
			return false;
	return text.len > 0;
}

/* Does "550 5.1.1 " begin here, a digit for each `0`, and both parts of one class? */
static bool
usual_status(struct scan *scan)
{
	static const char pattern[] = "000 0.0.0 ";
	const char *at = scan->at;

	if (scan->failed || scan->end - at < 10 || (*at != '4' && *at != '5') || at[4] != *at)
		return false;
#pragma GCC unroll 10
	for (unsigned i = 0; i < 10; i++)
		if (pattern[i] == '0' ? (unsigned char)(at[i] - '0') > 9 : at[i] != pattern[i])
			return false;
	return true;
}

/* "550 5.1.1 text", "550 text" (before 2.3), "5.7.1 text" (milters). */
static bool
read_status(struct scan *scan, struct record *out)
{
	struct scan ahead = *scan;
	struct span first, second;
	char class;

	if (usual_status(scan)) {
		out->status = (struct span){ scan->at + 4, 5 };
		out->permanent = *scan->at == '5';
		return true;
	}
	first = scan_until(&ahead, ' ');
	class = first.len ? first.at[0] : ' ';
	if (ahead.failed)
		first = scan_rest(scan);
	if (!digits_and_dots(first) || (class != '4' && class != '5') ||
	    (first.len != 3 && first.at[1] != '.'))
		return false;
	out->status = first;
	out->permanent = class == '5';
	second = scan_until(&ahead, ' ');
	if (first.len == 3 && second.len >= 5 && second.at[0] == class && second.at[1] == '.' &&
	    digits_and_dots(second))
		out->status = second;
	return true;
}

/* "NAME[ADDR]: " or "NAME[ADDR]:PORT: " */
static void
read_client(struct scan *scan, struct record *out)
{
	const char *from = swar_search(scan->at, scan->end, '[');
	const char *to = from ? swar_search(from + 1, scan->end, ']') : NULL;

	if (!to) {
		scan_fail(scan);
		return;
	}
	out->client = (struct span){ from + 1, (size_t)(to - from) - 1 };
	scan->at = to + 1;
	if (EAT(scan, ": "))
		return;
	scan_text(scan, SPAN(":"));
	scan_number(scan, 65535);
	scan_text(scan, SPAN(": "));
}

/* From the right: [to=<R>], from=<S>, `;`. What is left is `rest`. */
static bool
read_envelope(struct span *rest, enum parse_reject_by by, struct record *out)
{
	bool commas = by == PARSE_REJECT_POSTSCREEN;
	struct span sender;

	cut_helo(rest, commas ? SPAN(", helo=<") : SPAN(" helo=<"));
	if (!cut_protocol(rest, commas ? SPAN(", proto=") : SPAN(" proto=")))
		return false;
	if (!parse_address_backward(rest, commas ? SPAN(", to=<") : SPAN(" to=<"),
				    &out->recipient) &&
	    out->stage == STAGE_RCPT)
		return false;
	if (!parse_address_backward(rest, SPAN("; from=<"), &sender))
		return false;
	out->null_sender = sender.len == 0;
	/* postscreen's own texts hold no sender: another one was written by a stranger's HELO. */
	return by != PARSE_REJECT_POSTSCREEN || !span_contains(*rest, SPAN("from=<"));
}

/* cleanup: "header Subject: X from h[a]; from=<> to=<r> proto=P helo=<h>: 5.7.1 text" */
static void
read_content(struct span rest, struct record *out)
{
	static const struct span helo = { " helo=<", 7 };
	struct scan text;
	const char *at = NULL;

	for (size_t i = rest.len >= helo.len ? rest.len - helo.len + 1 : 0; i-- > 0;)
		if (memcmp(rest.at + i, helo.at, helo.len) == 0) {
			at = memchr(rest.at + i, '>', rest.len - i);
			break;
		}
	if (!at || span_begins(rest, SPAN("RCPT from "))) {
		answer(out, RECORD_BROKEN, "cleanup refused, but the end of its line is missing");
		return;
	}
	text = (struct scan){ .at = at + 1, .end = rest.at + rest.len };
	if (text.at != text.end)
		scan_text(&text, SPAN(": "));
	out->permanent = true; /* a header check without its own text is a 5xx */
	out->stage = STAGE_LATE;
	if (!read_status(&text, out))
		out->status = (struct span){ 0 };
	if (text.failed || span_contains(scan_rest(&text), SPAN("; from=<"))) {
		answer(out, RECORD_BROKEN, "cleanup refused, but its line was cut off");
		return;
	}
	rest.len = (size_t)(at + 1 - rest.at);
	if (!read_envelope(&rest, PARSE_REJECT_CLEANUP, out)) {
		answer(out, RECORD_BROKEN,
		       "cleanup refused, but sender and recipient are not readable");
		return;
	}
	if (rest.len && rest.at[rest.len - 1] == ']' && last_of(rest, '[')) {
		out->client.at = last_of(rest, '[') + 1;
		out->client.len = (size_t)(rest.at + rest.len - 1 - out->client.at);
	}
	answer(out, RECORD_REFUSED, "cleanup refused the content: a refusal at the message's end");
}

/* "CONNECT from h[a]: 421 4.7.0 ..." */
static void
read_connect(struct scan *scan, enum parse_reject_by by, struct record *out)
{
	read_client(scan, out);
	answer(out, RECORD_OTHER, "refused at CONNECT: no sender is known");
	if (span_begins(scan_rest(scan), SPAN("421 ")) ||
	    (by == PARSE_REJECT_POSTSCREEN &&
	     (span_begins(scan_rest(scan), SPAN("too many connections")) ||
	      span_begins(scan_rest(scan), SPAN("all server ports busy")))))
		answer(out, RECORD_PRESSURE, "connections are refused: at a limit");
}

static bool
read_stage(struct scan *scan, struct record *out)
{
	static const struct span late[] = {
		{ "MAIL from ", 10 },
		{ "DATA from ", 10 },
		{ "BDAT from ", 10 },
		{ "END-OF-MESSAGE from ", 20 },
	};

	out->stage = STAGE_RCPT;
	if (EAT(scan, "RCPT from "))
		return true;
	out->stage = STAGE_LATE;
	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++)
		if (scan_maybe(scan, late[i]))
			return true;
	return false;
}

/* "<R>: Recipient address rejected: User unknown": what Postfix says, before 2.3 without a code of
 * RFC 3463. */
static bool
says_unknown(struct span text)
{
	struct scan scan = eat_over(text);

	if (!EAT(&scan, " <"))
		return false;
	parse_address_forward(&scan);
	return EAT(&scan, ": Recipient address rejected: User unknown");
}

static const char *
explained(const struct record *out)
{
	if (out->authenticated)
		return "refused, but the client is a user of ours (sasl_username=)";
	if (out->stage == STAGE_LATE)
		return out->null_sender
			       ? "refused at MAIL, DATA or the end, from=<> read from the right"
			       : "refused at MAIL, DATA or the end, with a sender";
	return out->null_sender ? "a recipient was refused; from=<> and to=<> are read from the "
				  "end of the line"
				: "a recipient was refused; the sender, read from the end of the "
				  "line, is not null";
}

void
parse_reject(struct span rest, enum parse_reject_by by, struct record *out)
{
	struct scan scan = eat_over(rest);
	bool readable;

	if (by == PARSE_REJECT_CLEANUP && !span_begins(rest, SPAN("END-OF-MESSAGE from "))) {
		read_content(rest, out);
		return;
	}
	if (EAT(&scan, "END-OF-MESSAGE: ")) { /* smtpd_proxy_filter; the client is not named */
		out->stage = STAGE_LATE;
	} else if (read_stage(&scan, out)) {
		read_client(&scan, out);
	} else {
		if (EAT(&scan, "CONNECT from "))
			read_connect(&scan, by, out);
		else
			answer(out, RECORD_OTHER, "refused before there was a sender");
		return;
	}
	readable = !scan.failed && read_status(&scan, out);
	rest = scan_rest(&scan);
	out->authenticated = cut_sasl(&rest);
	if (!readable || !read_envelope(&rest, by, out)) {
		answer(out, RECORD_BROKEN, "a refusal whose end cannot be read without doubt");
		return;
	}
	/* smtpd_dsn_fix: of a sender it says 5.1.0 or 5.1.8 */
	out->unknown_user =
		out->stage == STAGE_RCPT &&
		(EAT_IS(out->status, "5.1.1") || (out->permanent && out->status.len == 3 &&
						  says_unknown(span_after(rest, out->status.len))));
	out->pressure = span_begins(out->status, SPAN("4.3.")); /* RFC 3463: mail system full */
	answer(out, RECORD_REFUSED, explained(out));
}
