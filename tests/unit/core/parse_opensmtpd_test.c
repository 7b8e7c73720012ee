#include "tests/unit/core/log_rows.h"

#define AT "Nov 24 16:53:38 mx5 smtpd[70]: "
#define SID "94d740db5ef4331b"
#define S AT SID " smtp "
#define CONNECTED S "connected address=192.0.2.1 host=<unknown>\n"
#define MESSAGE S "message msgid=8819421f size=527 nrcpt=1 proto=ESMTP\n"
#define ENVELOPE(to) S "envelope evpid=8819421f7678ac1f from=<> to=<" to ">\n"
#define OTHER_ENVELOPE(to) S "envelope evpid=8819421f99999999 from=<> to=<" to ">\n"
#define BYE S "disconnected reason=quit\n"
#define FAILED(command, result) S "failed-command command=\"" command "\" result=\"" result "\""
#define OLD_PEER "address=192.0.2.1 host=h.test "
#define OLD_CONNECTED S "event=connected address=192.0.2.1 host=h.test\n"
#define OLD_MESSAGE(peer, from, to)                                                                \
	S "event=message " peer "msgid=8819421f from=<" from "> to=<" to                           \
	  "> size=527 ndest=1 proto=ESMTP\n"
#define OLD_FAILED(peer, command, result)                                                          \
	S "event=failed-command " peer "command=\"" command "\" result=\"" result "\"\n"
#define LOCAL S "connected address=local host=mx5\n"
#define NULL_ONE "bounce-accepted 1 one.test 192.0.2.1 8819421f -\n"
#define UNKNOWN "refused-sender-unknown 1 one.test - - 550\n"

static const struct log_row rows[] = {
	{ FAILED("RCPT TO:<g@One.test>", "550 Invalid recipient: <g@one.test>"), UNKNOWN, false },
	{ FAILED("rcpt to: <g@one.test> NOTIFY=NEVER", "550 no"), UNKNOWN, false },
	{ FAILED("RCPT TO:<g@one.test>", "451 4.2.0 later"),
	  "refused-sender-unknown 1 one.test - - 451\n", false },
	{ FAILED("RCPT TO:<g@one.test>", "503 5.5.1 Command not allowed at this point."), "",
	  false },
	{ FAILED("MAIL FROM:<>", "550 go away"), "bounce-refused-late 1 - - - 550\n", false },
	{ FAILED("MAIL FROM:<>", "503 5.5.1 Command not allowed at this point."), "", false },
	{ FAILED("MAIL FROM:<a@b.test>", "421 later"), "mail-deferred 1 - - - 421\n", false },
	{ FAILED("DATA", "503 5.5.4 Invalid command arguments: No recipient specified"), "",
	  false },
	{ FAILED("DATA", "554 5.3.4 Message too big for system"),
	  "refused-sender-unknown 1 - - - 554\n", false },
	{ FAILED("DATA", "503 5.5.1 Invalid command: Command not allowed at this point."), "",
	  false },
	{ FAILED("data", "451 Try again later"), "refused-sender-unknown 1 - - - 451\n", false },
	{ FAILED("EHLO x", "501 no"), "", false },
	{ FAILED("", "550 no rDNS please fix"), "", false },
	{ OLD_FAILED(OLD_PEER, "RCPT TO:<g@one.test>", "550 no"), UNKNOWN, false },
	{ OLD_FAILED("", "RCPT TO:<g@one.test>", "550 no"), UNKNOWN, false },
	{ OLD_FAILED(OLD_PEER, "AUTH LOGIN", "503 no"), "", false },
	{ OLD_MESSAGE(OLD_PEER, "", "u@one.test"), "", false }, /* whose session is not known */
	{ S "event=message " OLD_PEER "msgid=8819421f from=<> to=<u@one.test>", "", true },
	{ S "event=message " OLD_PEER "msgid=8819421 from=<> to=<u@one.test> size=1", "", true },
	{ S "event=failed-command address=192.0.2.1 host=", "", true },
	{ AT SID " mda delivery evpid=8819421f7678ac1f from=<> to=<u@one.test> rcpt=<u@one.test> "
		 "user=u delay=0s result=Ok stat=Delivered",
	  "delivered 1 one.test - 8819421f -\n", false },
	{ AT SID " mta delivery evpid=8819421f7678ac1f from=<> to=<u@one.test> rcpt=<-> "
		 "source=\"192.0.2.2\" relay=\"192.0.2.9 (mx result=Ok )\" delay=5s "
		 "result=\"PermFail\" stat=\"550 5.1.1 result=Ok \"",
	  "delivery-failed 1 one.test - 8819421f -\n", false },
	{ AT SID " mta delivery evpid=8819421f7678ac1f from=<> to=<u@one.test> rcpt=<-> "
		 "source=\"192.0.2.2\" relay=\"192.0.2.9 (mx)\" delay=5s result=TempFail "
		 "stat=\"450 later\"",
	  "delivery-deferred 1 one.test - 8819421f -\n", false },
	{ AT "relay: Expire for 8819421f7678ac1f: from=<@>, to=<u@one.test>, rcpt=<->, delay=20s, "
	     "stat=Envelope expired",
	  "delivery-failed 1 one.test - 8819421f -\n", false },
	{ AT "warn: queue: no return path!", "", false },
	{ AT "smtp-in: New session 94d740db5ef4331b from host x [192.0.2.1]", "", false },
	{ S "tls ciphers=TLSv1.3:AEAD-AES256-GCM-SHA384:256", "", false },
	{ ENVELOPE("u@one.test"), "", false }, /* whose session is not known */
	{ S "envelope evpid=8819421f7678ac1f from=<> to=<u@one", "", true },
	{ S "message msgid=8819421", "", true },
	{ S "connected address=", "", true },
	{ S "failed-command command=\"RCPT TO:<g@one.test>", "", true },
};

static const struct log_row stories[] = {
	{ CONNECTED MESSAGE ENVELOPE("u@one.test") BYE, NULL_ONE, false },
	{ CONNECTED MESSAGE ENVELOPE("u@one.test") OTHER_ENVELOPE("v@two.test") BYE, NULL_ONE,
	  false },
	{ S "connected address=[2001:db8::1] host=h.test\n" MESSAGE ENVELOPE("u@one.test"),
	  "bounce-accepted 1 one.test 2001:db8::1 8819421f -\n", false },
	{ OLD_CONNECTED MESSAGE ENVELOPE("u@one.test"), NULL_ONE, false },
	{ OLD_CONNECTED OLD_MESSAGE(OLD_PEER, "", "u@one.test")
		  OLD_MESSAGE(OLD_PEER, "", "v@two.test") S
	  "event=closed " OLD_PEER "reason=quit\n" OLD_MESSAGE(OLD_PEER, "", "v@two.test"),
	  NULL_ONE, false },
	{ OLD_CONNECTED OLD_MESSAGE("", "", "u@one.test"), NULL_ONE, false },
	{ OLD_CONNECTED OLD_MESSAGE("", "a@b.test", "u@one.test"),
	  "mail-accepted 1 one.test 192.0.2.1 8819421f -\n", false },
	{ S "event=connected address=local host=mx5\n" OLD_MESSAGE("", "", "u@one.test"),
	  "local-dsn 1 - - 8819421f -\n", false },
	{ OLD_CONNECTED S "event=authentication user=bob " OLD_PEER
			  "result=ok\n" OLD_MESSAGE(OLD_PEER, "", "u@one.test"),
	  "", false },
	{ S "event=proxy address=192.0.2.1\n" MESSAGE ENVELOPE("u@one.test"), "", false },
	{ CONNECTED FAILED("RCPT TO:<g@one.test>", "550 no") "\n" BYE,
	  "refused-sender-unknown 1 one.test 192.0.2.1 - 550\n", false },
	{ CONNECTED FAILED("MAIL FROM:<>", "550 no") "\n" BYE,
	  "bounce-refused-late 1 - 192.0.2.1 - 550\n", false },
	{ LOCAL FAILED("RCPT TO:<g@one.test> ", "550 no") "\n" BYE, "", false },
	{ CONNECTED S
	  "authentication user=bob result=ok\n" FAILED("RCPT TO:<g@one.test>", "550 no"),
	  "", false },
	{ CONNECTED S
	  "authentication user=bob result=permfail\n" FAILED("RCPT TO:<g@one.test>", "550 no"),
	  "refused-sender-unknown 1 one.test 192.0.2.1 - 550\n", false },
	{ S "connected address=local host=mx5\n" MESSAGE ENVELOPE("u@one.test")
		  OTHER_ENVELOPE("v@two.test") BYE,
	  "local-dsn 1 - - 8819421f -\n", false },
	{ S "connected address=local host=mx5\n" MESSAGE S
	    "envelope evpid=8819421f7678ac1f from=<a@b.test> to=<u@one.test>\n" BYE,
	  "", false },
	{ CONNECTED S "authentication user=bob result=ok\n" MESSAGE ENVELOPE("u@one.test") BYE, "",
	  false },
	{ CONNECTED S "authentication user=bob result=permfail\n" MESSAGE ENVELOPE("u@one.test"),
	  NULL_ONE, false },
	{ CONNECTED MESSAGE S "envelope evpid=8819421f7678ac1f from=<a@b.test> to=<u@one.test>\n",
	  "mail-accepted 1 one.test 192.0.2.1 8819421f -\n", false },
	{ CONNECTED BYE, "", false }, /* a probe leaves no trace */
	{ CONNECTED MESSAGE BYE ENVELOPE("u@one.test"), "", false },
};

static const struct log_row hostile[] = {
	{ FAILED("EHLO h from=<> result=\"250\"", "501 5.5.4 Invalid domain name"), "", false },
	{ FAILED("RCPT TO:<\"x from=<> result=\\\"2\"@one.test>", "553 5.1.0 syntax error"),
	  "refused-sender-unknown 1 one.test - - 553\n", false },
	{ FAILED("RCPT TO:<x\" result=\"450 <v@victim.test>", "550 <x\" result=\"450 no"),
	  "refused-sender-unknown 1 - - - -\n", false },
	{ FAILED("MAIL FROM:<\"> to=<b@c> from=<\"@sender.test>", "553 5.1.0 syntax error"),
	  "mail-refused 1 - - - 553\n", false },
	{ FAILED("GARBAGE from=<>", "500 5.5.1 Command unrecognized"), "", false },
	/* vis(3) doubles the backslash, so that the quotes seem to end before they do */
	{ FAILED("RCPT TO:<\"a\\\\\" x@victim.test> <\"@one.test>", "553 syntax"),
	  "refused-sender-unknown 1 - - - 553\n", false },
	{ FAILED("DATA\" result=\"550 x", "503 5.5.1 no"), "refused-sender-unknown 1 - - - -\n",
	  false },
	{ FAILED("EHLO x\" RCPT TO:<v@victim.test>", "550 no"), "", false },
	{ FAILED("VRFY x", "252 RCPT TO:<v@victim.test> command=\"RCPT TO:<v@victim.test>"), "",
	  false },
	{ S
	  "event=connected address=192.0.2.1 host=h.test msgid=8819421f from=<> to=<v@victim.test> "
	  "size=\n" OLD_MESSAGE("", "", "u@one.test"),
	  NULL_ONE, false },
	{ OLD_CONNECTED S
	  "event=message address=192.0.2.1 host=msgid=00000000 msgid=8819421f from=<> "
	  "to=<u@one.test> size=1 ndest=1\n",
	  NULL_ONE, false },
	{ OLD_CONNECTED OLD_MESSAGE("", "\"> to=<v@victim.test> size=\"@b.test", "u@one.test"),
	  "mail-accepted 1 one.test 192.0.2.1 8819421f -\n", false },
	{ OLD_CONNECTED OLD_MESSAGE("", "", "v@victim.test> to=<u@one.test"), "", true },
	{ CONNECTED S "bad-input result=\"500 from=<> to=<v@victim.test>\"\n", "", false },
	{ S "connected address=192.0.2.1 host=address=local\n" MESSAGE ENVELOPE("u@one.test"),
	  NULL_ONE, false },
	{ CONNECTED S
	  "authentication user=x result=ok result=permfail\n" MESSAGE ENVELOPE("u@one.test"),
	  NULL_ONE, false },
	{ CONNECTED MESSAGE S "envelope evpid=8819421f7678ac1f from=<\"> to=<v@victim.test> "
			      "from=<\"@b.test> to=<u@one.test>\n",
	  "mail-accepted 1 one.test 192.0.2.1 8819421f -\n", false },
	{ CONNECTED MESSAGE S "envelope evpid=8819421f7678ac1f from=<> to=<v@victim.test> "
			      "to=<u@one.test>\n",
	  "", true },
	{ "Nov 24 16:53:38 mx5 postfix/smtpd[70]: " SID " smtp connected address=192.0.2.1 host=x\n"
	  "Nov 24 16:53:38 mx5 postfix/smtpd[70]: " SID " smtp message msgid=8819421f size=1\n"
	  "Nov 24 16:53:38 mx5 postfix/smtpd[70]: " SID
	  " smtp envelope evpid=8819421f7678ac1f from=<> to=<u@one.test>",
	  "", false },
};

Test(parse_opensmtpd, reads_its_lines)
{
	LOG_ROWS_CHECK(rows);
}

Test(parse_opensmtpd, joins_the_lines_of_a_session)
{
	LOG_ROWS_CHECK(stories);
}

Test(parse_opensmtpd, strangers_write_no_events)
{
	LOG_ROWS_CHECK(hostile);
}

Test(parse_opensmtpd, a_line_that_is_cut_says_no_more_than_the_whole)
{
	log_rows_check_cut(rows, sizeof(rows) / sizeof(rows[0]), sizeof(AT) - 1);
}

/* What the client was told; test_samples.py compares all recordings by domain. */
Test(parse_opensmtpd, finds_in_the_recording_what_its_truth_says)
{
	for (int restart = 0; restart < 2; restart++) {
		struct log_restart_totals totals =
			log_restart_totals("tests/samples/opensmtpd/default.log", restart);

		cr_expect_eq(totals.of[EVENT_BOUNCE_ACCEPTED], 74);
		cr_expect_eq(totals.of[EVENT_LOCAL_DSN], 18);
		cr_expect_eq(totals.of[EVENT_MAIL_ACCEPTED], 34);
	}
}
