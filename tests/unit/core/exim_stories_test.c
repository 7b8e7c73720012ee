#include "tests/unit/core/log_restart.h"

#define AT "2026-11-24 16:46:08 "
#define ID "1xVtea-000042-0a"
#define LONG_ID "10HmaX-000000005vi-0000"
#define H "H=(mta.sender.example) [192.0.2.1]"
#define SYS "Nov 24 16:46:08 mx1 exim[627]: "
#define NULL_IN "bounce-accepted 1 - 192.0.2.1 " ID " -\n"
#define REFUSED "bounce-refused 1 example.test 192.0.2.1 - -\n"
#define G "rejected RCPT <g@example.test>: Unrouteable address"
#define A SYS AT H " F=<> rejected RCPT <a@example.test>: no\n"
#define B SYS AT H " F=<> rejected RCPT <b@example.test>: no\n"
#define BYE SYS AT "SMTP connection from " H " closed by QUIT\n"
#define FOUR_OF(text) text text text text
#define OTHERS "Nov 24 16:46:08 mx1 exim[629]: " AT H " F=<> rejected RCPT <o@other.test>: no\n"
#define OTHER_REFUSED "bounce-refused 1 other.test 192.0.2.1 - -\n"
#define VIRUS AT ID " " H " F=<> rejected after DATA: virus bounce\n"
#define LATE "bounce-refused-late 1 - 192.0.2.1 " ID " -\n"

static const struct {
	const char *name, *lines, *events;
} stories[] = {
	{ "a refusal and its double", A A, REFUSED },
	{ "two equal refusals, doubled", A A A A, REFUSED REFUSED },
	{ "two processes", A OTHERS A OTHERS, REFUSED OTHER_REFUSED },
	{ "not doubled, which the next line says", A B B B BYE, REFUSED REFUSED REFUSED REFUSED },
	{ "doubled, and one line lost", A A B BYE A A, REFUSED REFUSED REFUSED },
	{ "another line of the process parts two equal refusals", A A A BYE A,
	  REFUSED REFUSED REFUSED },
	{ "the double in parts",
	  SYS VIRUS SYS "[1\\3] " VIRUS SYS "[2\\3] Envelope-from: <>\n" SYS
			"[3/3] Envelope-to: <u@example.test>\n" A A,
	  LATE REFUSED },
	{ "only in parts: syslog_duplication=false",
	  SYS "[1\\3] " VIRUS SYS "[2\\3] Envelope-from: <>\n" SYS "[3/3] " AT "x\n", LATE },
	{ "repeats are counted by twos",
	  A "Nov 24 16:46:08 mx1 exim[627]: message repeated 3 times: [ " AT H
	    " F=<> rejected RCPT <a@example.test>: no]\n",
	  REFUSED REFUSED },
	{ "last message repeated", A "Nov 24 16:46:08 mx1 last message repeated 3 times\n",
	  REFUSED REFUSED },
	{ "last message repeated once", A "Nov 24 16:46:08 mx1 last message repeated 1 times\n",
	  REFUSED },
	{ "Exim's own log has each once", AT H " F=<> " G "\n" AT H " F=<> " G "\n",
	  REFUSED REFUSED },
	{ "without Exim's stamp, another tag",
	  "Nov 24 16:46:08 mx1 exim4-in[9]: " H " F=<> " G "\nNov 24 16:46:08 mx1 exim4-in[9]: " H
	  " F=<> " G "\n",
	  REFUSED },
	{ "cut in the recipient",
	  SYS "[1/2] " AT H " F=<> rejected RCPT <a@exam\n" SYS "[2/2] ple.test>: no\n", "" },
	{ "cut behind the recipient", SYS "[1/2] " AT H " F=<> " G "\n" SYS "[2/2] more\n",
	  REFUSED },
	{ "an arrival cut in its recipients",
	  SYS "[1/2] " AT ID " <= <> " H " P=esmtp S=9 for u@exam\n" SYS "[2/2] ple.test\n",
	  NULL_IN },
	{ "a delivery that is cut", SYS "[1/2] " AT ID " ** x@one.test R=r T=t: 550 no\n", "" },
	{ "a bounce, its recipient and its end",
	  AT ID " <= <> " H " P=esmtp S=9\n" AT ID " => u <u@one.test> R=r T=t\n" AT ID
		" Completed\n",
	  "bounce-accepted 1 one.test 192.0.2.1 " ID " -\ndelivered 1 one.test - " ID " -\n" },
	{ "singles are believed until doubles have said otherwise eight times",
	  A BYE FOUR_OF(FOUR_OF(A)) A A,
	  REFUSED FOUR_OF(FOUR_OF(REFUSED)) }, /* 1, 7 pairs as 2, then 2 pairs as 1 */
	{ "a bounce that could not be delivered, and the bounce of a message",
	  AT ID " <= <> " H " P=esmtp S=9\n" AT ID " ** u@one.test: no\n" AT ID
		" u@one.test: error ignored\n" AT ID " Completed\n" AT LONG_ID " <= <> R=" ID
		" U=exim P=local S=9\n" AT LONG_ID " => s@sender.test R=r T=t\n",
	  "bounce-accepted 1 one.test 192.0.2.1 " ID " -\ndelivery-failed 1 one.test - " ID
	  " -\nlocal-dsn 1 - - " LONG_ID " -\ndelivered 1 sender.test - " LONG_ID " -\n" },
	{ "a filter gives it back",
	  AT ID " <= <> " H " P=esmtp S=9 id=a@b\n" AT LONG_ID
		" <= <> H=localhost [127.0.0.1] P=esmtp S=9 id=a@b\n" AT ID
		" => u <u@one.test> R=filter T=t\n" AT LONG_ID " => u <u@one.test> R=r T=t\n",
	  "bounce-accepted 1 one.test 192.0.2.1 " ID " -\ndelivered 1 one.test - " ID
	  " -\ndelivered 1 one.test - " LONG_ID " -\n" },
	{ "a filter gives it back, and its recipient was named at once",
	  AT ID " <= <> " H " P=esmtp S=9 id=a@b for u@one.test\n" AT LONG_ID
		" <= <> H=localhost [127.0.0.1] P=esmtp S=9 id=a@b for u@one.test\n" AT ID
		" Completed\n" AT LONG_ID " Completed\n",
	  "bounce-accepted 1 one.test 192.0.2.1 " ID " -\n" },
	{ "the same message-id from elsewhere is another message",
	  AT ID " <= <> " H " P=esmtp S=9 id=a@b\n" AT LONG_ID " <= <> " H " P=esmtp S=9 id=a@b\n",
	  NULL_IN "bounce-accepted 1 - 192.0.2.1 " LONG_ID " -\n" },
	{ "the rejectlog's further lines are none",
	  AT ID " " H " F=<> rejected after DATA: virus bounce\nEnvelope-from: <>\n"
		"Envelope-to: <u@example.test>\nP Received: x\n\t" AT H " F=<> " G
		"\n  Subject: x\n",
	  LATE },
};

static void
read_into(const char *lines, struct text *text, struct reader_stats *stats_out)
{
	struct reader_options options = { .reference = 1795521600 };
	struct reader *reader = reader_new(&options);

	log_lines_feed(reader, span_of(lines), log_lines_event, text);
	reader_end(reader, log_lines_event, text);
	*stats_out = *reader_stats(reader);
	reader_free(reader);
}

Test(exim_stories, tells_stories)
{
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		char got[2048] = "", restarted[2048] = "";
		struct text text = TEXT(got), again = TEXT(restarted);
		struct reader_stats stats;

		read_into(stories[i].lines, &text, &stats);
		cr_expect_str_eq(got, stories[i].events, "%s:\n%s", stories[i].name, got);
		log_restart_read(stories[i].lines, &again);
		cr_expect_str_eq(restarted, stories[i].events, "%s, restarted:\n%s",
				 stories[i].name, restarted);
	}
}

/* NAME.truth.jsonl: what the client was told. test_samples.py compares all recordings by domain. */
Test(exim_stories, finds_in_the_recordings_what_their_truth_says)
{
	static const struct {
		const char *path;
		int64_t accepted, refused, deferred, late, local;
	} rows[] = {
		{ "tests/samples/exim/default.mainlog", 75, 126, 9, 3, 19 },
		{ "tests/samples/exim/syslog.log", 88, 120, 14, 8, 9 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int restart = 0; restart < 2; restart++) {
			struct log_restart_totals totals =
				log_restart_totals(rows[i].path, restart);

			cr_expect_eq(totals.of[EVENT_BOUNCE_ACCEPTED], rows[i].accepted);
			cr_expect_eq(totals.of[EVENT_BOUNCE_REFUSED], rows[i].refused);
			cr_expect_eq(totals.of[EVENT_BOUNCE_DEFERRED], rows[i].deferred);
			cr_expect_eq(totals.of[EVENT_BOUNCE_REFUSED_LATE], rows[i].late);
			cr_expect_eq(totals.of[EVENT_LOCAL_DSN], rows[i].local);
		}
}
