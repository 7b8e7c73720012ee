#include "daemon/core/envelope.h"

#include "daemon/base/when.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define NOON_2026 INT64_C(1795521600) /* 2026-11-24T12:00:00Z */

static const struct {
	const char *name, *line;
	const char *time; /* NULL: not an envelope */
	const char *host, *instance, *group, *daemon;
	unsigned pid;
	const char *message;
	unsigned repeat;
	bool last;
} rows[] = {
	{ "traditional", "Nov 24 11:32:10 mx1 postfix/smtpd[301]: msg: a", "2026-11-24T11:32:10Z",
	  "mx1", "postfix", "postfix", "smtpd", 301, "msg: a", 1, false },
	{ "padded day", "Feb  8 01:02:03 mx1 postfix/qmgr[1]: x", "2026-02-08T01:02:03Z", "mx1",
	  "postfix", "postfix", "qmgr", 1, "x", 1, false },
	{ "zero-padded day", "Feb 08 01:02:03 mx1 postfix/qmgr[1]: x", "2026-02-08T01:02:03Z",
	  "mx1", "postfix", "postfix", "qmgr", 1, "x", 1, false },
	{ "microseconds", "Nov 24 11:37:10.385541 mx2 postfix/smtpd[1]: x",
	  "2026-11-24T11:37:10.385541Z", "mx2", "postfix", "postfix", "smtpd", 1, "x", 1, false },
	{ "a year in the stamp", "Jun 25 2024 14:04:30 host postfix/smtpd[1]: x",
	  "2024-06-25T14:04:30Z", "host", "postfix", "postfix", "smtpd", 1, "x", 1, false },
	{ "RFC 3339", "2026-11-24T16:37:15.387476+00:00 mx2 postfix-in/smtpd[334]: msg",
	  "2026-11-24T16:37:15.387476Z", "mx2", "postfix-in", "postfix-in", "smtpd", 334, "msg", 1,
	  false },
	{ "RFC 3339 with a zone", "2026-11-24T16:37:15+09:00 mx2 postfix/smtpd[334]: msg",
	  "2026-11-24T07:37:15Z", "mx2", "postfix", "postfix", "smtpd", 334, "msg", 1, false },
	{ "RFC 3339, Z and comma", "2026-11-24T16:37:15,5Z mx2 postfix/smtpd[334]: msg",
	  "2026-11-24T16:37:15.500000Z", "mx2", "postfix", "postfix", "smtpd", 334, "msg", 1,
	  false },
	{ "zone without colon", "2026-11-24T16:37:15-0130 mx2 postfix/smtpd[334]: msg",
	  "2026-11-24T18:07:15Z", "mx2", "postfix", "postfix", "smtpd", 334, "msg", 1, false },
	{ "RFC 3339 without a zone", "2026-11-24T16:37:15 mx2 postfix/smtpd[334]: msg",
	  "2026-11-24T16:37:15Z", "mx2", "postfix", "postfix", "smtpd", 334, "msg", 1, false },
	{ "RFC 5424",
	  "<22>1 2026-11-24T16:37:15.387476+00:00 mx2 postfix-in/smtpd 334 - -  warning",
	  "2026-11-24T16:37:15.387476Z", "mx2", "postfix-in", "postfix-in", "smtpd", 334, "warning",
	  1, false },
	{ "RFC 5424 with structured data",
	  "<22>1 2026-11-24T16:37:15Z mx2 postfix/smtpd 334 ID47 [a@1 b=\"]\\\"] x\"][c] msg",
	  "2026-11-24T16:37:15Z", "mx2", "postfix", "postfix", "smtpd", 334, "msg", 1, false },
	{ "PRI before a traditional line", "<22>Nov 24 11:32:10 mx1 postfix/smtpd[301]: m",
	  "2026-11-24T11:32:10Z", "mx1", "postfix", "postfix", "smtpd", 301, "m", 1, false },
	{ "instance with parts", "Nov 24 11:32:10 mx1 postfix-in/reinject/smtpd[7]: m",
	  "2026-11-24T11:32:10Z", "mx1", "postfix-in/reinject", "postfix-in", "smtpd", 7, "m", 1,
	  false },
	{ "instance with an address", "Nov 24 11:32:10 mx1 postfix-239.58.50.50/qmgr[7]: m",
	  "2026-11-24T11:32:10Z", "mx1", "postfix-239.58.50.50", "postfix-239.58.50.50", "qmgr", 7,
	  "m", 1, false },
	{ "no instance: OpenSMTPD", "Nov 24 11:32:10 mx5 smtpd[70]: 94d740db5ef4331b smtp",
	  "2026-11-24T11:32:10Z", "mx5", "", "", "smtpd", 70, "94d740db5ef4331b smtp", 1, false },
	{ "no host", "Nov 24 11:32:10 postfix/smtpd[7]: m", "2026-11-24T11:32:10Z", "", "postfix",
	  "postfix", "smtpd", 7, "m", 1, false },
	{ "no pid", "Nov 24 11:32:10 mx1 rsyslogd: m", "2026-11-24T11:32:10Z", "mx1", "", "",
	  "rsyslogd", 0, "m", 1, false },
	{ "Solaris", "Nov 24 11:32:10 mx1 postfix/smtpd[7]: [ID 801593 mail.warning] m",
	  "2026-11-24T11:32:10Z", "mx1", "postfix", "postfix", "smtpd", 7, "m", 1, false },
	{ "BSD -v", "Jun 25 14:04:30 <mail.info> mx1 postfix/smtpd[7]: m", "2026-06-25T14:04:30Z",
	  "mx1", "postfix", "postfix", "smtpd", 7, "m", 1, false },
	{ "repeated by rsyslog",
	  "Nov 24 11:32:10 mx1 postfix/smtpd[7]: message repeated 39 times: [ NOQUEUE: x]",
	  "2026-11-24T11:32:10Z", "mx1", "postfix", "postfix", "smtpd", 7, "NOQUEUE: x", 39,
	  false },
	{ "repeat cut off",
	  "Nov 24 11:32:10 mx1 postfix/smtpd[7]: message repeated 39 times: [ NOQUEUE: x",
	  "2026-11-24T11:32:10Z", "mx1", "postfix", "postfix", "smtpd", 7,
	  "message repeated 39 times: [ NOQUEUE: x", 1, false },
	{ "repeated by syslogd", "Nov 24 11:32:10 mx1 last message repeated 39 times",
	  "2026-11-24T11:32:10Z", "mx1", "", "", "", 0, "last message repeated 39 times", 39,
	  true },
	{ "repeated by syslogd, with another line joined to it",
	  "Nov 24 11:32:10 mx1 last message repeated 39 timespostfix/smtpd[208]: m",
	  "2026-11-24T11:32:10Z", "mx1", "", "", "", 0,
	  "last message repeated 39 timespostfix/smtpd[208]: m", 1, false },
	{ "a pid that is none", "Nov 24 11:32:10 mx1 postfix/smtpd[99999999999]: m",
	  "2026-11-24T11:32:10Z", "mx1", "", "", "", 0, "postfix/smtpd[99999999999]: m", 1, false },
	{ "a pid without a digit", "Nov 24 11:32:10 mx1 postfix/smtpd[]: m", "2026-11-24T11:32:10Z",
	  "mx1", "", "", "", 0, "postfix/smtpd[]: m", 1, false },
	{ "tomorrow is this year", "Nov 25 11:59:59 mx1 p/q[1]: m", "2026-11-25T11:59:59Z", "mx1",
	  "p", "p", "q", 1, "m", 1, false },
	{ "more than a day ahead is last year", "Nov 25 12:00:01 mx1 p/q[1]: m",
	  "2025-11-25T12:00:01Z", "mx1", "p", "p", "q", 1, "m", 1, false },
	{ "December seen from November", "Dec 31 23:59:59 mx1 p/q[1]: m", "2025-12-31T23:59:59Z",
	  "mx1", "p", "p", "q", 1, "m", 1, false },
	{ "February 29 is of a leap year", "Feb 29 10:00:00 mx1 p/q[1]: m", "2024-02-29T10:00:00Z",
	  "mx1", "p", "p", "q", 1, "m", 1, false },
	{ .name = "February 30", .line = "Feb 30 10:00:00 mx1 p/q[1]: m" },
	{ .name = "no month", .line = "Foo 24 10:00:00 mx1 p/q[1]: m" },
	{ .name = "hour 24", .line = "Nov 24 24:00:00 mx1 p/q[1]: m" },
	{ .name = "month 13", .line = "2026-13-24T16:37:15Z mx2 p/q[1]: m" },
	{ .name = "day 31 of a short month", .line = "2026-11-31T16:37:15Z mx2 p/q[1]: m" },
	{ .name = "a zone cut off", .line = "2026-11-24T16:37:15+09 mx2 p/q[1]: m" },
	{ .name = "cut in the stamp", .line = "Nov 24 16:3" },
	{ .name = "only a stamp", .line = "Nov 24 16:36:26" },
	{ .name = "RFC 5424 cut off", .line = "<22>1 2026-11-24T16:37:15Z mx2 p/q 3" },
	{ .name = "text", .line = "Traceback (most recent call last):" },
	{ .name = "one byte", .line = "<" },
	{ .name = "TAI64N of no year", .line = "@e11111111111111111111111 info msg 1" },
	{ .name = "TAI64N before 1970", .line = "@3fffffff0000000000000000 info msg 1" },
};

static void
expect(const char *row, const char *what, struct span is, const char *wanted)
{
	cr_assert(span_equal(is, span_of(wanted)), "%s: %s is \"%.*s\", wanted \"%s\"", row, what,
		  (int)is.len, is.at, wanted);
}

Test(envelope, reads_each_form_and_refuses_the_rest)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct envelope_memory memory = envelope_memory(0, NOON_2026);
		struct envelope e;
		char time[WHEN_TEXT];
		bool ok = envelope_read(&memory, span_of(rows[i].line), &e);

		cr_assert_eq(ok, rows[i].time != NULL, "%s: read %d", rows[i].name, ok);
		/* The second reading uses what the first one remembered. */
		if (!ok || !envelope_read(&memory, span_of(rows[i].line), &e))
			continue;
		when_rfc3339(e.time_us, time);
		cr_assert_str_eq(time, rows[i].time, "%s: time %s", rows[i].name, time);
		expect(rows[i].name, "host", e.host, rows[i].host);
		expect(rows[i].name, "instance", e.program->instance, rows[i].instance);
		expect(rows[i].name, "group", e.program->group, rows[i].group);
		expect(rows[i].name, "daemon", e.program->daemon, rows[i].daemon);
		expect(rows[i].name, "message", e.message, rows[i].message);
		cr_assert_eq(e.pid, rows[i].pid, "%s: pid %u", rows[i].name, e.pid);
		cr_assert_eq(e.repeat, rows[i].repeat, "%s: repeat %u", rows[i].name, e.repeat);
		cr_assert_eq(e.repeats_last, rows[i].last, "%s: repeats last", rows[i].name);
	}
}

static void
expect_same(struct span line, struct span last)
{
	struct envelope_memory warm = envelope_memory(2026, NOON_2026), fresh = warm;
	struct envelope w, f;
	bool ok;

	(void)!envelope_read(&warm, last, &w);
	ok = envelope_read(&warm, line, &w);
	cr_assert_eq(envelope_read(&fresh, line, &f), ok, "%.*s", (int)line.len, line.at);
	if (!ok)
		return;
	cr_assert(w.time_us == f.time_us && w.shape == f.shape && w.pid == f.pid &&
			  w.host_key == f.host_key && w.repeat == f.repeat &&
			  w.repeats_last == f.repeats_last && span_equal(w.host, f.host) &&
			  span_equal(w.message, f.message) &&
			  span_equal(w.program->name, f.program->name) &&
			  span_equal(w.program->instance, f.program->instance) &&
			  span_equal(w.program->daemon, f.program->daemon) &&
			  w.program->group_key == f.program->group_key,
		  "\"%.*s\" behind \"%.*s\"", (int)line.len, line.at, (int)last.len, last.at);
}

/* Lines that differ from the last one by their end, or in one byte. */
Test(envelope, what_is_remembered_changes_nothing)
{
	static const char other[] = " :[]/09az\n\xFF";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span last = span_of(rows[i].line);

		for (size_t cut = 0; cut <= last.len; cut++) {
			char *copy = malloc(cut + 1); /* so that a sanitizer sees any byte beyond */

			cr_assert(copy);
			memcpy(copy, last.at, cut);
			expect_same((struct span){ copy, cut }, last);
			for (size_t byte = 0; cut && byte < sizeof(other) - 1; byte++) {
				memcpy(copy, last.at, cut);
				copy[cut / 2] = other[byte];
				expect_same((struct span){ copy, cut }, last);
				copy[cut - 1] = other[byte];
				expect_same((struct span){ copy, cut }, last);
			}
			free(copy);
		}
	}
}

Test(envelope, a_program_that_no_tag_names_is_not_found_in_one)
{
	struct span line = SPAN("Nov 24 11:32:10 mx1 a:bcdefghi[7]: a message that is long");
	struct envelope_memory memory = envelope_memory(2026, 0);
	struct envelope e;

	cr_assert(envelope_read(&memory, line, &e));
	envelope_of(&memory, e.time_us, SPAN("mx1"), SPAN("a:bcdefghi"), 7, SPAN("x"), &e);
	expect("journal", "program", e.program->name, "a:bcdefghi");
	cr_assert(envelope_read(&memory, line, &e));
	expect("line", "program", e.program->name, "a");
	expect("line", "message", e.message, "bcdefghi[7]: a message that is long");
}

Test(envelope, a_given_year_goes_on_at_new_year_and_back_for_late_lines)
{
	static const struct {
		const char *line, *time;
	} steps[] = {
		{ "Jan  5 00:00:00 h p/q[1]: m", "2026-01-05T00:00:00Z" },
		{ "Nov  1 00:00:00 h p/q[1]: m", "2026-11-01T00:00:00Z" },
		{ "Mar  1 00:00:00 h p/q[1]: m", "2026-03-01T00:00:00Z" }, /* an older file */
		{ "Dec 31 23:59:59 h p/q[1]: m", "2026-12-31T23:59:59Z" },
		{ "Jan  1 00:00:00 h p/q[1]: m", "2027-01-01T00:00:00Z" },
		{ "Dec 31 23:59:58 h p/q[1]: m", "2026-12-31T23:59:58Z" },
		{ "Jan  1 00:00:01 h p/q[1]: m", "2027-01-01T00:00:01Z" },
	};
	struct envelope_memory memory = envelope_memory(2026, 0);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct envelope e;
		char time[WHEN_TEXT];

		cr_assert(envelope_read(&memory, span_of(steps[i].line), &e));
		when_rfc3339(e.time_us, time);
		cr_assert_str_eq(time, steps[i].time, "%s: %s", steps[i].line, time);
	}
}

Test(envelope, a_moved_reference_moves_the_year)
{
	struct span line = SPAN("Jan  1 00:00:01 h p/q[1]: m");
	struct envelope_memory memory = envelope_memory(0, NOON_2026);
	struct envelope e;

	cr_assert(envelope_read(&memory, line, &e));
	cr_assert_eq(e.time_us / WHEN_SECOND_US, 1767225601); /* 2026 */
	stamp_reference(&memory.stamp, NOON_2026 + 40 * 86400);
	cr_assert(envelope_read(&memory, line, &e));
	cr_assert_eq(e.time_us / WHEN_SECOND_US, 1798761601); /* 2027 */
}
