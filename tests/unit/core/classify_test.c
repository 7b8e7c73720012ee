#include "tests/unit/core/log_lines.h"

#include <criterion/criterion.h>

#define AT "Nov 24 16:36:26 mx1 "
#define SMTPD AT "postfix/smtpd[301]: "
#define CLEANUP AT "postfix/cleanup[294]: "
#define QMGR AT "postfix/qmgr[248]: "
#define LMTP AT "postfix/lmtp[300]: "
#define ID "4104E3D"
#define SENT "relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (ok)\n"
#define BOUNCE_OF(id)                                                                              \
	SMTPD id ": client=h[192.0.2.1]\n" CLEANUP id ": message-id=<m1@x>\n" QMGR id              \
		 ": from=<>, size=9, nrcpt=1 (queue active)\n"
#define BACK(id)                                                                                   \
	AT "postfix/smtpd[302]: " id ": client=localhost[127.0.0.1]\n" CLEANUP id                  \
	   ": message-id=<m1@x>\n" QMGR id ": from=<>, size=9, nrcpt=1 (queue active)\n"
#define FILTERED(to)                                                                               \
	AT "postfix/smtp[9]: " ID ": to=<" to ">, relay=127.0.0.1[127.0.0.1]:10024, delay=0, "     \
	   "dsn=2.0.0, status=sent (250 ok)\n"
#define MAIL_OF(id)                                                                                \
	SMTPD id ": client=h[192.0.2.1]\n" QMGR id ": from=<a@b>, size=9, nrcpt=1 (queue "         \
		 "active)\n"

/* Whole stories; what comes at the end of the log stands behind "end\n". */
static const struct {
	const char *name, *lines;
	bool at_once;
	const char *events;
} rows[] = {
	{ "a bounce counts once, for the domain of its recipient",
	  BOUNCE_OF(ID) LMTP ID ": to=<u1@Example.TEST.>, " SENT QMGR ID ": removed\n", false,
	  "bounce-accepted 1 example.test 192.0.2.1 4104E3D -\n"
	  "delivered 1 example.test - 4104E3D 2.0.0\nend\n" },
	{ "at once: for the default domain, then moved",
	  BOUNCE_OF(ID) LMTP ID ": to=<u1@example.test>, " SENT, true,
	  "bounce-accepted 1 default.test 192.0.2.1 4104E3D -\n"
	  "bounce-accepted 1 example.test 192.0.2.1 4104E3D - from=default.test\n"
	  "delivered 1 example.test - 4104E3D 2.0.0\nend\n" },
	{ "at once: the default domain itself is not moved",
	  BOUNCE_OF(ID) LMTP ID ": to=<u1@default.test>, " SENT, true,
	  "bounce-accepted 1 default.test 192.0.2.1 4104E3D -\n"
	  "delivered 1 default.test - 4104E3D 2.0.0\nend\n" },
	{ "qmgr repeats from=<> at every retry",
	  BOUNCE_OF(ID) LMTP ID
	  ": to=<u1@example.test>, relay=none, dsn=4.2.1, status=deferred (x)\n" QMGR ID
	  ": from=<>, size=9, nrcpt=1 (queue active)\n" LMTP ID
	  ": to=<u1@example.test>, " SENT QMGR ID ": removed\n",
	  false,
	  "bounce-accepted 1 example.test 192.0.2.1 4104E3D -\n"
	  "delivery-deferred 1 example.test - 4104E3D 4.2.1\n"
	  "delivered 1 example.test - 4104E3D 2.0.0\nend\n" },
	{ "a retry before the recipient's line",
	  BOUNCE_OF(ID) QMGR ID ": from=<>, size=9, nrcpt=1 (queue active)\n", true,
	  "bounce-accepted 1 default.test 192.0.2.1 4104E3D -\nend\n" },
	{ "two recipients are one message",
	  BOUNCE_OF(ID) LMTP ID ": to=<a@one.test>, " SENT LMTP ID ": to=<b@two.test>, " SENT,
	  false,
	  "bounce-accepted 1 one.test 192.0.2.1 4104E3D -\n"
	  "delivered 1 one.test - 4104E3D 2.0.0\ndelivered 1 two.test - 4104E3D 2.0.0\nend\n" },
	{ "an id that is used again is another message",
	  BOUNCE_OF(ID) QMGR ID ": removed\n" MAIL_OF(ID) LMTP ID ": to=<a@one.test>, " SENT, false,
	  "bounce-accepted 1 - 192.0.2.1 4104E3D -\nmail-accepted 1 one.test 192.0.2.1 4104E3D -\n"
	  "delivered 1 one.test - 4104E3D 2.0.0\nend\n" },
	{ "removed without a recipient", BOUNCE_OF(ID) QMGR ID ": removed\n", false,
	  "bounce-accepted 1 - 192.0.2.1 4104E3D -\nend\n" },
	{ "never delivered: counted at the end", BOUNCE_OF(ID), false,
	  "end\nbounce-accepted 1 - 192.0.2.1 4104E3D -\n" },
	{ "the log began late", QMGR ID ": from=<>, size=9, nrcpt=1 (queue active)\n", true,
	  "end\n" },
	{ "a DSN of our own, its lines before the bounce line",
	  CLEANUP ID
	  ": message-id=<x@mx1>\n" QMGR ID ": from=<>, size=9, nrcpt=1 (queue active)\n" AT
	  "postfix/bounce[9]: OLD4104: sender non-delivery notification: " ID "\n" LMTP ID
	  ": to=<u1@sender.test>, " SENT,
	  true, "local-dsn 1 - - 4104E3D -\ndelivered 1 sender.test - 4104E3D 2.0.0\nend\n" },
	{ "a refusal at a limit is repeated: both that it is one, and why",
	  SMTPD
	  "NOQUEUE: reject: RCPT from h[192.0.2.1]: 451 4.3.0 <u@one.test>: Temporary lookup "
	  "failure; from=<> to=<u@one.test> proto=ESMTP helo=<h>\n" AT
	  "last message repeated 3 times\nNov 24 16:36:26 mx2 last message repeated 9 times\n",
	  true,
	  "bounce-deferred 1 one.test 192.0.2.1 - 4.3.0\npressure 1 one.test 192.0.2.1 - 4.3.0\n"
	  "bounce-deferred 3 one.test 192.0.2.1 - 4.3.0\npressure 3 one.test 192.0.2.1 - "
	  "4.3.0\nend\n" },
	{ "a user of ours sends with the null sender",
	  SMTPD ID ": client=h[192.0.2.1], sasl_method=PLAIN, sasl_username=bob\n" QMGR ID
		   ": from=<>, size=9, nrcpt=1 (queue active)\n",
	  true, "end\n" },
	{ "a user of ours is refused, without sasl_username=",
	  AT "postfix/submission/smtpd[301]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 "
	     "<u@one.test>: x; from=<> to=<u@one.test> proto=ESMTP helo=<h>\n",
	  true, "end\n" },
	{ "a filter gives back what a user of ours sent with the null sender",
	  SMTPD ID ": client=h[192.0.2.1], sasl_method=PLAIN, sasl_username=bob\n" CLEANUP ID
		   ": message-id=<m1@x>\n" QMGR ID ": from=<>, size=9, nrcpt=1 (queue active)\n" AT
		   "postfix/smtpd[302]: 4F5C64474F: client=localhost[127.0.0.1]\n" CLEANUP
		   "4F5C64474F: message-id=<m1@x>\n" QMGR
		   "4F5C64474F: from=<>, size=9, nrcpt=1 (queue active)\n" LMTP
		   "4F5C64474F: to=<u@one.test>, " SENT,
	  true, "delivered 1 one.test - 4F5C64474F 2.0.0\nend\n" },
	{ "a filter gives it back and says so",
	  BOUNCE_OF(ID) AT "postfix/reinject/smtpd[302]: 4F5C64474F: client=localhost[127.0.0.1], "
			   "orig_queue_id=" ID ", orig_client=h[192.0.2.1]\n" QMGR
			   "4F5C64474F: from=<>, size=9, nrcpt=1 (queue active)\n" AT
			   "postfix/smtp[9]: " ID
			   ": to=<u@one.test>, relay=127.0.0.1[127.0.0.1]:10024, dsn=2.0.0, "
			   "status=sent (250 2.0.0 Ok: queued as 4F5C64474F)\n" LMTP
			   "4F5C64474F: to=<u@one.test>, " SENT,
	  false,
	  "bounce-accepted 1 one.test 192.0.2.1 4104E3D -\n"
	  "delivered 1 one.test - 4F5C64474F 2.0.0\nend\n" },
	{ "a filter gives it back under the same message-id",
	  BOUNCE_OF(ID) AT "postfix/smtpd[302]: 4F5C64474F: client=localhost[127.0.0.1]\n" CLEANUP
			   "4F5C64474F: message-id=<m1@x>\n" QMGR
			   "4F5C64474F: from=<>, size=9, nrcpt=1 (queue active)\n",
	  true, "bounce-accepted 1 default.test 192.0.2.1 4104E3D -\nend\n" },
	{ "a filter gives it back to one recipient after the other",
	  BOUNCE_OF(ID) BACK("4F5C64474F") FILTERED("a@one.test") BACK("5A5C64474F") LMTP
	  "5A5C64474F: to=<b@two.test>, " SENT FILTERED("b@two.test") QMGR ID ": removed\n",
	  true,
	  "bounce-accepted 1 default.test 192.0.2.1 4104E3D -\n"
	  "bounce-accepted 1 one.test 192.0.2.1 4104E3D - from=default.test\n"
	  "delivered 1 one.test - 4104E3D 2.0.0\ndelivered 1 two.test - 5A5C64474F 2.0.0\n"
	  "delivered 1 two.test - 4104E3D 2.0.0\nend\n" },
	{ "a filter gives it back without message-id: its answer names the id",
	  SMTPD ID ": client=h[192.0.2.1]\n" QMGR ID
		   ": from=<>, size=9, nrcpt=1 (queue active)\n" AT
		   "postfix/smtpd[302]: 4F5C64474F: client=localhost[127.0.0.1]\n" QMGR
		   "4F5C64474F: from=<>, size=9, nrcpt=1 (queue active)\n" AT "postfix/smtp[9]: " ID
		   ": to=<u@one.test>, relay=127.0.0.1[127.0.0.1]:10024, dsn=2.0.0, "
		   "status=sent (250 2.0.0 Ok: queued as 4F5C64474F)\n",
	  true,
	  "bounce-accepted 1 default.test 192.0.2.1 4104E3D -\n"
	  "bounce-accepted 1 one.test 192.0.2.1 4104E3D - from=default.test\nend\n" },
	{ "loopback alone is no filter",
	  SMTPD ID ": client=localhost[127.0.0.1]\n" QMGR ID ": from=<>, size=9, nrcpt=1 (queue "
		   "active)\n" LMTP ID ": to=<u@one.test>, " SENT,
	  true,
	  "bounce-accepted 1 one.test 127.0.0.1 4104E3D -\n"
	  "delivered 1 one.test - 4104E3D 2.0.0\nend\n" },
	{ "a proxy in front names the client",
	  SMTPD ID ": client=localhost[127.0.0.1], orig_client=h[192.0.2.7]\n" QMGR ID
		   ": from=<>, size=9, nrcpt=1 (queue active)\n",
	  true, "bounce-accepted 1 default.test 192.0.2.7 4104E3D -\nend\n" },
	{ "a probe",
	  SMTPD "connect from h[192.0.2.1]\n" SMTPD ID ": client=h[192.0.2.1]\n" SMTPD
		"disconnect from h[192.0.2.1] ehlo=1 mail=1 rcpt=1 quit=1 commands=4\n",
	  true, "probe 1 - 192.0.2.1 4104E3D -\nend\n" },
	{ "a probe that cleanup called cancelled first (3.10)",
	  SMTPD ID ": client=h[192.0.2.1]\n" CLEANUP ID ": removed (canceled)\n" SMTPD
		   "disconnect from h[192.0.2.1] ehlo=1 mail=1 rcpt=1 rset=1 quit=1 commands=5\n",
	  true, "probe 1 - 192.0.2.1 4104E3D -\nend\n" },
	{ "data that failed is no probe",
	  SMTPD ID ": client=h[192.0.2.1]\n" SMTPD
		   "disconnect from h[192.0.2.1] mail=1 rcpt=1 data=0/1 quit=1 commands=4\n",
	  true, "end\n" },
	{ "the queue's line may come after the disconnect",
	  SMTPD ID ": client=h[192.0.2.1]\n" SMTPD
		   "disconnect from h[192.0.2.1] mail=1 rcpt=1 data=1 quit=1 commands=4\n" QMGR ID
		   ": from=<>, size=9, nrcpt=1 (queue active)\n",
	  true, "bounce-accepted 1 default.test 192.0.2.1 4104E3D -\nend\n" },
	{ "a session of another pid ends nothing",
	  SMTPD ID
	  ": client=h[192.0.2.1]\n" AT
	  "postfix/smtpd[302]: disconnect from h[192.0.2.1] mail=1 rcpt=1 quit=1 commands=3\n",
	  true, "end\n" },
	{ "counters whose end is cut off",
	  SMTPD ID ": client=h[192.0.2.1]\n" SMTPD
		   "disconnect from h[192.0.2.1] ehlo=1 mail=1 rcpt=1\n",
	  true, "end\n" },
	{ "the client's port, before the counters",
	  SMTPD ID ": client=h[192.0.2.1]:25\n" SMTPD
		   "disconnect from h[192.0.2.1]:25 mail=1 rcpt=1 quit=1 commands=3\n",
	  true, "probe 1 - 192.0.2.1 4104E3D -\nend\n" },
	{ "no counters before 3.0",
	  SMTPD ID ": client=h[192.0.2.1]\n" SMTPD "disconnect from h[192.0.2.1]\n", true,
	  "end\n" },
	{ "refused at DATA: that id is over",
	  SMTPD ID ": client=h[192.0.2.1]\n" SMTPD ID ": reject: DATA from h[192.0.2.1]: 550 5.5.3 "
		   "<DATA>: Data command rejected; from=<> proto=ESMTP helo=<h>\n" SMTPD
		   "disconnect from h[192.0.2.1] mail=1 rcpt=2 data=0/1 quit=1 commands=4/5\n",
	  true, "bounce-refused-late 1 - 192.0.2.1 4104E3D 5.5.3\nend\n" },
	{ "too large at its end, said by two daemons",
	  SMTPD ID ": client=h[192.0.2.1]\n" SMTPD "warning: " ID
		   ": queue file size limit exceeded\n" CLEANUP "warning: " ID
		   ": queue file size limit exceeded\n",
	  true, "refused-sender-unknown 1 - 192.0.2.1 4104E3D -\nend\n" },
	{ "the refused ones",
	  SMTPD "NOQUEUE: reject: RCPT from h[192.0.2.1]: 452 4.3.1 Insufficient "
		"system storage; from=<> to=<bob> proto=ESMTP helo=<h>\n" SMTPD
		"NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 x; from=<a@b> to=<g@one.test> "
		"proto=ESMTP helo=<h>\n" SMTPD
		"NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 x; from=<> to=<g@one.test> "
		"proto=ESMTP helo=<h> sasl_username=bob\n",
	  true,
	  "bounce-deferred 1 (none) 192.0.2.1 - 4.3.1\npressure 1 (none) 192.0.2.1 - 4.3.1\n"
	  "mail-refused 1 one.test 192.0.2.1 - 5.1.1\nend\n" },
	{ "two instances with the same id",
	  AT "postfix-a/smtpd[1]: " ID ": client=h[192.0.2.1]\n" AT "postfix-b/smtpd[2]: " ID
	     ": client=h[192.0.2.2]\n" AT "postfix-a/qmgr[3]: " ID
	     ": from=<>, size=9, nrcpt=1 (queue active)\n" AT "postfix-b/qmgr[4]: " ID
	     ": from=<a@b>, size=9, nrcpt=1 (queue active)\n" AT "postfix-b/lmtp[5]: " ID
	     ": to=<u@b.test>, " SENT AT "postfix-a/lmtp[6]: " ID ": to=<u@a.test>, " SENT,
	  false,
	  "mail-accepted 1 b.test 192.0.2.2 4104E3D -\ndelivered 1 b.test - 4104E3D 2.0.0\n"
	  "bounce-accepted 1 a.test 192.0.2.1 4104E3D -\ndelivered 1 a.test - 4104E3D "
	  "2.0.0\nend\n" },
	{ "daemons of one instance under two names",
	  AT "in/smtpd[1]: " ID ": client=h[192.0.2.1]\n" QMGR ID
	     ": from=<>, size=9, nrcpt=1 (queue active)\n",
	  true, "bounce-accepted 1 default.test 192.0.2.1 4104E3D -\nend\n" },
	{ "the same id on another host",
	  SMTPD ID ": client=h[192.0.2.1]\n"
		   "Nov 24 16:36:26 mx2 postfix/qmgr[3]: " ID
		   ": from=<>, size=9, nrcpt=1 (queue active)\n",
	  true, "end\n" },
	{ "other programs",
	  AT "amavis[1]: (1) Passed CLEAN, [192.0.2.1] <> -> <x@y>\n" AT
	     "dovecot: imap-login: user=<>\n" AT
	     "smtpd[70]: 94d740db5ef4331b smtp envelope evpid=1 from=<> to=<u1@example.test>\n" AT
	     "fail2ban[1]: postfix/qmgr[1]: " ID ": from=<>, size=9, nrcpt=1 (queue active)\n",
	  true, "end\n" },
};

Test(classify, tells_what_the_lines_of_a_message_mean_together)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reader_options options = { .year = 2026,
						  .default_domain = "default.test",
						  .at_once = rows[i].at_once };
		struct reader *reader = reader_new(&options);
		char buffer[4096];
		struct text text = TEXT(buffer);

		cr_assert(reader);
		log_lines_feed(reader, span_of(rows[i].lines), log_lines_event, &text);
		text_add(&text, "end\n");
		reader_end(reader, log_lines_event, &text);
		reader_free(reader);
		cr_assert_str_eq(buffer, rows[i].events, "%s:\n%s", rows[i].name, buffer);
	}
}

Test(classify, calls_no_id_dropped_that_has_counted)
{
	static const struct {
		const char *lines, *next; /* what of the first id is known when there is no room */
		uint64_t dropped;
	} cases[] = {
		{ BOUNCE_OF(ID), MAIL_OF("4F5C64474F"), 1 },
		{ BOUNCE_OF(ID) FILTERED("a@one.test"), MAIL_OF("4F5C64474F"), 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader_options options = { .year = 2026, .max_open = 1 };
		struct reader *reader = reader_new(&options);
		char buffer[1024];
		struct text text = TEXT(buffer);

		cr_assert(reader);
		log_lines_feed(reader, span_of(cases[i].lines), log_lines_event, &text);
		cr_expect_eq(reader_stats(reader)->open, 1, "case %zu", i);
		log_lines_feed(reader, span_of(cases[i].next), log_lines_event, &text);
		cr_expect_eq(reader_stats(reader)->dropped, cases[i].dropped, "case %zu", i);
		reader_free(reader);
	}
}
