#include "tests/unit/core/log_rows.h"

#define AT "@400000006b05c2ef0b99db34 "
#define INFO AT "info msg 332: bytes 309 from <> qp 143 uid 6012\n"
#define START AT "starting delivery 1: msg 332 to local u@one.test\n"
#define END AT "end msg 332\n"
#define NULL_ONE "bounce-accepted 1 one.test - 332 -\n"
#define DONE "delivered 1 one.test - - -\n"

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

Test(parse_qmail, a_line_that_is_cut_says_no_more_than_the_whole)
{
	log_rows_check_cut(rows, sizeof(rows) / sizeof(rows[0]), sizeof(AT) - 1);
}
