#include "tests/unit/core/log_lines.h"

#include <criterion/criterion.h>

#define SAMPLE "tests/samples/postfix/classic.log"
#define REJECT                                                                                     \
	"postfix/smtpd[301]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 550 5.1.1 x; from=<> "       \
	"to=<g@example.test> proto=ESMTP helo=<h>"

static void
count(void *ctx, const struct event *event)
{
	int64_t *counts = ctx;

	if (!event->moved)
		counts[event->kind] += event->count;
}

static struct reader *
sample_reader(bool at_once)
{
	struct reader_options options = { .year = 2026, .at_once = at_once };
	struct reader *reader = reader_new(&options);

	cr_assert(reader);
	return reader;
}

Test(reader, finds_in_the_recording_what_its_truth_says)
{
	static const int64_t truth[EVENT_KINDS] = {
		[EVENT_BOUNCE_ACCEPTED] = 94,
		[EVENT_BOUNCE_REFUSED] = 123,
		[EVENT_BOUNCE_DEFERRED] = 17,
		[EVENT_BOUNCE_REFUSED_LATE] = 5, /* DATA 3, header 1, MAIL 1 */
		[EVENT_PROBE] = 14,
		[EVENT_LOCAL_DSN] = 10,
		[EVENT_MAIL_ACCEPTED] = 49,
		[EVENT_MAIL_REFUSED] = 21,
		[EVENT_MAIL_DEFERRED] = 1,
		[EVENT_REFUSED_SENDER_UNKNOWN] = 1, /* queue file size limit: no sender logged */
		[EVENT_DELIVERED] = 138,
		[EVENT_DELIVERY_DEFERRED] = 20,
		[EVENT_DELIVERY_FAILED] = 11,
	};
	size_t length = 0;
	char *log = log_lines_file(SAMPLE, &length);

	cr_assert(log, "%s", SAMPLE);
	for (int at_once = 0; at_once < 2; at_once++) {
		int64_t counts[EVENT_KINDS] = { 0 };
		struct reader *reader = sample_reader(at_once);

		log_lines_feed(reader, (struct span){ log, length }, count, counts);
		reader_end(reader, count, counts);
		cr_assert_eq(reader_stats(reader)->lines, 1646);
		cr_assert_eq(reader_stats(reader)->broken, 0);
		reader_free(reader);
		for (int kind = 0; kind < EVENT_KINDS; kind++)
			cr_assert_eq(counts[kind], truth[kind], "%s: %d, at once %d",
				     event_name((enum event_kind)kind), (int)counts[kind], at_once);
	}
	free(log);
}

/* A store of rows, as the database has it. */
struct store {
	struct row {
		char key[16], value[1024];
		size_t key_len, value_len;
	} rows[512];
	size_t used;
	unsigned given;
};

static void
put_row(void *ctx, struct span key, struct span value)
{
	struct store *store = ctx;
	size_t i = 0;

	store->given++;
	while (i < store->used &&
	       !span_equal(key, (struct span){ store->rows[i].key, store->rows[i].key_len }))
		i++;
	if (value.len == 0) {
		cr_assert(i < store->used, "a row is removed that was never stored");
		store->rows[i] = store->rows[--store->used];
		return;
	}
	cr_assert(i < 512 && key.len <= 16 && value.len <= 1024);
	if (i == store->used)
		store->used++;
	memcpy(store->rows[i].key, key.at, key.len);
	memcpy(store->rows[i].value, value.at, value.len);
	store->rows[i].key_len = key.len;
	store->rows[i].value_len = value.len;
}

static struct reader *
restored_reader(const struct store *store)
{
	struct reader *reader = sample_reader(true);

	for (size_t i = 0; i < store->used; i++) {
		const struct row *row = &store->rows[i];

		cr_assert(reader_restore(reader, (struct span){ row->key, row->key_len },
					 (struct span){ row->value, row->value_len }));
	}
	return reader;
}

/* Reads the sample, saving every `step` lines, and dying after half of the next `step`. */
static void
run_with_deaths(struct span log, unsigned step, struct text *out)
{
	static struct store store;
	struct reader *reader = sample_reader(true);
	struct span rest = log;

	memset(&store, 0, sizeof(store));
	while (rest.len) {
		struct span part = rest;
		char lost[8192];
		struct text gone = TEXT(lost);

		part.len = 0;
		for (unsigned i = 0; i < step && part.len < rest.len; i++)
			part.len += strcspn(rest.at + part.len, "\n") + 1;
		log_lines_feed(reader, part, log_lines_event, out);
		reader_changes(reader, put_row, &store);
		reader_saved(reader);
		rest = span_after(rest, part.len);
		part = rest;
		if (part.len > 300)
			part.len = 300;
		log_lines_feed(reader, part, log_lines_event, &gone);
		reader_free(reader);
		reader = restored_reader(&store);
	}
	text_add(out, "open %" PRIu64 "\n", reader_stats(reader)->open);
	reader_free(reader);
}

Test(reader, counts_the_same_when_it_dies_and_is_restored)
{
	static char undisturbed[1 << 17], disturbed[1 << 17];
	size_t length = 0;
	char *log = log_lines_file(SAMPLE, &length);
	struct text wanted = TEXT(undisturbed);

	cr_assert(log);
	run_with_deaths((struct span){ log, length }, 100000, &wanted);
	cr_assert(!wanted.cut);
	for (unsigned step = 1; step < 200; step = step * 2 + 1) {
		struct text text = TEXT(disturbed);

		run_with_deaths((struct span){ log, length }, step, &text);
		cr_assert(strcmp(undisturbed, disturbed) == 0, "saved every %u lines", step);
	}
	free(log);
}

/* Autumn in Berlin: 02:30 comes twice on 2026-10-25, at 00:30 and at 01:30 UTC. */
Test(reader, a_restart_in_the_second_pass_of_an_hour_stays_there)
{
	static const struct tz berlin = { .offset = 7200,
					  .count = 1,
					  .changes = { { 1792890000, 3600 } } };
	struct reader_options options = { .reference = 1792900000, .zone = &berlin };
	static struct store store;
	struct reader *reader = reader_new(&options);
	char ignored[1024];
	struct text text = TEXT(ignored);

	memset(&store, 0, sizeof(store));
	log_lines_feed(reader,
		       SPAN("Oct 25 02:50:00 mx1 x[1]: first\nOct 25 02:10:00 mx1 x[1]: second\n"),
		       log_lines_event, &text);
	cr_assert_eq(reader_stats(reader)->last_us, INT64_C(1792890600) * 1000000);
	reader_changes(reader, put_row, &store);
	reader_free(reader);
	reader = reader_new(&options);
	for (size_t i = 0; i < store.used; i++)
		cr_assert(reader_restore(
			reader, (struct span){ store.rows[i].key, store.rows[i].key_len },
			(struct span){ store.rows[i].value, store.rows[i].value_len }));
	log_lines_feed(reader, SPAN("Oct 25 02:30:00 mx1 x[1]: second, later\n"), log_lines_event,
		       &text);
	cr_assert_eq(reader_stats(reader)->last_us, INT64_C(1792891800) * 1000000);
	reader_free(reader);
}

Test(reader, stores_only_what_stays_open_and_refuses_strange_rows)
{
	struct reader *reader = sample_reader(true);
	static struct store store;
	char buffer[1024];
	struct text text = TEXT(buffer);
	struct span open = SPAN("Nov 24 16:36:26 mx1 postfix/smtpd[1]: 4104E3D: client=h[1.2.3.4]");
	struct span over = SPAN("Nov 24 16:36:26 mx1 postfix/qmgr[2]: 4104E3D: removed");

	memset(&store, 0, sizeof(store));
	reader_line(reader, open, log_lines_event, &text);
	reader_line(reader, over, log_lines_event, &text);
	reader_changes(reader, put_row, &store);
	reader_saved(reader);
	cr_assert_eq(store.given, 1, "only the tail");
	reader_line(reader, open, log_lines_event, &text);
	reader_changes(reader, put_row, &store);
	reader_saved(reader);
	cr_assert_eq(store.used, 2);
	store.given = 0;
	reader_changes(reader, put_row, &store);
	cr_assert_eq(store.given, 1, "nothing changed but the tail");
	reader_line(reader, over, log_lines_event, &text);
	reader_changes(reader, put_row, &store);
	reader_saved(reader);
	cr_assert_eq(store.used, 1);
	cr_assert(!reader_restore(reader, SPAN("t"), SPAN("short")));
	cr_assert(!reader_restore(reader, SPAN("o"), SPAN("short")));
	cr_assert(!reader_restore(reader, SPAN("unknown"), SPAN("x")));
	reader_free(reader);
}

static const struct {
	const char *name, *lines, *events;
	unsigned other, broken, gaps;
} rows[] = {
	{ "rsyslog's repeat multiplies",
	  "Nov 24 16:36:26 mx1 postfix/smtpd[301]: message repeated 39 times: [ NOQUEUE: reject: "
	  "RCPT "
	  "from h[192.0.2.1]: 550 5.1.1 x; from=<> to=<g@example.test> proto=ESMTP helo=<h>]\n",
	  "bounce-refused 39 example.test 192.0.2.1 - 5.1.1\n", 0, 0, 0 },
	{ "syslogd's repeat multiplies the line before",
	  "Nov 24 16:36:26 mx1 " REJECT "\nNov 24 16:36:27 mx1 last message repeated 3 times\n"
	  "Nov 24 16:36:28 mx1 last message repeated 2 times\n",
	  "bounce-refused 1 example.test 192.0.2.1 - 5.1.1\n"
	  "bounce-refused 3 example.test 192.0.2.1 - 5.1.1\n"
	  "bounce-refused 2 example.test 192.0.2.1 - 5.1.1\n",
	  0, 0, 0 },
	{ "of the same host only",
	  "Nov 24 16:36:26 mx1 " REJECT "\nNov 24 16:36:26 mx2 postfix/anvil[1]: x\n"
	  "Nov 24 16:36:27 mx2 last message repeated 3 times\n"
	  "Nov 24 16:36:27 mx1 last message repeated 2 times\n",
	  "bounce-refused 1 example.test 192.0.2.1 - 5.1.1\n"
	  "bounce-refused 2 example.test 192.0.2.1 - 5.1.1\n",
	  2, 0, 0 },
	{ "another line in between ends it",
	  "Nov 24 16:36:26 mx1 " REJECT "\nNov 24 16:36:26 mx1 postfix/anvil[1]: x\n"
	  "Nov 24 16:36:27 mx1 last message repeated 3 times\n",
	  "bounce-refused 1 example.test 192.0.2.1 - 5.1.1\n", 2, 0, 0 },
	{ "and so does one that cannot be read",
	  "Nov 24 16:36:26 mx1 " REJECT "\n\tat java.lang.Thread.run\n"
	  "Nov 24 16:36:27 mx1 last message repeated 3 times\n",
	  "bounce-refused 1 example.test 192.0.2.1 - 5.1.1\n", 1, 1, 0 },
	{ "notices of loss",
	  "Nov 24 16:36:26 mx1 rsyslogd: imuxsock[pid: 293, name: qmgr] from <mx2:postfix-in>: "
	  "begin to "
	  "drop messages due to rate-limiting\n"
	  "Nov 24 16:36:26 mx1 rsyslogd[9]: imuxsock[pid: 351, name: smtpd]: 89 messages lost due "
	  "to "
	  "rate-limiting (40 allowed within 2 seconds)\n"
	  "Nov 24 16:36:26 mx1 systemd-journald[5]: Forwarding to syslog missed 1 messages.\n"
	  "Nov 24 16:36:26 mx1 systemd-journald[5]: Suppressed 42 messages from postfix.service\n"
	  "Nov 24 16:36:26 mx1 rsyslogd: action 'x' resumed\n",
	  "gap 1 - - - -\ngap 1 - - - -\ngap 1 - - - -\ngap 1 - - - -\n", 1, 0, 4 },
	{ "carriage return, empty line, text without envelope",
	  "Nov 24 16:36:26 mx1 " REJECT "\r\n\n\tat java.lang.Thread.run\n",
	  "bounce-refused 1 example.test 192.0.2.1 - 5.1.1\n", 1, 1, 0 },
};

Test(reader, repeats_losses_and_odd_lines)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reader *reader = sample_reader(true);
		char buffer[4096];
		struct text text = TEXT(buffer);
		const struct reader_stats *stats = reader_stats(reader);

		log_lines_feed(reader, span_of(rows[i].lines), log_lines_event, &text);
		cr_assert_str_eq(buffer, rows[i].events, "%s:\n%s", rows[i].name, buffer);
		cr_assert_eq(stats->other, rows[i].other, "%s: other %d", rows[i].name,
			     (int)stats->other);
		cr_assert_eq(stats->broken, rows[i].broken, "%s: broken %d", rows[i].name,
			     (int)stats->broken);
		cr_assert_eq(stats->gaps, rows[i].gaps, "%s: gaps", rows[i].name);
		reader_free(reader);
	}
}

/* Not of what was said before it. */
Test(reader, a_repeat_after_a_line_too_long_or_a_gap_counts_nothing)
{
	void (*const between[])(struct reader *) = { reader_too_long, reader_gap };

	for (size_t i = 0; i < sizeof(between) / sizeof(*between); i++) {
		struct reader *reader = sample_reader(true);
		int64_t counts[EVENT_KINDS] = { 0 };

		reader_line(reader, SPAN("Nov 24 16:36:26 mx1 " REJECT), count, counts);
		between[i](reader);
		reader_line(reader, SPAN("Nov 24 16:36:27 mx1 last message repeated 3 times"),
			    count, counts);
		cr_assert_eq(counts[EVENT_BOUNCE_REFUSED], 1, "%zu", i);
		reader_free(reader);
	}
}

Test(reader, nuls_of_a_hole_are_skipped)
{
	static const char line[] = "\0\0\0\0Nov 24 16:36:26 mx1 " REJECT;
	struct reader *reader = sample_reader(true);
	int64_t counts[EVENT_KINDS] = { 0 };

	reader_line(reader, (struct span){ line, sizeof(line) - 1 }, count, counts);
	reader_line(reader, (struct span){ line, 3 }, count, counts);
	cr_assert_eq(counts[EVENT_BOUNCE_REFUSED], 1);
	cr_assert_eq(reader_stats(reader)->other, 1);
	reader_free(reader);
}

static void
feed_bounce(struct reader *reader, const char *stamp, unsigned number, struct text *text)
{
	char line[256];

	snprintf(line, sizeof(line),
		 "%s mx1 postfix/smtpd[1]: %07X: client=h[192.0.2.1]\n"
		 "%s mx1 postfix/qmgr[2]: %07X: from=<>, size=1, nrcpt=1 (q)\n",
		 stamp, number, stamp, number);
	log_lines_feed(reader, span_of(line), log_lines_event, text);
}

Test(reader, open_ids_are_bounded_by_number_and_age)
{
	struct reader_options options = { .year = 2026, .max_open = 3 };
	struct reader *reader = reader_new(&options);
	char buffer[4096];
	struct text text = TEXT(buffer);

	for (unsigned i = 0; i < 4; i++)
		feed_bounce(reader, "Nov 24 16:36:26", i, &text);
	cr_assert_str_eq(buffer, "bounce-accepted 1 - 192.0.2.1 0000000 -\n",
			 "the oldest is given when there is no room: %s", buffer);
	cr_assert_eq(reader_stats(reader)->open, 3);
	cr_assert_eq(reader_stats(reader)->dropped, 1);
	text = TEXT(buffer);
	feed_bounce(reader, "Nov 25 16:36:26", 9, &text); /* just a day: room is made by number */
	cr_assert_str_eq(buffer, "bounce-accepted 1 - 192.0.2.1 0000001 -\n", "%s", buffer);
	text = TEXT(buffer);
	feed_bounce(reader, "Nov 25 16:36:27", 10, &text); /* a day and a second */
	cr_assert_str_eq(buffer,
			 "bounce-accepted 1 - 192.0.2.1 0000002 -\n"
			 "bounce-accepted 1 - 192.0.2.1 0000003 -\n",
			 "%s", buffer);
	cr_assert_eq(reader_stats(reader)->open, 2);
	reader_free(reader);
}

Test(reader, a_thousand_open_ids_are_found_again)
{
	struct reader *reader = sample_reader(false);
	static char buffer[1 << 17];
	struct text text = TEXT(buffer);
	char line[256];
	unsigned found = 0;

	for (unsigned i = 0; i < 1000; i++)
		feed_bounce(reader, "Nov 24 16:36:26", i * 7919, &text);
	cr_assert_eq(reader_stats(reader)->open, 1000);
	for (unsigned i = 1000; i-- > 0;) {
		snprintf(line, sizeof(line), "Nov 24 16:36:26 mx1 postfix/qmgr[2]: %07X: removed",
			 i * 7919);
		reader_line(reader, span_of(line), log_lines_event, &text);
	}
	for (const char *at = buffer; (at = strchr(at, '\n')); at++)
		found++;
	cr_assert_eq(found, 1000);
	cr_assert_eq(reader_stats(reader)->open, 0);
	reader_free(reader);
}
