#include "daemon/core/parse_qmail_smtpd.h"

#include "daemon/core/eat.h"

static void
answer(struct record *out, enum record_kind kind, const char *why)
{
	out->kind = kind;
	out->why = why;
}

/* What stands before the only `mark` of the scan; fails when there is none, or another one. */
static struct span
before_only(struct scan *scan, struct span mark)
{
	struct span rest = scan_rest(scan), before = { rest.at, 0 };
	const char *at = scan->failed ? NULL : memmem(rest.at, rest.len, mark.at, mark.len);

	if (at) {
		before.len = (size_t)(at - rest.at);
		rest = span_after(rest, before.len + mark.len);
		scan->at = rest.at;
	}
	if (!at || memmem(rest.at, rest.len, mark.at, mark.len))
		scan_fail(scan);
	return before;
}

static bool
has_blank(struct span span)
{
	return span.len && memchr(span.at, ' ', span.len);
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

/* "DENIED_RDNS_MISSING from: S to: R origin_ip: A origin_rdns: ..." */
static void
read_spamdyke(struct scan *scan, struct record *out)
{
	struct span recipient, client;

	if (!EAT(scan, "DENIED_"))
		return;
	scan_until(scan, ' ');
	scan_text(scan, SPAN("from: "));
	before_only(scan, SPAN(" to: "));
	recipient = before_only(scan, SPAN(" origin_ip: "));
	client = before_only(scan, SPAN(" origin_rdns: "));
	if (scan->failed || has_blank(recipient) || has_blank(client)) {
		answer(out, RECORD_BROKEN, "a refusal of spamdyke that is not readable");
		return;
	}
	out->recipient = recipient;
	out->client = client;
	out->sender_never = true;
	answer(out, RECORD_REFUSED,
	       "spamdyke refused a recipient; an empty sender is not proved to be the null one");
}

/* " P:ESMTP S:192.0.2.1:unknown H:" */
static void
read_peer(struct scan *scan, struct record *out)
{
	struct span protocol, peer;
	const char *colon;

	scan_text(scan, SPAN("P:"));
	protocol = scan_until(scan, ' ');
	scan_text(scan, SPAN("S:"));
	peer = scan_until(scan, ' ');
	scan_text(scan, SPAN("H:"));
	colon = peer.len ? memrchr(peer.at, ':', peer.len) : NULL;
	if (!colon) {
		scan_fail(scan);
		return;
	}
	out->client = (struct span){ peer.at, (size_t)(colon - peer.at) };
	out->authenticated = protocol.len && memchr(protocol.at, 'A', protocol.len);
}

/* "R", "R 'why'": a recipient with a blank in it is not read. */
static void
read_recipient(struct scan *scan, struct record *out)
{
	struct span rest = scan_rest(scan);
	const char *blank = rest.len ? memchr(rest.at, ' ', rest.len) : NULL;

	out->recipient = rest;
	if (!blank)
		return;
	out->recipient.len = (size_t)(blank - rest.at);
	rest = span_after(rest, out->recipient.len);
	if (rest.len < 3 || !span_begins(rest, SPAN(" '")) || !span_ends(rest, SPAN("'")))
		scan_fail(scan);
}

/* "Reject::RCPT::Failed_Rcptto P:ESMTP S:192.0.2.1:unknown H:helo F:S T:R"; some have no F and T */
static void
read_sqmail(struct scan *scan, struct record *out)
{
	bool end, login;
	struct span reason, sender;

	scan_number(scan, UINT32_MAX);
	if (!EAT(scan, " Reject::"))
		return;
	login = EAT(scan, "AUTH::") || EAT(scan, "TLS::");
	end = EAT(scan, "DATA::");
	reason = scan_until(scan, ' ');
	if (login)
		return;
	read_peer(scan, out);
	before_only(scan, SPAN(" F:"));
	sender = before_only(scan, SPAN(" T:"));
	read_recipient(scan, out);
	if (scan->failed) {
		*out = (struct record){ 0 };
		answer(out, RECORD_BROKEN, "a refusal of s/qmail that is not readable");
		return;
	}
	out->stage = end ? STAGE_LATE : STAGE_RCPT;
	out->permanent = !span_ends(reason, SPAN("Toomany_Rcptto"));
	out->unknown_user = !end && span_ends(reason, SPAN("Failed_Rcptto"));
	out->null_sender = sender.len == 0;
	answer(out, RECORD_REFUSED,
	       out->null_sender ? "s/qmail refused a recipient or a message of the null sender"
				: "s/qmail refused a recipient or a message of a sender");
}

/* "130 from 192.0.2.1: Sender <S>" is netqmail's, "130 Reject::..." s/qmail's */
static void
read_smtpd(const struct envelope *envelope, struct scan *scan, struct record *out)
{
	struct scan ahead = *scan;

	scan_number(&ahead, UINT32_MAX);
	if (!EAT(&ahead, " from ") || !span_ends(scan_until(&ahead, ' '), SPAN(":"))) {
		read_sqmail(scan, out);
		return;
	}
	envelope->program->torn = true;
	out->why = "qmail-smtpd of Debian's netqmail, whose lines may be torn: none is read";
}

bool
parse_qmail_smtpd_claims(const struct envelope *envelope, const struct scan *scan)
{
	return EAT_IS(envelope->program->name, "spamdyke") ||
	       EAT_IS(envelope->program->name, "tcpserver") ||
	       span_begins(scan_rest(scan), SPAN("tcpserver: ")) ||
	       span_begins(scan_rest(scan), SPAN("qmail-smtpd: "));
}

void
parse_qmail_smtpd(const struct envelope *envelope, struct scan *scan, struct record *out)
{
	if (EAT_IS(envelope->program->name, "spamdyke"))
		read_spamdyke(scan, out);
	else if (EAT_IS(envelope->program->name, "tcpserver") || EAT(scan, "tcpserver: "))
		read_tcpserver(scan, out);
	else if (EAT(scan, "qmail-smtpd: pid "))
		read_smtpd(envelope, scan, out);
}
