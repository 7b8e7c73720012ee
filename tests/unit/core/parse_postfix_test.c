#include "daemon/core/parse_postfix.h"

#include <criterion/criterion.h>

#define T "mta.sender.example"
#define WHERE "550 5.1.1 <g@example.test>: Recipient address rejected: User unknown; "

/* sender: "null", "sender" (not null), "" (not said) */
static const struct {
	const char *name, *daemon, *message;
	enum record_kind kind;
	const char *sender, *recipient, *client, *status;
} rows[] = {
	{ "client", "smtpd", "4jYpPR2lFKz1bwDD: client=mx0.quiet.example[198.51.100.1]",
	  RECORD_CLIENT, "", "", "198.51.100.1", "" },
	{ "client with a port", "smtpd", "4104E3D: client=unknown[2001:db8::1]:25000",
	  RECORD_CLIENT, "", "", "2001:db8::1", "" },
	{ "client without address", "smtpd", "4104E3D: client=unknown", RECORD_BROKEN, "", "", "",
	  "" },
	{ "client with something behind it", "smtpd", "4104E3D: client=h[192.0.2.1] NOQUEUE: x",
	  RECORD_BROKEN, "", "", "192.0.2.1", "" },
	{ "proxied client", "smtpd",
	  "4104E3D: client=localhost[127.0.0.1], orig_client=unknown[28.55.140.112]", RECORD_CLIENT,
	  "", "", "28.55.140.112", "" },
	{ "connect", "smtpd", "connect from h[1.2.3.4]", RECORD_CONNECTED, "", "", "", "" },
	{ "disconnect", "smtpd", "disconnect from h[1.2.3.4] mail=1 commands=1",
	  RECORD_DISCONNECTED, "", "", "", "" },
	{ "message-id", "cleanup", "4104E3D: message-id=<from=<>>", RECORD_MESSAGE_ID, "", "", "",
	  "" },
	{ "cancelled", "cleanup", "4104E3D: removed (canceled)", RECORD_CANCELLED, "", "", "", "" },
	{ "null in the queue", "qmgr", "4104E3D: from=<>, size=361, nrcpt=1 (queue active)",
	  RECORD_QUEUED, "null", "", "", "" },
	{ "expired", "qmgr", "4104E3D: from=<a@b>, status=expired, returned to sender",
	  RECORD_RETURNED, "", "", "", "" },
	{ "removed", "qmgr", "4104E3D: removed", RECORD_REMOVED, "", "", "", "" },
	{ "delivery", "lmtp",
	  "4104E3D: to=<u1@example.test>, relay=none, delay=0.02, delays=0/0.01/0/0, dsn=2.0.0, "
	  "status=sent (ok)",
	  RECORD_RECIPIENT, "", "u1@example.test", "", "2.0.0" },
	{ "delivery to an alias", "local",
	  "4104E3D: to=<a@x>, orig_to=<alias>, relay=local, delay=0, status=deferred (x)",
	  RECORD_RECIPIENT, "", "alias", "", "" },
	{ "delivery without relay", "smtp",
	  "4104E3D: to=<u1@example.test>, dsn=2.0.0, status=sent (x)", RECORD_RECIPIENT, "",
	  "u1@example.test", "", "2.0.0" },
	{ "delivery with something behind its recipient", "smtp",
	  "4104E3D: to=<u1@example.test> x, dsn=2.0.0, status=sent (x)", RECORD_BROKEN, "",
	  "u1@example.test", "", "" },
	{ "delivery cut off", "smtp", "4104E3D: to=<u1@example.test>, relay=no", RECORD_BROKEN, "",
	  "u1@example.test", "", "" },
	{ "a DSN of our own", "bounce", "OLD4104E3D: sender non-delivery notification: 4104E3E",
	  RECORD_LOCAL_DSN, "", "", "", "" },
	{ "a DSN without its whole id", "bounce",
	  "OLD4104E3D: sender non-delivery notification: 4104E3E x", RECORD_BROKEN, "", "", "",
	  "" },
	{ "notice to the postmaster", "bounce",
	  "OLD4104E3D: postmaster non-delivery notification: 4104E3E", RECORD_OTHER, "", "", "",
	  "" },
	{ "RCPT 5xx", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: " WHERE
	  "from=<> to=<g@example.test> proto=ESMTP helo=<" T ">",
	  RECORD_REFUSED, "null", "g@example.test", "192.0.2.1", "5.1.1" },
	{ "two lines in one: the HELO of neither", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: " WHERE
	  "from=<a@b> to=<g@example.test> proto=ESMTP helo=<mta; from=<> to=<v@victim.test> "
	  "proto=ESMTP helo=<h>.example>",
	  RECORD_BROKEN, "", "", "192.0.2.1", "5.1.1" },
	{ "no HELO", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: " WHERE
	  "from=<> to=<g@example.test> proto=SMTP",
	  RECORD_REFUSED, "null", "g@example.test", "192.0.2.1", "5.1.1" },
	{ "before 2.3, without X.Y.Z", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.168.0.1]: 550 <to@example.com>: User unknown; "
	  "from=<> to=<to@example.com> proto=SMTP helo=<x>",
	  RECORD_REFUSED, "null", "to@example.com", "192.168.0.1", "550" },
	{ "empty recipient", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 x; from=<> to=<> proto=ESMTP "
	  "helo=<h>",
	  RECORD_REFUSED, "null", "", "192.0.2.1", "5.1.1" },
	{ "DATA", "smtpd",
	  "C2766A7A0B6: reject: DATA from h[192.0.2.1]: 550 5.5.3 <DATA>: Data command rejected; "
	  "from=<> proto=ESMTP helo=<h>",
	  RECORD_REFUSED, "null", "", "192.0.2.1", "5.5.3" },
	{ "a filter before the queue (smtpd_proxy_filter): no client", "smtpd",
	  "proxy-reject: END-OF-MESSAGE: 554 5.7.1 Reject, id=1-2; from=<> to=<u@example.test> "
	  "proto=ESMTP helo=<h>",
	  RECORD_REFUSED, "null", "u@example.test", "", "5.7.1" },
	{ "the same with NOQUEUE, and a sender; its text quotes another", "smtpd",
	  "NOQUEUE: proxy-reject: END-OF-MESSAGE: 554 5.7.1 x; from=<> to=<v@victim.test> "
	  "proto=ESMTP helo=<h>; from=<a@b> to=<u@example.test> proto=ESMTP helo=<h>",
	  RECORD_REFUSED, "a@b", "u@example.test", "", "5.7.1" },
	{ "the same, accepted", "smtpd",
	  "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as DF66E940333; from=<> "
	  "to=<u@example.test> proto=ESMTP helo=<h>",
	  RECORD_OTHER, "", "", "", "" },
	{ "MAIL", "smtpd",
	  "NOQUEUE: reject: MAIL from h[192.0.2.1]: 552 5.3.4 Message size exceeds fixed limit; "
	  "from=<> proto=ESMTP helo=<h>",
	  RECORD_REFUSED, "null", "", "192.0.2.1", "5.3.4" },
	{ "VRFY has no sender", "smtpd",
	  "NOQUEUE: reject: VRFY from h[192.0.2.1]: 550 5.1.1 <g@example.test>: x; "
	  "to=<g@example.test> proto=SMTP helo=<x>",
	  RECORD_OTHER, "", "", "", "" },
	{ "CONNECT 421", "smtpd",
	  "NOQUEUE: reject: CONNECT from h[192.0.2.1]: 421 4.7.0 x; proto=SMTP", RECORD_PRESSURE,
	  "", "", "192.0.2.1", "" },
	{ "a milter at the end", "cleanup",
	  "4104E3D: milter-reject: END-OF-MESSAGE from h[192.0.2.1]: 5.7.1 Spam; from=<> "
	  "to=<u@example.test> proto=ESMTP helo=<h>",
	  RECORD_REFUSED, "null", "u@example.test", "192.0.2.1", "5.7.1" },
	{ "a header check", "cleanup",
	  "4104E3D: reject: header Subject: V from h[192.0.2.1]; from=<> to=<u@example.test> "
	  "proto=ESMTP helo=<h>: 5.7.1 virus",
	  RECORD_REFUSED, "null", "u@example.test", "192.0.2.1", "5.7.1" },
	{ "a refusal of smtpd's in cleanup's name: a line was cut and joined", "cleanup",
	  "NOQUEUE: reject: MAIL from h[192.0.2.1]: 552 5.3.4 Too large; from=<> proto=ESMTP "
	  "helo=<h>",
	  RECORD_OTHER, "", "", "", "" },
	{ "postscreen", "postscreen",
	  "NOQUEUE: reject: RCPT from [192.0.2.1]:33401: 550 5.5.1 Protocol error; from=<>, "
	  "to=<u1@example.test>, proto=ESMTP, helo=<h>",
	  RECORD_REFUSED, "null", "u1@example.test", "192.0.2.1", "5.5.1" },
	{ "postscreen full", "postscreen",
	  "NOQUEUE: reject: CONNECT from [192.0.2.1]:33401: too many connections", RECORD_PRESSURE,
	  "", "", "192.0.2.1", "" },
	{ "warn is not reject", "smtpd",
	  "NOQUEUE: warn: RCPT from h[192.0.2.1]: seen; from=<> to=<w@example.test> proto=ESMTP "
	  "helo=<h>",
	  RECORD_OTHER, "", "", "", "" },
	{ "reject_warning is not reject", "smtpd",
	  "NOQUEUE: reject_warning: RCPT from h[192.0.2.1]: 550 5.1.1 x; from=<> "
	  "to=<w@example.test> "
	  "proto=ESMTP helo=<h>",
	  RECORD_OTHER, "", "", "", "" },
	{ "a user of ours", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: 554 5.7.1 <w@x>: no; from=<> to=<w@x> "
	  "proto=ESMTP helo=<h> sasl_method=PLAIN sasl_username=bob",
	  RECORD_REFUSED, "null", "w@x", "192.0.2.1", "5.7.1" },
	{ "limit", "smtpd",
	  "warning: Connection rate limit exceeded: 31 from h[1.2.3.4] for service smtp",
	  RECORD_PRESSURE, "", "", "", "" },
	{ "process limit", "master",
	  "warning: service \"smtp\" (25) has reached its process limit \"100\": new clients may "
	  "experience noticeable delays",
	  RECORD_PRESSURE, "", "", "", "" },
	{ "disk full", "cleanup", "fatal: write queue file: No space left on device",
	  RECORD_PRESSURE, "", "", "", "" },
	{ "too large at its end", "smtpd", "warning: 4104E3D: queue file size limit exceeded",
	  RECORD_TOO_LARGE, "", "", "", "" },
	{ "anvil's statistics", "anvil",
	  "statistics: max connection count 5 for (smtp:203.0.113.1)", RECORD_OTHER, "", "", "",
	  "" },
	{ "empty message", "smtpd", "", RECORD_OTHER, "", "", "", "" },
	/* Attempts to write a null sender into the log, one for each position. */
	{ "injection: quoted sender", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: " WHERE
	  "from=<\"x> to=<victim@example.test>; from=<\"@sender.test> to=<g@example.test> "
	  "proto=ESMTP helo=<" T ">",
	  RECORD_REFUSED, "sender", "g@example.test", "192.0.2.1", "5.1.1" },
	{ "injection: quoted recipient", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: 454 4.7.1 <y: User unknown; from=<> "
	  "to=<victim@example.test> proto=ESMTP helo=<a@example.test>: Relay access denied; "
	  "from=<evil@sender.test> to=<\"y: User unknown; from=<> to=<victim@example.test> "
	  "proto=ESMTP helo=<a\"@example.test> proto=ESMTP helo=<" T ">",
	  RECORD_REFUSED, "sender",
	  "\"y: User unknown; from=<> to=<victim@example.test> proto=ESMTP helo=<a\"@example.test",
	  "192.0.2.1", "4.7.1" },
	{ "a sender in the recipient of a bounce", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: 454 4.7.1 <y; from=<real@x.test> "
	  "to=<u1@e.test>: "
	  "Relay access denied; from=<> to=<\"y; from=<real@x.test> to=<u1\"@example.test> "
	  "proto=ESMTP helo=<" T ">",
	  RECORD_REFUSED, "null", "\"y; from=<real@x.test> to=<u1\"@example.test", "192.0.2.1",
	  "4.7.1" },
	{ "injection: escaped quotes in the recipient", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 x; from=<a@b> "
	  "to=<\"\\\" to=<\\\\\"@example.test> proto=ESMTP helo=<h>",
	  RECORD_REFUSED, "sender", "\"\\\" to=<\\\\\"@example.test", "192.0.2.1", "5.1.1" },
	{ "injection: HELO", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: " WHERE
	  "from=<evil@sender.test> to=<g@example.test> proto=ESMTP "
	  "helo=<h??from=???to=?victim?example.test??helo=?h>",
	  RECORD_REFUSED, "sender", "g@example.test", "192.0.2.1", "5.1.1" },
	{ "injection: reply text", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.2.1 <g@example.test>: closed; from=<> in "
	  "reason; from=<a@b> to=<g@example.test> proto=ESMTP helo=<h>",
	  RECORD_REFUSED, "sender", "g@example.test", "192.0.2.1", "5.2.1" },
	{ "injection: sender in qmgr", "qmgr",
	  "321DBA7A0B6: from=<\"a>, size=1, nrcpt=1 (queue active) from=<\"@sender.test>, "
	  "size=306, "
	  "nrcpt=1 (queue active)",
	  RECORD_QUEUED, "sender", "", "", "" },
	{ "injection: sender of the old form in qmgr", "qmgr",
	  "321DBA7A0B6: from=<a>b@sender.test>, size=306, nrcpt=1 (queue active)", RECORD_BROKEN,
	  "sender", "", "", "" },
	{ "injection: the remote reply", "smtp",
	  "4104E3D: to=<inject@relay.test>, relay=h[127.0.0.2]:25, delay=0, dsn=5.1.1, "
	  "status=bounced (host h[127.0.0.2] said: 550 5.1.1 NOQUEUE: reject: RCPT from "
	  "evil[203.0.113.9]: 550 5.1.1 <v@example.test>: x; from=<> to=<v@example.test> "
	  "proto=ESMTP "
	  "helo=<evil> (in reply to RCPT TO command))",
	  RECORD_RECIPIENT, "", "inject@relay.test", "", "5.1.1" },
	{ "injection: recipient of a delivery", "smtp",
	  "4104E3D: to=<\"a>, relay=x, dsn=2.0.0, status=sent (\"@relay.test>, relay=none, "
	  "delay=0, "
	  "dsn=4.1.1, status=deferred (x)",
	  RECORD_RECIPIENT, "", "\"a>, relay=x, dsn=2.0.0, status=sent (\"@relay.test", "",
	  "4.1.1" },
	{ "injection: subject", "cleanup",
	  "4104E3D: reject: header Subject: x from h[203.0.113.9]; from=<> to=<v@example.test> "
	  "proto=ESMTP helo=<h>: 5.7.1 x from h[192.0.2.1]; from=<a@b> to=<u@example.test> "
	  "proto=ESMTP helo=<h>: 5.7.1 virus",
	  RECORD_REFUSED, "sender", "u@example.test", "192.0.2.1", "5.7.1" },
	{ "injection: subject, and the line cut off", "cleanup",
	  "4104E3D: reject: header Subject: x from h[203.0.113.9]; from=<> to=<v@example.test> "
	  "proto=ESMTP helo=<h>: 5.7.1 x from h[192.0.2.1]; from=<a@b> to=<u@exam",
	  RECORD_BROKEN, "", "", "", "5.7.1" },
	{ "injection: a warning's subject", "cleanup",
	  "4104E3D: warning: header Subject: W from=<fake@x.test> to=<y@z> from h[192.0.2.1]; "
	  "from=<> to=<u1@example.test> proto=ESMTP helo=<h>",
	  RECORD_OTHER, "", "", "", "" },
	{ "injection: message-id", "cleanup",
	  "0B1C4A7E378: message-id=from=<> , size=1, nrcpt=1 (queue active)", RECORD_MESSAGE_ID, "",
	  "", "", "" },
	{ "injection: pipelined text", "smtpd",
	  "improper command pipelining after EHLO from h[1.2.3.4]: NOQUEUE: reject: RCPT from "
	  "h[1.2.3.4]: 550 x; from=<> to=<a@b> proto=ESMTP helo=<h>",
	  RECORD_OTHER, "", "", "", "" },
	{ "injection: non-SMTP command", "smtpd",
	  "warning: non-SMTP command from h[1.2.3.4]: fatal: No space left on device", RECORD_OTHER,
	  "", "", "", "" },
	{ "injection: postscreen's HELO", "postscreen",
	  "NOQUEUE: reject: RCPT from [192.0.2.1]:1: 550 5.5.1 Protocol error; from=<a@b>, "
	  "to=<r@d>, proto=ESMTP, helo=<a>; from=<>, to=<v@example.test>, proto=ESMTP, helo=<b>",
	  RECORD_BROKEN, "sender", "v@example.test", "192.0.2.1", "5.5.1" },
	{ "the tail cut off", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: " WHERE "from=<> to=<g@exam", RECORD_BROKEN, "",
	  "", "192.0.2.1", "5.1.1" },
	{ "the old internal form with a blank", "smtpd",
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: " WHERE
	  "from=<> to=<a b@example.test> proto=ESMTP helo=<h>",
	  RECORD_BROKEN, "", "", "192.0.2.1", "5.1.1" },
};

static void
expect(const char *row, const char *what, struct span is, const char *wanted)
{
	cr_assert(span_equal(is, span_of(wanted)), "%s: %s is \"%.*s\", wanted \"%s\"", row, what,
		  (int)is.len, is.len ? is.at : "", wanted);
}

Test(parse_postfix, believes_only_what_the_mta_writes)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct envelope_program program = { .instance = SPAN("postfix"),
						    .daemon = span_of(rows[i].daemon) };
		struct envelope envelope = { .program = &program,
					     .message = span_of(rows[i].message) };
		struct record r = { .kind = RECORD_OTHER };

		parse_postfix_claims(&envelope);
		parse_postfix(&envelope, &r);
		cr_assert_eq(r.kind, rows[i].kind, "%s: kind %d, wanted %d (%s)", rows[i].name,
			     (int)r.kind, (int)rows[i].kind, r.why);
		if (r.kind == RECORD_BROKEN)
			continue;
		cr_assert_eq(r.null_sender, strcmp(rows[i].sender, "null") == 0, "%s: null sender",
			     rows[i].name);
		expect(rows[i].name, "recipient", r.recipient, rows[i].recipient);
		if (rows[i].client[0])
			expect(rows[i].name, "client", r.client, rows[i].client);
		expect(rows[i].name, "status", r.status, rows[i].status);
	}
}

Test(parse_postfix, every_prefix_of_every_row_is_read_or_refused)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t cut = 0; cut < strlen(rows[i].message); cut++) {
			char *copy = malloc(cut + 1); /* so that a sanitizer sees any byte beyond */
			struct envelope_program program = { .instance = SPAN("postfix"),
							    .daemon = span_of(rows[i].daemon) };
			struct envelope envelope = { .program = &program,
						     .message = { copy, cut } };
			struct record r = { .kind = RECORD_OTHER };

			cr_assert(copy);
			memcpy(copy, rows[i].message, cut);
			parse_postfix_claims(&envelope);
			parse_postfix(&envelope, &r);
			cr_assert(r.kind != RECORD_REFUSED || r.null_sender ||
					  strcmp(rows[i].sender, "null") != 0,
				  "%s: cut at %zu", rows[i].name, cut);
			free(copy);
		}
}
