#include "daemon/base/err.h"
#include "daemon/base/names.h"
#include "daemon/base/scan.h"
#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/core/event.h"
#include "daemon/core/journal.h"
#include "daemon/core/order.h"

#include <criterion/criterion.h>
#include <inttypes.h>

Test(base, errors_grow_on_the_way_up)
{
	struct err err = { 0 };
	char long_text[1000];

	cr_assert(!err_set(&err, ERR_BUSY, "split-ttl is '%s'", "1y"));
	cr_assert(!err_while(&err, "line %d", 7));
	cr_assert(!err_while(&err, "conf"));
	cr_assert_str_eq(err.text, "conf: line 7: split-ttl is '1y'");
	cr_assert_eq(err.kind, ERR_BUSY);
	cr_assert(!err_set(NULL, ERR_BUG, "x") && !err_while(NULL, "y"));

	memset(long_text, 'l', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	err_set(&err, ERR_INPUT, "%s", long_text);
	cr_assert_eq(strlen(err.text), sizeof(err.text) - 1);
	err_while(&err, "doing %d", 1);
	cr_assert(strncmp(err.text, "doing 1: lll", 12) == 0, "%s", err.text);
	cr_assert_eq(strlen(err.text), sizeof(err.text) - 1);
	for (size_t room = sizeof(err.text) - 6; room <= sizeof(err.text) + 1; room++) {
		long_text[room] = '\0';
		err_set(&err, ERR_INPUT, "the end");
		err_while(&err, "%s", long_text); /* too long to help: the sentence survives */
		cr_assert(err.text[0] == 't' || err.text[0] == 'l', "%zu", room);
		long_text[room] = 'l';
	}
}

Test(base, spans)
{
	char out[4];

	cr_assert(span_equal(SPAN("a"), span_of("a")) && !span_equal(SPAN("a"), SPAN("A")));
	cr_assert(span_equal((struct span){ NULL, 0 }, SPAN("")));
	cr_assert(span_equal_nocase(SPAN("aZ[`{"), SPAN("Az[`{")));
	cr_assert(!span_equal_nocase(SPAN("["), SPAN("{")) &&
		  !span_equal_nocase(SPAN("a"), SPAN("ab")));
	cr_assert(span_begins(SPAN("from=<>"), SPAN("from=")) &&
		  !span_begins(SPAN("fr"), SPAN("from")));
	cr_assert(span_ends(SPAN("a.jp."), SPAN(".")) && !span_ends(SPAN(""), SPAN(".")));
	cr_assert_eq(span_after(SPAN("abc"), 9).len, 0);
	cr_assert(span_copy(SPAN("abc"), out, sizeof(out)));
	cr_assert_str_eq(out, "abc");
	cr_assert(!span_copy(SPAN("abcd"), out, sizeof(out)));
	cr_assert_str_eq(out, "abc");
	cr_assert(span_copy_lower(SPAN("AZ["), out, sizeof(out)));
	cr_assert_str_eq(out, "az[");
	cr_assert(span_copy(SPAN(""), out, 1) && out[0] == '\0');
}

static const struct {
	const char *text;
	uint64_t max, value;
	bool good;
} numbers[] = {
	{ "0", 0, 0, true },
	{ "255", 255, 255, true },
	{ "256", 255, 0, false },
	{ "007", 9, 7, true },
	{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
	{ "18446744073709551616", UINT64_MAX, 0, false },
	{ "99999999999999999999999999", UINT64_MAX, 0, false },
	{ "9", 8, 0, false },
	{ "-1", 9, 0, false },
	{ "+1", 9, 0, false },
	{ " 1", 9, 0, false },
	{ "", 9, 0, false },
};

Test(base, scan_sticks_to_its_first_failure)
{
	struct scan scan;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		scan = scan_over(span_of(numbers[i].text));
		cr_assert(scan_number(&scan, numbers[i].max) == numbers[i].value, "'%s'",
			  numbers[i].text);
		cr_assert(scan_done(&scan) == numbers[i].good, "'%s'", numbers[i].text);
	}
	scan = scan_over(SPAN("from=<a@b> 12x"));
	scan_text(&scan, SPAN("from=<"));
	cr_assert(span_equal(scan_until(&scan, '>'), SPAN("a@b")));
	cr_assert(!scan_maybe(&scan, SPAN("x")) && scan_maybe(&scan, SPAN(" ")));
	cr_assert_eq(scan_digits(&scan, 2, 12), 12);
	cr_assert(!scan.failed && !scan_done(&scan) && scan_rest(&scan).len == 1);
	scan_text(&scan, SPAN("y"));
	cr_assert(scan.failed && !scan_maybe(&scan, SPAN("x")) && scan_number(&scan, 9) == 0);
	cr_assert(scan_until(&scan, 'x').len == 0 && scan_digits(&scan, 1, 9) == 0);
	scan = scan_over(SPAN("13"));
	cr_assert(scan_digits(&scan, 2, 12) == 0 && scan.failed);
	scan = scan_over(SPAN("1"));
	cr_assert(scan_digits(&scan, 2, 99) == 0 && scan.failed);
	scan = scan_over((struct span){ NULL, 0 });
	cr_assert(scan_until(&scan, 'x').len == 0 && scan.failed);
}

static const struct {
	const char *foreign, *scrubbed;
} scrubs[] = {
	{ "plain text", "plain text" },
	{ "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x93\xAE", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x93\xAE" },
	{ "a\x1b[2J\n", "a\xEF\xBF\xBD[2J\xEF\xBF\xBD" },
	{ "\x7F", "\xEF\xBF\xBD" },
	{ "\xC2\x9B", "\xEF\xBF\xBD" },				    /* CSI, one byte control */
	{ "\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD" },		    /* overlong NUL */
	{ "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" }, /* a surrogate */
	{ "\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD" }, /* cut short */
	{ "\x80z", "\xEF\xBF\xBDz" },
};

Test(base, text_is_cut_not_overrun)
{
	char small[8], room[64];
	struct text text = TEXT(small);

	text_add(&text, "%s", "1234567");
	cr_assert(!text.cut && text.len == 7);
	text_add(&text, "8");
	cr_assert(text.cut && text.len == 7);
	cr_assert_str_eq(small, "1234567");
	text = TEXT(small);
	text_add_span(&text, SPAN("123456789"));
	cr_assert(text.cut);
	cr_assert_str_eq(small, "1234567");
	text = TEXT(small);
	text_add_scrubbed(&text, SPAN("12345\xE2\x82\xAC")); /* never half a character */
	cr_assert(text.cut);
	cr_assert_str_eq(small, "12345");
	for (size_t i = 0; i < sizeof(scrubs) / sizeof(scrubs[0]); i++) {
		text = TEXT(room);
		text_add_scrubbed(&text, span_of(scrubs[i].foreign));
		cr_assert(strcmp(room, scrubs[i].scrubbed) == 0, "row %zu", i);
	}
	text = TEXT(room);
	text_add_scrubbed(&text, (struct span){ "a\0b", 3 });
	cr_assert_str_eq(room, "a\xEF\xBF\xBD"
			       "b");
}

static const struct {
	const char *text, *printed; /* printed NULL: refused */
	int64_t us;
} times[] = {
	{ "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0 },
	{ "2026-11-24T16:36:26Z", "2026-11-24T16:36:26Z", INT64_C(1795538186000000) },
	{ "2026-11-24T17:36:26.5+01:00", "2026-11-24T16:36:26.500000Z", INT64_C(1795538186500000) },
	{ "2026-11-24 11:06:26-0530", "2026-11-24T16:36:26Z", INT64_C(1795538186000000) },
	{ "2024-02-29T23:59:60Z", "2024-03-01T00:00:00Z", INT64_C(1709251200000000) },
	{ "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", -1 },
	{ "2023-02-29T00:00:00Z", NULL, 0 },
	{ "2026-13-01T00:00:00Z", NULL, 0 },
	{ "2026-00-01T00:00:00Z", NULL, 0 },
	{ "2026-01-00T00:00:00Z", NULL, 0 },
	{ "2026-01-01T24:00:00Z", NULL, 0 },
	{ "2026-01-01T00:00:00", NULL, 0 },
	{ "2026-01-01T00:00:00.Z", NULL, 0 },
	{ "2026-01-01T00:00:00Zx", NULL, 0 },
	{ "", NULL, 0 },
};

static const struct {
	const char *text;
	int64_t seconds; /* -1: refused */
	const char *printed;
} durations[] = {
	{ "0s", 0, "0s" },	    { "300s", 300, "5m" },    { "5m", 300, "5m" },
	{ "90m", 5400, "90m" },	    { "1h30m", 5400, "90m" }, { "36h", 129600, "36h" },
	{ "2w", 1209600, "14d" },   { "1d", 86400, "1d" },    { "61s", 61, "61s" },
	{ "5", -1, NULL },	    { "m", -1, NULL },	      { "", -1, NULL },
	{ "5m1h", -1, NULL },	    { "5m5m", -1, NULL },     { "-5m", -1, NULL },
	{ "1.5h", -1, NULL },	    { "5 m", -1, NULL },      { "5M", -1, NULL },
	{ "100000001s", -1, NULL },
};

static void
say(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_add_sentence(text, format, args);
	va_end(args);
}

Test(text, a_sentence_is_scrubbed_and_cut_between_characters)
{
	char room[16], endless[TEXT_SENTENCE + 1];
	struct text text = TEXT(room);

	say(&text, "%d %s", 7, "\x1b[2J");
	cr_assert(!text.cut && strcmp(room, "7 \xEF\xBF\xBD[2J") == 0, "%s", room);
	memset(endless, 'x', TEXT_SENTENCE);
	endless[TEXT_SENTENCE] = '\0';
	text = TEXT(room);
	say(&text, "%s", endless);
	cr_assert(text.cut && strcmp(room, "xxxxxxxxxxxxxxx") == 0, "%s", room);
}

Test(base, times_and_durations)
{
	char printed[WHEN_TEXT];

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t us = 77;

		cr_assert(when_parse_rfc3339(span_of(times[i].text), &us) ==
				  (times[i].printed != NULL),
			  "'%s'", times[i].text);
		cr_assert(us == (times[i].printed ? times[i].us : 77), "'%s': %" PRId64,
			  times[i].text, us);
		if (!times[i].printed)
			continue;
		when_rfc3339(us, printed);
		cr_assert_str_eq(printed, times[i].printed);
	}
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		int64_t seconds = -1;

		cr_assert(when_parse_duration(span_of(durations[i].text), &seconds) ==
				  (durations[i].seconds >= 0),
			  "'%s'", durations[i].text);
		cr_assert(seconds == durations[i].seconds, "'%s'", durations[i].text);
		if (seconds < 0)
			continue;
		when_duration(seconds, printed);
		cr_assert_str_eq(printed, durations[i].printed);
	}
}

Test(base, the_calendar_is_its_own_inverse)
{
	int64_t day = when_seconds(&(struct when_civil){ .year = 1599, .month = 12, .day = 31 });
	struct when_civil before = when_civil(day);

	for (unsigned i = 0; i < 401 * 366; i++) {
		struct when_civil next = when_civil(day += 86400);

		cr_assert(when_seconds(&next) == day, "%d-%u-%u", next.year, next.month, next.day);
		cr_assert(next.day == before.day + 1 ||
				  (next.day == 1 &&
				   before.day == when_month_days(before.year, before.month)),
			  "%d-%u-%u", next.year, next.month, next.day);
		before = next;
	}
	cr_assert(when_leap(2000) && when_leap(2024) && !when_leap(1900) && !when_leap(2023));
	cr_assert(when_month_days(2024, 2) == 29 && when_month_days(2024, 13) == 0);
	cr_assert_eq(when_civil(-1).second, 59);
}

/* Each value of an enum has a name of its own, and the name leads back to it. */
#define CHECK_NAMES(kind, last, name_of, from_name)                                                \
	do {                                                                                       \
		for (int i = 0; i <= (int)(last); i++) {                                           \
			const char *name = name_of((kind)i);                                       \
			kind back = (kind)((int)(last) + 1);                                       \
                                                                                                   \
			cr_assert(strcmp(name, "unknown") != 0, #kind " %d has no name", i);       \
			cr_assert(from_name(span_of(name), &back) && (int)back == i,               \
				  #kind " %d '%s' leads to %d", i, name, (int)back);               \
		}                                                                                  \
		cr_assert_str_eq(name_of((kind)((int)(last) + 1)), "unknown");                     \
		cr_assert(!from_name(SPAN("no such name"), &(kind){ (kind)0 }));                   \
	} while (0)

Test(base, every_value_has_one_name)
{
	static const struct name twice[] = { { 1, "one" }, { 2, "two" } };
	int value;

	CHECK_NAMES(enum event_kind, EVENT_KINDS - 1, event_name, event_from_name);
	CHECK_NAMES(enum journal_kind, JOURNAL_KINDS - 1, journal_name, journal_from_name);
	CHECK_NAMES(enum order, ORDER_NORMAL, order_name, order_from_name);
	CHECK_NAMES(enum mode, MODE_MANUAL, order_mode_name, order_mode_from_name);
	cr_assert(names_value(twice, 2, SPAN("two"), &value) && value == 2);
	cr_assert(!names_value(twice, 2, SPAN("tw"), &value));
	cr_assert_str_eq(names_name(twice, 2, 3), "unknown");
	/* A surge is made of what loads an MTA: bounces, neither probes nor our own. */
	for (int i = 0; i < EVENT_KINDS; i++)
		cr_assert(event_loads((enum event_kind)i) ==
				  span_begins(span_of(event_name((enum event_kind)i)),
					      SPAN("bounce-")),
			  "%s", event_name((enum event_kind)i));
}
