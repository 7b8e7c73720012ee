#include "tests/unit/core/log_restart.h"
#include "tests/unit/core/log_rows.h"

#define AT "Nov 24 16:51:05 mx4 "
#define MTA AT "sm-mta[166]: "
#define ID "6AOGp5pW000166"
#define Q MTA ID ": "
#define TAIL "proto=ESMTP, daemon=MTA-v4, relay=[192.0.2.1]"
#define FROM "from=<>, size=115, class=0, nrcpts=1, msgid=<a@b>, " TAIL
#define NOTHING "from=<>, size=0, class=0, nrcpts=0, " TAIL
#define TO(address)                                                                                \
	"to=" address ", delay=00:00:00, xdelay=00:00:00, mailer=local, pri=30354, dsn=2.0.0, "    \
	"stat=Sent\n"
#define NULL_IN "bounce-accepted 1 - 192.0.2.1 " ID " -\n"
#define NULL_ONE                                                                                   \
	"bounce-accepted 1 one.test 192.0.2.1 " ID " -\ndelivered 1 one.test - " ID " 2.0.0\n"
#define REFUSED "bounce-refused 1 one.test 192.0.2.1 " ID " -\n"

static const struct log_row rows[] = {
	{ Q FROM, NULL_IN, false },
	{ Q "from=<>, size=115, class=-60, nrcpts=1, msgid=<a@b>, bodytype=8BITMIME, proto=ESMTPS, "
	    "daemon=MTA-v6, tls_verify=NONE, auth=NONE, relay=h.test [IPv6:2001:db8::1] (may be "
	    "forged)",
	  "bounce-accepted 1 - 2001:db8::1 " ID " -\n", false },
	{ Q "from=<>, size=115, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTP, daemon=MTA, "
	    "tls_verify=OK, auth=PLAIN, relay=[192.0.2.1]",
	  "", false },
	{ Q "from=<>, size=115, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTPA, daemon=MSA, "
	    "relay=[192.0.2.1]",
	  "", false },
	{ Q "from=<>, size=115, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTPSA, daemon=MSA, "
	    "relay=[192.0.2.1]",
	  "", false },
	{ Q "from=<>, size=115, class=0, nrcpts=1, msgid=<a, proto=ESMTPA, daemon=MSA, b>, " TAIL,
	  NULL_IN, false },
	{ Q "from=<a@b.test>, size=1, class=0, nrcpts=1, msgid=<a@b>, " TAIL,
	  "mail-accepted 1 - 192.0.2.1 " ID " -\n", false },
	{ Q "from=root, size=1, class=0, nrcpts=1, msgid=<a@b>, relay=root@localhost", "", false },
	{ Q "from=a@b.test, size=1, class=0, nrcpts=1, msgid=<a@b>, " TAIL,
	  "mail-accepted 1 - 192.0.2.1 " ID " -\n", false },
	{ Q "from=<>, size=1, class=0, nrcpts=1, msgid=<a@b>, relay=[RESPONSE]", "", false },
	{ Q "from=<root@mx4>, size=1, class=0, nrcpts=1, msgid=<a@b>, relay=root@localhost", "",
	  false },
	{ Q "from=<>, size=0, class=0, nrcpts=1, " TAIL, "probe 1 - 192.0.2.1 " ID " -\n", false },
	{ Q "from=<>, size=14, class=0, nrcpts=1, " TAIL, "", false }, /* cut off in DATA */
	{ Q "from=<a@b.test>, size=0, class=0, nrcpts=1, " TAIL, "", false },
	{ Q "from=<>, size=115, class=0", "", true },
	{ Q "from=<>, size=115, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTP", "", true },
	{ Q "to=<u@One.test>, delay=1+00:00:00, xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx "
	    "[192.0.2.9], dsn=4.0.0, stat=Deferred: Connection refused",
	  "delivery-deferred 1 one.test - " ID " 4.0.0\n", false },
	{ Q "to=<u@one.test>, delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx "
	    "[192.0.2.9], dsn=5.1.1, reply=550 5.1.1 no, stat=User unknown",
	  "delivery-failed 1 one.test - " ID " 5.1.1\n", false },
	{ Q "to=|/bin/false, ctladdr=<boom@one.test> (1/0), delay=00:00:00, xdelay=00:00:00, "
	    "mailer=prog, pri=1, dsn=5.3.0, stat=unknown mailer error 1",
	  "delivery-failed 1 one.test - " ID " 5.3.0\n", false },
	{ Q "to=<u@one.test>, ctladdr=<a@sender.test> (1/0), delay=00:00:00, xdelay=00:00:00, "
	    "mailer=local, pri=1, dsn=2.0.0, stat=Sent",
	  "delivered 1 one.test - " ID " 2.0.0\n", false },
	{ Q "to=<u@one.test>, de", "", true },
	{ Q "to=<u@one.test>, delay=00:00:00, mailer=esmtp, pri=30054, stat=queued", "", false },
	{ Q "to=<u@one.test>, delay=00:00:01, mailer=esmtp, pri=1, dsn=5.1.2, stat=Host unknown",
	  "delivery-failed 1 one.test - " ID " 5.1.2\n", false },
	{ Q "to=<u@one.test>,<v@one.test>, [more], delay=00:00:00, xdelay=00:00:00, mailer=local, "
	    "pri=1, dsn=2.0.0, stat=Sent",
	  "delivered 1 one.test - " ID " 2.0.0\ndelivered 1 one.test - " ID " 2.0.0\n", false },
	{ Q "to=\"|exec /bin/filter -a, -b\", ctladdr=<u@one.test> (1/0), delay=00:00:00, "
	    "xdelay=00:00:00, mailer=prog, pri=1, dsn=2.0.0, stat=Sent",
	  "delivered 1 one.test - " ID " 2.0.0\n", false },
	{ Q "6AOGp5pW000167: DSN: User unknown", "local-dsn 1 - - 6AOGp5pW000167 -\n", false },
	{ Q "6AOGp5pW000167: sender notify: Warning: could not send message for past 4 hours",
	  "local-dsn 1 - - 6AOGp5pW000167 -\n", false },
	{ Q "6AOGp5pW000167: clone: owner=x", "", false },
	{ Q "<g@one.test>... User unknown", "refused-sender-unknown 1 one.test - " ID " -\n",
	  false }, /* its from= never came */
	{ Q "ruleset=check_rcpt, arg1=<d@one.test>, relay=[192.0.2.1], discard", "", false },
	{ Q "ruleset=check_mail, arg1=<>, relay=[192.0.2.1], reject=553 5.1.8 no",
	  "bounce-refused-late 1 - 192.0.2.1 " ID " 5.1.8\n", false },
	{ Q "ruleset=check_mail, arg1=<a@b>, relay=[192.0.2.1], reject=451 4.1.8 later",
	  "mail-deferred 1 - 192.0.2.1 " ID " 4.1.8\n", false },
	{ Q "ruleset=check_relay, arg1=h, arg2=192.0.2.1, relay=h [192.0.2.1], reject=550 5.7.1 no",
	  "", false },
	{ Q "ruleset=check_data, arg1=1, relay=[192.0.2.1], discard", "", false },
	{ Q "Milter: from=<>, reject=550 5.7.1 no", "bounce-refused-late 1 - - " ID " 5.7.1\n",
	  false },
	{ Q "Milter: from=<a@b>, reject=451 4.7.1 no", "mail-deferred 1 - - " ID " 4.7.1\n",
	  false },
	{ Q "Milter: to=<g@one.test>, discard", "", false },
	{ Q "Milter: data, reject=550 5.7.1 no", "", false }, /* its to= lines say it */
	{ Q "Milter: helo=<>, reject=550 5.7.1 no", "", false },
	{ Q "[192.0.2.1]: Possible SMTP RCPT flood, throttling.", "", false },
	{ Q "collect: relay=[192.0.2.1], from=<>, info=unexpected close", "", false },
	{ Q "<-- MAIL FROM:<>", "", false },
	{ Q "<-- RCPT TO:<v@victim.test>... User unknown", "", false },
	{ Q "--- 250 2.1.0 <>... Sender ok", "", false },
	{ Q "--- 550 5.1.1 <g@one.test>... User unknown", "", false },
	{ MTA "NOQUEUE: connect from h.test [192.0.2.1]", "", false },
	{ MTA "rejecting connections on daemon MTA-v4: load average: 4", "pressure 1 - - - -\n",
	  false },
	{ MTA "rejecting connections on daemon MTA-v4: 20 children, max 20", "pressure 1 - - - -\n",
	  false },
	{ MTA "delaying connections on daemon MTA-v4: load average=12 >= 8", "pressure 1 - - - -\n",
	  false },
	{ MTA "rejecting new messages: min free: 100", "pressure 1 - - - -\n", false },
	{ MTA "ruleset=check_relay, arg1=h.test, arg2=192.0.2.1, relay=h.test [192.0.2.1], "
	      "reject=421 4.3.2 Connection rate limit exceeded.",
	  "pressure 1 - 192.0.2.1 - 4.3.2\n", false },
	{ MTA "ruleset=check_relay, arg1=[192.0.2.1], arg2=192.0.2.1, relay=[192.0.2.1], "
	      "reject=554 5.7.1 Rejected",
	  "", false },
	{ MTA
	  "NOQUEUE: SYSERR(root): hash map \"access\": missing map file /etc/mail/access.db: No "
	  "such file or directory",
	  "", false },
	{ Q "SYSERR(root): collect: Cannot write ./df6AOGp5pW000166 (bfcommit, uid=0, gid=25): No "
	    "space left on device",
	  "pressure 1 - - " ID " -\n", false },
	{ MTA
	  "NOQUEUE: SYSERR(root): queueup: cannot create queue file ./qf6AOGp5pW000166: No space "
	  "left on device",
	  "pressure 1 - - - -\n", false },
	{ MTA "accepting connections again for daemon MTA-v4", "", false },
	{ AT "sm-mta[1]: [ID 801593 mail.warning] " ID ": " FROM, NULL_IN, false },
	{ AT "sendmail[1]: AAA12345: " FROM, "bounce-accepted 1 - 192.0.2.1 AAA12345 -\n", false },
};

/* Whole transactions. */
static const struct log_row stories[] = {
	{ Q "<a@one.test>... User unknown\n" Q "from=<>, size=0, class=0, nrcpts=0, proto=ESMTPA, "
	    "daemon=MSA, relay=[192.0.2.1]",
	  "", false },
	{ Q FROM "\n" Q TO("<u@one.test>"), NULL_ONE, false },
	{ Q "<g@one.test>... User unknown\n" Q NOTHING, REFUSED, false },
	{ Q "<g@one.test>... User unknown\n" Q "<h@one.test>... User unknown\n" Q
	    "<g@two.test>... No such user here\n" Q "ruleset=check_rcpt, arg1=<w@one.test>, "
	    "relay=[192.0.2.1], reject=451 4.7.1 later\n" Q NOTHING,
	  "bounce-deferred 1 one.test 192.0.2.1 " ID " -\nbounce-refused 1 two.test 192.0.2.1 " ID
	  " -\nbounce-refused 2 one.test 192.0.2.1 " ID " -\n",
	  false },
	{ Q "<g@one.test>... User unknown\n" Q "from=<a@b.test>, size=0, class=0, nrcpts=0, " TAIL,
	  "mail-refused 1 one.test 192.0.2.1 " ID " -\n", false },
	{ Q "<g@one.test>... User unknown\n" Q FROM "\n" Q TO("<u@one.test>"), REFUSED NULL_ONE,
	  false },
	{ Q "Milter: to=<g@one.test>, reject=550 5.7.1 no\n" Q NOTHING, REFUSED, false },
	{ Q "Milter: to=<g@one.test>, reject=421, errormode=4\n" Q NOTHING,
	  "bounce-deferred 1 one.test 192.0.2.1 " ID " -\n", false },
	{ Q "<g@one.test>... User unknown\n" Q "from=a@b.test, size=0, class=0, nrcpts=0, " TAIL,
	  "mail-refused 1 one.test 192.0.2.1 " ID " -\n", false },
	{ Q "ruleset=check_rcpt, arg1=<g@one.test>, relay=[192.0.2.1], reject=421 4.3.2 Connection "
	    "rate limit exceeded.\n" Q NOTHING,
	  "pressure 1 one.test 192.0.2.1 " ID " 4.3.2\nbounce-deferred 1 one.test 192.0.2.1 " ID
	  " -\n",
	  false },
	/* more than a day later it is given up, before anything else is remembered */
	{ "Nov 23 16:51:04 mx4 sm-mta[166]: " ID ": <g@one.test>... User unknown\n" MTA
	  "6AOGp5pY000166: " FROM "\n" Q NOTHING,
	  "refused-sender-unknown 1 one.test - " ID " -\n"
	  "bounce-accepted 1 - 192.0.2.1 6AOGp5pY000166 -\n",
	  false },
	/* DATA was refused: no probe */
	{ Q "ruleset=check_data, arg1=2, relay=[192.0.2.1], reject=550 5.5.3 no\n" Q
	    "from=<>, size=0, class=0, nrcpts=2, " TAIL,
	  "bounce-refused-late 1 - 192.0.2.1 " ID " -\n", false },
	{ Q "<g@one.test>... User unknown\n" Q "Milter: cmd=data, reject=451 4.7.1 no\n" Q
	    "from=<>, size=0, class=0, nrcpts=1, " TAIL,
	  "bounce-refused-late 1 - 192.0.2.1 " ID " -\n" REFUSED, false },
	{ Q "Milter: cmd=data, reject=451 4.7.1 no\n" Q
	    "from=<a@b.test>, size=0, class=0, nrcpts=1, " TAIL,
	  "mail-deferred 1 - 192.0.2.1 " ID " -\n", false },
	/* a milter at the end of the message */
	{ Q FROM "\n" Q "Milter: data, reject=550 5.7.1 no\n" Q
		 "to=<u@one.test>, delay=00:00:00, pri=1, stat=no",
	  "bounce-refused-late 1 one.test 192.0.2.1 " ID " -\n", false },
	/* several transactions of one connection, the second one reset after a good RCPT */
	{ Q "<g@one.test>... User unknown\n" Q NOTHING "\n" MTA
	    "6AOGp5pY000166: from=<>, size=0, class=0, nrcpts=1, " TAIL "\n" MTA
	    "6AOGp5pa000166: from=<a@b.test>, size=9, class=0, nrcpts=1, msgid=<a@b>, " TAIL,
	  REFUSED "probe 1 - 192.0.2.1 6AOGp5pY000166 -\n"
		  "mail-accepted 1 - 192.0.2.1 6AOGp5pa000166 -\n",
	  false },
	{ Q FROM
	  "\n" Q "message size (284014) exceeds maximum (200000)\n" Q
	  "to=<u@one.test>, delay=00:00:00, pri=1, stat=Message exceeds maximum fixed size\n" Q
	  "to=<v@two.test>, delay=00:00:00, pri=1, stat=Message exceeds maximum fixed size",
	  "bounce-refused-late 1 one.test 192.0.2.1 " ID " -\n", false },
	{ Q "6AOGp5pW000167: DSN: User unknown\n" AT "sm-mta[9]: 6AOGp5pW000168: from=<>, size=1, "
	    "class=0, nrcpts=1, msgid=<202611241651.6AOGp5pW000167@mx4>, proto=ESMTP, daemon=MTA, "
	    "relay=localhost [127.0.0.1]",
	  "local-dsn 1 - - 6AOGp5pW000167 -\n", false },
	{ Q "from=<>, size=1, class=0, nrcpts=1, msgid=<a@b>, " TAIL "\n" Q
	    "to=<x@far.test>, ctladdr=<alias@one.test> (8/0), delay=00:00:00, "
	    "xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx [192.0.2.9], dsn=2.0.0, stat=Sent",
	  NULL_ONE, false },
	{ Q FROM "\n" Q TO("<u@one.test>,<v@two.test>"),
	  NULL_ONE "delivered 1 two.test - " ID " 2.0.0\n", false },
};

/* What strangers write, by position. */
static const struct log_row hostile[] = {
	/* sender */
	{ Q "from=<\"a>, size=1, class=0, nrcpts=1, from=<\"@sender.test>, size=122, class=0, "
	    "nrcpts=1, msgid=<a@b>, " TAIL,
	  "mail-accepted 1 - 192.0.2.1 " ID " -\n", false },
	{ Q "from=<\"x>, from=<>, relay=evil\"@sender.test>, size=0, class=0, nrcpts=0, " TAIL, "",
	  false },
	/* recipient */
	{ Q "<\"x... User unknown, from=<>, relay=y\"@one.test>... User unknown\n" Q NOTHING,
	  REFUSED, false },
	{ Q "<\"a>... User unknown\n" Q NOTHING, "", true },
	{ Q "<\"6AOGp7DQ000528: from=<>, size=1, class=0, nrcpts=1, msgid=<a>, "
	    "relay=[203.0.113.7]\"@one.test>... User unknown\n" Q NOTHING,
	  REFUSED, false },
	{ Q "ruleset=check_rcpt, arg1=<\"x>, relay=y, reject=550 <\"@one.test>, relay=[192.0.2.1], "
	    "reject=451 4.7.1 later\n" Q NOTHING,
	  "bounce-deferred 1 one.test 192.0.2.1 " ID " -\n", false },
	/* Message-Id */
	{ Q "from=<a@b.test>, size=98, class=0, nrcpts=1, msgid=<x... User unknown, from=<>, "
	    "relay=y>, " TAIL,
	  "mail-accepted 1 - 192.0.2.1 " ID " -\n", false },
	{ Q "from=<>, size=1, class=0, nrcpts=1, msgid=<x, relay=root@localhost>, " TAIL, NULL_IN,
	  false },
	{ Q "from=<>, size=1, class=0, nrcpts=1, msgid=<x>, auth=PLAIN, y, " TAIL, NULL_IN, false },
	{ Q "from=<>, size=1, class=0, nrcpts=1, msgid=<x, auth=PLAIN>, " TAIL, NULL_IN, false },
	{ Q "from=<>, size=1, class=0, nrcpts=1, msgid=<x>, auth=PLAIN, bodytype=8BITMIME, " TAIL,
	  NULL_IN, false },
	/* of a bounce that was made here, whose id its recipient knows */
	{ Q "6AOGp5pW000167: DSN: User unknown\n" AT "sm-mta[9]: " ID
	    ": from=<>, size=1, class=0, nrcpts=1, msgid=<202611241651.6AOGp5pW000167@mx4>, " TAIL,
	  "local-dsn 1 - - 6AOGp5pW000167 -\n" NULL_IN, false },
	{ Q "from=<>, size=1, class=0, nrcpts=1, msgid=\033[31m\xff, " TAIL, NULL_IN, false },
	/* an address without brackets is what the line begins with */
	{ Q "from=<>,... User unknown", "", true },
	{ Q "to=<v@victim.test>,... User unknown", "", true },
	{ Q "from=\"a, size=1, class=0, nrcpts=1, msgid=<x>, relay=[203.0.113.7]\"@b.test... User "
	    "unknown",
	  "", true },
	{ Q "from=a\\, size=1, class=0, nrcpts=1, msgid=x, size=0, class=0, nrcpts=0, " TAIL, "",
	  true },
	/* the client's name */
	{ MTA
	  "ruleset=check_relay, arg1=x, reject=421 , arg2=192.0.2.1, relay=[192.0.2.1], reject=554 "
	  "5.7.1 no",
	  "", false },
	{ Q "SYSERR(root): collect: I/O error on connection from No space left on device, from=<>",
	  "", false },
	{ Q "from=<>, size=1, class=0, nrcpts=1, msgid=<a@b>, proto=ESMTP, daemon=MTA, "
	    "relay=[203.0.113.9].x.test [192.0.2.1]",
	  NULL_IN, false },
	/* answers of others */
	{ Q "to=<u@one.test>, delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx "
	    "[192.0.2.9], dsn=5.1.1, reply=550 5.1.1 x, dsn=2.0.0, stat=Sent, from=<>, stat=no",
	  "delivery-failed 1 one.test - " ID " 5.1.1\n", false },
	/* headers that a ruleset checks */
	{ Q "ruleset=CheckVirus, arg1= yes, relay=[192.0.2.1], reject=554 5.7.1 <v@victim.test>... "
	    "User unknown",
	  "", false },
	/* other programs */
	{ AT "dovecot[1]: " ID ": " FROM, "", false },
	{ MTA "STARTTLS=server, relay=h [192.0.2.1], version=<v@victim.test>... User unknown", "",
	  false },
};

Test(parse_sendmail, reads_its_lines)
{
	LOG_ROWS_CHECK(rows);
}

Test(parse_sendmail, joins_the_lines_of_a_transaction)
{
	LOG_ROWS_CHECK(stories);
}

Test(parse_sendmail, strangers_write_no_events)
{
	LOG_ROWS_CHECK(hostile);
}

Test(parse_sendmail, a_line_that_is_cut_says_no_more_than_the_whole)
{
	log_rows_check_cut(rows, sizeof(rows) / sizeof(rows[0]), sizeof(AT) - 1);
}

Test(parse_sendmail, what_was_counted_at_once_is_taken_back)
{
	char got[LOG_ROWS_TEXT];

	log_rows_read(Q FROM "\n" Q "to=<u@one.test>, delay=00:00:00, pri=1, stat=no", true, got);
	cr_assert_str_eq(got, "bounce-accepted 1 (none) 192.0.2.1 " ID " -\n"
			      "bounce-refused-late 1 one.test 192.0.2.1 " ID " - from=(none)\n");
}

/* What the client was told; test_samples.py compares all recordings by domain. */
Test(parse_sendmail, finds_in_the_recording_what_its_truth_says)
{
	for (int restart = 0; restart < 2; restart++) {
		struct log_restart_totals totals =
			log_restart_totals("tests/samples/sendmail/default.log", restart);

		cr_expect_eq(totals.of[EVENT_BOUNCE_ACCEPTED], 71);
		cr_expect_eq(totals.of[EVENT_BOUNCE_REFUSED], 108); /* one by Connect: REJECT */
		cr_expect_eq(totals.of[EVENT_BOUNCE_DEFERRED], 5);
		cr_expect_eq(totals.of[EVENT_BOUNCE_REFUSED_LATE], 1); /* exceeds maximum */
		cr_expect_eq(totals.of[EVENT_PROBE], 10);
		cr_expect_eq(totals.of[EVENT_LOCAL_DSN], 24);
		cr_expect_eq(totals.of[EVENT_MAIL_ACCEPTED], 39);
		cr_expect_eq(totals.of[EVENT_MAIL_REFUSED], 13);
		cr_expect_eq(totals.of[EVENT_REFUSED_SENDER_UNKNOWN], 0);
	}
}
