#include "tests/unit/core/log_rows.h"

#define AT "@400000006b05c2ef0b99db34 "
#define INFO AT "info msg 332: bytes 309 from <> qp 143 uid 6012\n"
#define START AT "starting delivery 1: msg 332 to local u@one.test\n"
#define END AT "end msg 332\n"
#define NULL_ONE "bounce-accepted 1 one.test - 332 -\n"
#define DONE "delivered 1 one.test - - -\n"
#define SPAMDYKE "Nov 24 17:01:24 mx6 spamdyke[9]: "
#define REJECT(reason, helo, from, to)                                                             \
	AT "qmail-smtpd: pid 100 Reject::" reason " P:ESMTP S:192.0.2.1:h.test H:" helo " F:" from \
	   " T:" to
#define SYSLOG "Nov 24 17:01:24 mx6 "
#define SMTPD AT "qmail-smtpd: pid 100 from 192.0.2.1: "
#define REFUSED "bounce-refused 1 one.test 192.0.2.1 - -\n"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define SPLOGGER                                                                                   \
	"Nov 24 17:01:24 mx6 qmail: 1795539684.814430 starting delivery 1: msg 332 to local "
#define LONG HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED TEN TEN TEN TEN TEN "1234"

static const struct log_row rows[] = {
	{ INFO, "bounce-accepted 1 - - 332 -\n", false },
	{ "2026-11-24 17:01:22.757479500 info msg 332: bytes 309 from <> qp 143 uid 6012",
	  "bounce-accepted 1 - - 332 -\n", false },
	{ "Nov 24 17:01:24 mx6 qmail: 1795539684.814430 info msg 332: bytes 309 from <> qp 143 uid "
	  "6012",
	  "bounce-accepted 1 - - 332 -\n", false },
	{ AT "info msg 332: bytes 309 from <> qp 143 uid 6012 queue5",
	  "bounce-accepted 1 - - 332 -\n", false },
	{ AT "info msg 332: bytes 309 from <a@b.test> qp 143 uid 6012",
	  "mail-accepted 1 - - 332 -\n", false },
	{ AT "info msg 332: bytes 309 from <#@[]> qp 143 uid 6012", "", false },
	{ AT "info msg 332: bytes 309 from <> qp 143 uid 6012 slowq",
	  "bounce-accepted 1 - - 332 -\n", false },
	{ AT "info msg 332: bytes 309 from <> qp 143", "", true },
	{ AT "info msg 332: bytes 309 fr", "", true },
	{ AT "delivery 1: success: did_0+0+0/", "delivered 1 - - - -\n", false },
	{ AT "delivery 1: report: x", "", false },
	{ AT "starting delivery 1: msg 332 to nowhere u@one.test", "", true },
	{ AT "bounce msg 332 qp", "", true },
	{ AT "status: local 0/10 remote 0/20", "", false },
	{ AT "tcpserver: status: 39/40", "", false },
	{ AT "tcpserver: status: 40/40", "pressure 1 - - - -\n", false },
	{ AT "tcpserver: pid 142 from 192.0.2.1", "", false },
	{ "Nov 24 17:01:24 mx6 spamdyke[9]: DENIED_RDNS_MISSING from: (unknown) to: u@one.test "
	  "origin_ip: 203.0.113.66 origin_rdns: (unknown) auth: (unknown)",
	  "refused-sender-unknown 1 one.test 203.0.113.66 - -\n", false },
	{ "Nov 24 17:01:24 mx6 spamdyke[9]: ALLOWED from: a@b to: u@one.test origin_ip: "
	  "203.0.113.66 "
	  "origin_rdns: x",
	  "", false },
	/* a line of splogger's longest has lost its end, which the next one brings after a "+" */
	{ SPLOGGER LONG "@a.test", "", true },
	{ SPLOGGER LONG "@a.tes", "", false },
	{ "Nov 24 17:01:24 mx6 qmail: 1795539684.814430+info msg 332: bytes 309 from <> qp 1 uid 2",
	  "", false },
	{ "Nov 24 17:01:24 mx6 qmail: 1795539684.814430 tcpserver: status: 40/40",
	  "pressure 1 - - - -\n", false },
	{ "Nov 24 17:01:24 mx6 tcpserver: 1795539684.814430 status: 40/40", "pressure 1 - - - -\n",
	  false },
	{ REJECT("RCPT::Failed_Rcptto", "h", "", "u@One.test"), REFUSED, false },
	{ "Nov 24 17:01:24 mx6 qmail-smtpd: 1795539684.814430 qmail-smtpd: pid 100 "
	  "Reject::RCPT::Failed_Rcptto P:ESMTP S:192.0.2.1:h.test H: F: T:u@one.test",
	  REFUSED, false },
	{ REJECT("SNDR::Invalid_Relay", "h", "a@b.test", "u@one.test"),
	  "mail-refused 1 one.test 192.0.2.1 - -\n", false },
	{ REJECT("ORIG::Bad_Mailfrom", "h", "a@b.test", "u@one.test '*'"),
	  "mail-refused 1 one.test 192.0.2.1 - -\n", false },
	{ REJECT("RCPT::Toomany_Rcptto", "h", "", "u@one.test"),
	  "bounce-deferred 1 one.test 192.0.2.1 - -\n", false },
	{ REJECT("DATA::Invalid_Size", "h", "", "u@one.test"),
	  "bounce-refused-late 1 one.test 192.0.2.1 - -\n", false },
	{ REJECT("DATA::Virus_Infected", "h", "", "u@one.test 'AV scanner'"),
	  "bounce-refused-late 1 one.test 192.0.2.1 - -\n", false },
	{ AT "qmail-smtpd: pid 100 Reject::RCPT::Bad_Rcptto P:ESMTP S:2001:db8::1:unknown H:h F: "
	     "T:u@one.test",
	  "bounce-refused 1 one.test 2001:db8::1 - -\n", false },
	{ AT "qmail-smtpd: pid 100 Reject::RCPT::Bad_Rcptto P:ESMTPSA S:192.0.2.1:h.test H:h F: "
	     "T:u@one.test",
	  "", false },
	{ AT "qmail-smtpd: pid 100 Reject::AUTH::plain P:ESMTPA S:192.0.2.1:h.test H:h ?~ 'bob'",
	  "", false },
	{ SMTPD "Recipient domain not in rcpthosts <a@b.test>", "", false },
	{ AT
	  "qmail-smtpd: pid 100 from 192.0.2.1: Received EHLO qmail-smtpd: pid 101 from "
	  "192.0.2.2: Reject::RCPT::Failed_Rcptto P:ESMTP S:192.0.2.1:h.test H:h F: T:u@one.test",
	  "", false },
	{ AT "qmail-smtpd: pid 100 Reject::TLS::missing P:ESMTP S:192.0.2.1:h.test H:h", "",
	  false },
	{ AT "qmail-smtpd: pid 100 Accept::RCPT::Recipients_Cdb P:ESMTP S:192.0.2.1:h.test H:h F: "
	     "T:u@one.test",
	  "", false },
	{ AT "qmail-smtpd: pid 100 Reject::RCPT::Failed_Rcptto P:ESMTP S:192.0.2.1", "", true },
	{ AT "CHKUSER rejected rcpt: from <::> remote <h:unknown:192.0.2.1> rcpt <u@one.test> : x",
	  "", false },
	{ "@400000006b05c2ef0b99db3 info msg 332: bytes 309 from <> qp 143 uid 6012", "", true },
};

static const struct log_row stories[] = {
	{ INFO START AT "delivery 1: success: ok/\n" END, NULL_ONE DONE, false },
	{ INFO START AT "starting delivery 2: msg 332 to remote v@two.test\n" AT
			"delivery 2: deferral: later/\n" AT "delivery 1: failure: no/\n",
	  NULL_ONE "delivery-deferred 1 two.test - - -\ndelivery-failed 1 one.test - - -\n",
	  false },
	{ INFO END INFO START, "bounce-accepted 1 - - 332 -\n" NULL_ONE, false },
	{ AT "bounce msg 331 qp 143\n" INFO START, "local-dsn 1 - - 332 -\n", false },
	{ AT "bounce msg 331 qp 144\n" INFO START, NULL_ONE, false },
	{ AT "bounce msg 331 qp 143\n" AT "info msg 332: bytes 9 from <#@[]> qp 143 uid 6016\n", "",
	  false },
	/* the pid that is its qp comes back */
	{ AT "bounce msg 331 qp 143\n" AT
	     "info msg 332: bytes 9 from <#@[]> qp 143 uid 6016\n" END INFO START,
	  NULL_ONE, false },
	{ AT "bounce msg 331 qp 143\n" INFO END INFO START, "local-dsn 1 - - 332 -\n" NULL_ONE,
	  false },
	{ AT "bounce msg 331 qp 143 queue5\n" AT
	     "info msg 332: bytes 9 from <> qp 143 uid 6016 queue5\n",
	  "local-dsn 1 - - 332 -\n", false },
	/* two queues of indimail, each with a delivery 7 */
	{ AT "starting delivery 7: msg 332 to local u@one.test queue1\n" AT
	     "starting delivery 7: msg 333 to local v@two.test queue2\n" AT
	     "delivery 7: success: ok/ queue1\n" AT "end msg 332 qmail-send: queue1\n",
	  "delivered 1 - - - -\n", false },
	/* qmail-send begins again while a delivery runs */
	{ INFO START AT "status: exiting\n" AT "status: local 0/10 remote 0/20\n" AT
			"starting delivery 1: msg 400 to local v@two.test\n" AT
			"delivery 1: success: ok/\n" AT "starting delivery 2: msg 332 to local "
			"u@one.test\n" AT "delivery 2: success: ok/\n" END,
	  NULL_ONE "delivered 1 two.test - - -\n" DONE, false },
	/* after a restart delivery numbers begin at 1 again */
	{ START AT "starting delivery 1: msg 333 to local v@two.test\n" AT
		   "delivery 1: success: ok/\n",
	  "delivered 1 two.test - - -\n", false },
};

static const struct log_row hostile[] = {
	{ AT "info msg 332: bytes 309 from <a>_qp_1_uid_2_from_<@sender.test> qp 672 uid 6012",
	  "mail-accepted 1 - - 332 -\n", false },
	{ AT "info msg 332: bytes 309 from <>_qp_1_uid_2_x@sender.test> qp 672 uid 6012",
	  "mail-accepted 1 - - 332 -\n", false },
	{ INFO AT "starting delivery 1: msg 332 to local x_from_<a@b>_qp_1_uid_2@one.test\n",
	  NULL_ONE, false },
	{ INFO AT "starting delivery 1: msg 332 to local x_to_local_v@victim.test@one.test\n",
	  NULL_ONE, false },
	{ AT "delivery 1: failure: 550_info_msg_332:_bytes_9_from_<>_qp_1_uid_2/",
	  "delivery-failed 1 - - - -\n", false },
	{ AT "starting delivery 1: msg 332 to local u@one.test <v@victim.test>", "", true },
	{ "Nov 24 17:01:24 mx6 spamdyke[9]: DENIED_OTHER from: x to: v@victim.test y "
	  "origin_ip: 203.0.113.66 origin_rdns: x",
	  "", true },
	{ SPAMDYKE
	  "DENIED_OTHER from: \"a to: v@victim.test origin_ip: 9.9.9.9 origin_rdns: x\"@y.test "
	  "to: u@one.test origin_ip: 203.0.113.66 origin_rdns: x auth: (unknown)",
	  "", true },
	{ SPAMDYKE "DENIED_OTHER from: a@b.test to: \"u origin_ip: 9.9.9.9\"@one.test origin_ip: "
		   "203.0.113.66 origin_rdns: x",
	  "", true },
	{ SPAMDYKE "ALLOWED from: DENIED_X from: a to: v@victim.test origin_ip: 9.9.9.9 "
		   "origin_rdns: x",
	  "", false },
	{ REJECT("RCPT::Failed_Rcptto", "h F: T:v@victim.test", "a@b.test", "u@one.test"), "",
	  true },
	{ REJECT("RCPT::Failed_Rcptto", "F: T:v@victim.test", "a@b.test", "u@one.test"),
	  "mail-refused 1 one.test 192.0.2.1 - -\n", false },
	{ REJECT("RCPT::Failed_Rcptto", "h", " T:v@victim.test", "u@one.test"), "", true },
	{ REJECT("RCPT::Failed_Rcptto", "h", "a@b.test", "x F: T:v@victim.test"), "", true },
	{ REJECT("RCPT::Failed_Rcptto", "h", "a@b.test", "v@victim.test x@one.test"), "", true },
	{ REJECT("RCPT::Failed_Rcptto", "h S:9.9.9.9:x H:y", "", "u@one.test"), REFUSED, false },
	{ REJECT("RCPT::Failed_Rcptto", "P:ESMTPA", "", "u@one.test"), REFUSED, false },
	{ AT "tcpserver: ok 142 status: 40/40:192.0.2.1:25 :192.0.2.9::34493", "", false },
	{ AT "tcpserver: status: 40/40 x", "", false },
	{ AT "delivery 1: success: qmail-smtpd:_pid_1_Reject::RCPT::Bad_Rcptto/",
	  "delivered 1 - - - -\n", false },
	{ AT "starting delivery 1: msg 332 to local u@one.test queue1 queue2", "", true },
	{ SMTPD "New session\n" INFO START AT
		"tcpserver: status: 40/40\n" REJECT("RCPT::Failed_Rcptto", "h", "", "u@One.test"),
	  "", true },
	{ AT "qmail-smtpd: pid 1 from 192.0.2.1 HELO <h> MAIL from <> RCPT <u@one.test>\n" INFO,
	  "bounce-accepted 1 - - 332 -\n", false }, /* indimail's comes in one piece */
	{ SYSLOG "qmail-smtpd: 1.1 qmail-smtpd: pid 7 from 192.0.2.1: New session\n" SYSLOG
		 "qmail: 1.1 info msg 332: bytes 309 from <> qp 143 uid 6012\n",
	  "bounce-accepted 1 - - 332 -\n", false },
	{ "Nov 24 17:01:24 mx6 dovecot: info msg 332: bytes 309 from <> qp 143 uid 6012", "",
	  false },
};

Test(parse_qmail, reads_its_lines)
{
	LOG_ROWS_CHECK(rows);
}

Test(parse_qmail, joins_the_lines_of_a_message)
{
	LOG_ROWS_CHECK(stories);
}

Test(parse_qmail, strangers_write_no_events)
{
	LOG_ROWS_CHECK(hostile);
}

/* A reader that begins anew in between has to see such a line again, which each session has. */
Test(parse_qmail, of_a_tag_that_is_torn_nothing_is_believed)
{
	char got[LOG_ROWS_TEXT];
	struct reader_stats stats = log_rows_read(
		SYSLOG "qmail: 1.1 qmail-smtpd: pid 7 from 192.0.2.1: New session\n" SYSLOG
		       "qmail: 1.1 info msg 332: bytes 309 from <> qp 143 uid 6012\n",
		false, got);

	cr_expect_str_eq(got, "");
	cr_expect_eq(stats.broken, 1);
}

Test(parse_qmail, a_line_that_is_cut_says_no_more_than_the_whole)
{
	log_rows_check_cut(rows, sizeof(rows) / sizeof(rows[0]), sizeof(AT) - 1);
}

/* What the client was told; test_samples.py compares all recordings by domain. */
Test(parse_qmail, finds_in_the_recording_what_its_truth_says)
{
	for (int restart = 0; restart < 2; restart++) {
		struct log_restart_totals totals =
			log_restart_totals("tests/samples/qmail/send.tai64n", restart);

		cr_expect_eq(totals.of[EVENT_BOUNCE_ACCEPTED], 81);
		cr_expect_eq(totals.of[EVENT_LOCAL_DSN], 14);
		cr_expect_eq(totals.of[EVENT_MAIL_ACCEPTED], 41);
	}
}
