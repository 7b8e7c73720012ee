#include "tests/unit/core/log_lines.h"

#include <criterion/criterion.h>

#define AT "2026-11-24 16:46:08 "
#define ID "1xVtea-000042-0a"
#define LONG_ID "10HmaX-000000005vi-0000"
#define H "H=(mta.sender.example) [192.0.2.1]"
#define SYS "Nov 24 16:46:08 mx1 exim[627]: "
#define TLS " X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no"
#define NULL_IN "bounce-accepted 1 - 192.0.2.1 " ID " -\n"
#define REFUSED "bounce-refused 1 example.test 192.0.2.1 - -\n"
#define G "rejected RCPT <g@example.test>: Unrouteable address"

/* One line each: the events of a reader that then ends, and whether the line is broken. */
struct row {
	const char *line, *events;
	bool broken;
};

static const struct row plain[] = {
	{ AT ID " <= <> " H " P=esmtp S=287 id=a@b", NULL_IN, false },
	{ AT LONG_ID " <= <> " H " P=esmtp S=287", "bounce-accepted 1 - 192.0.2.1 " LONG_ID " -\n",
	  false },
	{ AT ID " <= <> H=mail.example (helo) [2001:db8::1]:25 I=[::1]:25 U=root P=esmtps" TLS
		" L.- S=287 M8S=0 RT=0.000s id=a@b T=\"x \\\" for v@victim.test\" from <> for "
		"u1@Example.test u2@two.test",
	  "bounce-accepted 1 example.test 2001:db8::1 " ID " -\n", false },
	{ AT ID " <= <> DS H=mail.example [192.0.2.1] P=esmtp S=1", NULL_IN, false },
	{ AT ID " (= <> " H " P=esmtp S=287", NULL_IN, false },
	{ AT ID " <= a@b.test " H " P=esmtp S=287", "mail-accepted 1 - 192.0.2.1 " ID " -\n",
	  false },
	{ AT ID " <= <> " H " P=esmtpa A=plain_login:anna S=231", "", false },
	{ AT ID " <= <> U=bob P=local S=231", "", false },
	{ AT ID " <= a@b.test U=bob P=local S=231", "", false },
	{ AT ID " <= <> R=1xVtea-000042-0b U=Debian-exim P=local S=1593",
	  "local-dsn 1 - - " ID " -\n", false },
	{ AT ID " <= <> " H " P=esmtp", "", true },
	{ AT ID " <= <> H=mta", "", true },
	{ AT ID " <= <> " H " S=287", "", true },
	{ AT ID " => u1 <u1@Example.test> R=users T=devnull",
	  "delivered 1 example.test - " ID " -\n", false },
	{ AT ID " => u1 <u1@example.test> F=<> P=<> R=local T=drop S=285 QT=0.038s DT=0.014s",
	  "delivered 1 example.test - " ID " -\n", false },
	{ AT ID " -> john doe <\"john doe\"@example.test> R=users T=devnull",
	  "delivered 1 example.test - " ID " -\n", false },
	{ AT ID " => |/bin/x -f y (alias@example.test) <u@one.test> R=pipe T=address_pipe",
	  "delivered 1 one.test - " ID " -\n", false },
	{ AT ID " => :blackhole: <u@one.test> R=fail", "delivered 1 one.test - " ID " -\n", false },
	{ AT ID " => blackhole (RCPT ACL discarded recipients)", "", false },
	{ AT ID " ** x@one.test: retry timeout exceeded", "delivery-failed 1 one.test - " ID " -\n",
	  false },
	{ AT ID " ** n@one.test R=remote T=smtp H=mx [192.0.2.9]: SMTP error from remote mail "
		"server after RCPT TO:<n@one.test>: 550 5.1.1 <n@two.test>: no",
	  "delivery-failed 1 one.test - " ID " -\n", false },
	{ AT ID " == d@one.test routing defer (-52): retry time not reached",
	  "delivery-deferred 1 one.test - " ID " -\n", false },
	{ AT ID " == d@one.test R=r T=t defer (111): Connection refused",
	  "delivery-deferred 1 one.test - " ID " -\n", false },
	{ AT ID " ** x@one", "", true },
	{ AT H " F=<> " G, REFUSED, false },
	{ AT "[627] " H " F=<> " G, REFUSED, false },
	{ AT H TLS " F=<> " G, REFUSED, false },
	{ AT "H=mail (helo) [192.0.2.1]:50 I=[198.51.100.1]:25 U=root F=<> " G, REFUSED, false },
	{ AT "H=[192.0.2.1] F=<> " G, REFUSED, false },
	{ AT H " F=<> temporarily rejected RCPT <g@example.test>: greylisted",
	  "bounce-deferred 1 example.test 192.0.2.1 - -\n", false },
	{ AT H " F=<> rejected RCPT g@example.test: relay not permitted", REFUSED, false },
	{ AT H " F=<> rejected RCPT <\"a>b\"@example.test>: Unrouteable address", REFUSED, false },
	{ AT H " F=<> rejected RCPT <@a.test,@b.test:g@example.test>", REFUSED, false },
	{ AT H " F=<> rejected RCPT <g@example.test>: 554 5.7.1 Access denied",
	  "bounce-refused 1 example.test 192.0.2.1 - 554\n", false },
	{ AT H " F=<a@b.test> " G, "mail-refused 1 example.test 192.0.2.1 - -\n", false },
	{ AT H " F=<> A=plain_login:anna " G, "", false },
	{ AT H " F=<> RCPT <disc@example.test>: discarded by RCPT ACL: trap", "", false },
	{ AT H " rejected DATA: bounce with several recipients",
	  "refused-sender-unknown 1 - 192.0.2.1 - -\n", false },
	{ AT H " rejected MAIL <>: go away", "bounce-refused-late 1 - 192.0.2.1 - -\n", false },
	{ AT H " rejected MAIL <a@b.test>: go away", "mail-refused 1 - 192.0.2.1 - -\n", false },
	{ AT ID " " H " F=<> rejected after DATA: virus bounce",
	  "bounce-refused-late 1 - 192.0.2.1 " ID " -\n", false },
	{ AT ID " " H " F=<> temporarily rejected by local_scan(): later",
	  "bounce-refused-late 1 - 192.0.2.1 " ID " -\n", false },
	{ AT "rejected MAIL FROM:<> " H ": message too big: size=9 max=2",
	  "bounce-refused-late 1 - 192.0.2.1 - -\n", false },
	{ AT ID " rejected from <> " H ": message too big: read=9 max=2",
	  "bounce-refused-late 1 - 192.0.2.1 " ID " -\n", false },
	{ AT "too many recipients: message rejected: sender=<> " H,
	  "bounce-refused 1 - 192.0.2.1 - -\n", false },
	{ AT H " incomplete transaction (QUIT) from <> for u1@x u2@y", "probe 1 x 192.0.2.1 - -\n",
	  false },
	{ AT H " incomplete transaction (RSET) from <>", "", false },
	{ AT H " incomplete transaction (QUIT) from <a@b.test> for u1@x", "", false },
	{ AT "Connection from [192.0.2.1]:34837 I=[127.0.0.1]:25 refused: too many connections",
	  "pressure 1 - 192.0.2.1 - -\n", false },
	{ AT "Connection from [192.0.2.1] refused: load average = 12.34",
	  "pressure 1 - 192.0.2.1 - -\n", false },
	{ AT ID " no immediate delivery: load average 0.01", "pressure 1 - - " ID " -\n", false },
	{ AT ID " no immediate delivery: more than 10 messages received in one connection", "",
	  false },
	{ AT "H=127.0.0.3 [127.0.0.3] Connection refused", "", false },
	{ AT ID " H=mx [192.0.2.9]: SMTP error from remote mail server: 450 F=<> " G, "", false },
	{ AT H " sender verify fail for <a@b>: response to \"RCPT TO:<a@b>\" was: 550", "", false },
	{ AT H " rejected VRFY g@example.test", "", false },
	{ AT H " F=<a", "", true },
};

/* What strangers write, by position: never an event of another kind, and no other domain. */
static const struct row hostile[] = {
	{ AT "rejected EHLO from [192.0.2.1]: syntactically invalid argument(s): h) [203.0.113.7] "
	     "F=<> rejected RCPT <v@victim.test>: x (h",
	  "", false },
	/* HELO, where any is taken */
	{ AT "H=(h) [203.0.113.7] F=<> rejected RCPT <v@victim.test>: x (h) [192.0.2.1] F=<a@b> " G,
	  "", true },
	{ AT "H=(h) [203.0.113.7] F=<> rejected RCPT <v@victim.test>: x (h) [192.0.2.1] rejected "
	     "MAIL <a@b>: no",
	  "", true },
	{ AT ID " <= a@b H=(h) [203.0.113.7] P=esmtp S=1 for v@victim.test: x (h) [192.0.2.1] "
		"P=esmtp S=9",
	  "", true },
	{ AT ID " <= <> H=(h) [203.0.113.7] P=esmtp S=1 T=\" (h) [192.0.2.1] P=esmtp S=9 T=\"x\"",
	  "", true },
	{ AT ID " <= <> H=([203.0.113.9]) [192.0.2.1] P=esmtp S=9", NULL_IN, false },
	/* an ident, a certificate */
	{ AT "H=[192.0.2.1] U=x F=<> rejected RCPT <v@victim.test>: no F=<a@b> " G, "", true },
	{ AT ID " <= <> H=[192.0.2.1] U=x P=esmtp S=1 P=esmtp S=9 id=a@b", NULL_IN, false },
	{ AT "H=[192.0.2.1] X=TLS CV=no DN=\"x\" F=<> rejected RCPT <v@victim.test>: \" F=<a@b> " G,
	  "", true },
	/* sender and recipient */
	{ AT H " F=<\"x F=<> rejected RCPT <v@victim.test>\"@sender.test> " G,
	  "mail-refused 1 example.test 192.0.2.1 - -\n", false },
	{ AT H " F=<> rejected RCPT <\"x> <v@victim.test>: \"@example.test>: no", REFUSED, false },
	{ AT H " F=<> rejected RCPT (<v@victim.test>: ) <g@example.test>: no", "", true },
	{ AT H " F=<> rejected RCPT <g@example.test> <v@victim.test>: no", "", true },
	{ AT ID " <= \"x <= <> H=evil [203.0.113.9]\"@sender.test " H " P=esmtp S=357",
	  "mail-accepted 1 - 192.0.2.1 " ID " -\n", false },
	{ AT "rejected MAIL FROM:<\"> H=[203.0.113.9]: \"@sender.test> " H ": message too big",
	  "mail-refused 1 - 192.0.2.1 - -\n", false },
	{ AT ID " => u <v@victim.test> R=a T=b <\"u <v@victim.test> R=a T=b\"@one.test> R=x T=y",
	  "", true },
	{ AT ID
	  " => u <\"v\"@victim.test> R=a <\"u <\\\"v\\\"@victim.test> R=a\"@one.test> R=x T=y",
	  "", true },
	{ AT ID " ** x@victim.test: no@one.test <\"x@victim.test: no\"@one.test>: no", "", true },
	{ AT ID " => x@victim.test R=a@one.test <\"x@victim.test R=a\"@one.test> R=x", "", true },
	{ AT H " incomplete transaction (QUIT) from <\"> for v@x\"@sender.test>", "", false },
	/* Message-Id, subject */
	{ AT ID " <= <> " H " P=esmtp S=9 id=\"x for v@victim.test\"@a for u@one.test",
	  "bounce-accepted 1 one.test 192.0.2.1 " ID " -\n", false },
	{ AT ID " <= <> " H " P=esmtp S=9 T=\"x\\\" for v@victim.test\" for u@one.test",
	  "bounce-accepted 1 one.test 192.0.2.1 " ID " -\n", false },
	{ AT ID " <= <> " H " P=esmtp S=9 T=\"x for v@victim.test", NULL_IN, false },
	/* answers of others */
	{ AT ID " => ok@one.test R=remote T=smtp H=mx [192.0.2.9] C=\"250 ok; from=<> <= <> " H
		"\"",
	  "delivered 1 one.test - " ID " -\n", false },
	{ AT ID " ** b@one.test R=fail: disabled F=<> rejected RCPT <v@victim.test>",
	  "delivery-failed 1 one.test - " ID " -\n", false },
	{ AT ID " " H " Warning: from=<> F=<> rejected RCPT <v@victim.test>: x", "", false },
	{ AT H " F=<> " G " (host mx (x) [203.0.113.1] says no)", "", true },
	/* other programs, and lines that are none */
	{ "Nov 24 16:46:08 mx1 dovecot[1]: " H " F=<> " G, "", false },
	{ SYS "[2\\5] " AT H " F=<> " G, "", false },
	{ "P Received: from x\n\t" AT H " F=<> " G, "", true },
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

static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char got[1024];
		struct text text = TEXT(got);
		struct reader_stats stats;

		got[0] = '\0';
		read_into(rows[i].line, &text, &stats);
		cr_expect_str_eq(got, rows[i].events, "%s:\n%s", rows[i].line, got);
		cr_expect_eq(stats.broken > 0, rows[i].broken, "%s: %s", rows[i].line,
			     rows[i].broken ? "should be broken" : "is broken");
	}
}

Test(parse_exim, reads_its_lines)
{
	check_rows(plain, sizeof(plain) / sizeof(plain[0]));
}

Test(parse_exim, strangers_write_no_events)
{
	check_rows(hostile, sizeof(hostile) / sizeof(hostile[0]));
}

/* The domain of an arrival's or a refusal's last address may be cut; its kind is never another. */
static bool
within(const char *part, const char *whole)
{
	return !*part || strncmp(part, whole, strcspn(whole, " ")) == 0;
}

Test(parse_exim, a_line_that_is_cut_says_no_more_than_the_whole)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		for (size_t length = strlen(AT); length < strlen(plain[i].line); length++) {
			char line[1024], got[1024] = "";
			struct text text = TEXT(got);
			struct reader_stats stats;

			span_copy((struct span){ plain[i].line, length }, line, sizeof(line));
			read_into(line, &text, &stats);
			cr_expect(within(got, plain[i].events), "%s: %s", line, got);
		}
}
