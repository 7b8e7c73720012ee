/*
 * For the tests of the readers: tables of lines (or of a few lines that belong together) with the
 * events of a reader that then ends; a program that begins anew before each line gives the same.
 */
#ifndef TESTS_LOG_ROWS_H
#define TESTS_LOG_ROWS_H

#include "tests/unit/core/log_restart.h"

#define LOG_ROWS_TEXT 4096

struct log_row {
	const char *lines, *events;
	bool broken; /* one of the lines is */
};

static inline struct reader_stats
log_rows_read(const char *lines, bool at_once, char got[LOG_ROWS_TEXT])
{
	struct reader_options options = { .reference = 1795521600, .at_once = at_once };
	struct reader *reader = reader_new(&options);
	struct text text = { .at = got, .room = LOG_ROWS_TEXT };
	struct reader_stats stats;

	got[0] = '\0';
	log_lines_feed(reader, span_of(lines), log_lines_event, &text);
	reader_end(reader, log_lines_event, &text);
	stats = *reader_stats(reader);
	reader_free(reader);
	return stats;
}

static inline void
log_rows_check(const struct log_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char got[LOG_ROWS_TEXT], restarted[LOG_ROWS_TEXT] = "";
		struct text again = TEXT(restarted);
		struct reader_stats stats = log_rows_read(rows[i].lines, false, got);

		cr_expect_str_eq(got, rows[i].events, "%s:\n%s", rows[i].lines, got);
		cr_expect_eq(stats.broken > 0, rows[i].broken, "%s: %s", rows[i].lines,
			     rows[i].broken ? "should be broken" : "is broken");
		log_restart_read(rows[i].lines, &again);
		cr_expect_str_eq(restarted, got, "%s: restarted:\n%s", rows[i].lines, restarted);
	}
}

/* Cut anywhere behind `from` bytes, a line says nothing, or begins to say what the whole says. */
static inline void
log_rows_check_cut(const struct log_row *rows, size_t count, size_t from)
{
	for (size_t i = 0; i < count; i++)
		for (size_t length = from; length < strlen(rows[i].lines); length++) {
			char cut[LOG_ROWS_TEXT], got[LOG_ROWS_TEXT];

			span_copy((struct span){ rows[i].lines, length }, cut, sizeof(cut));
			log_rows_read(cut, false, got);
			cr_expect(!*got || strncmp(got, rows[i].events, strcspn(got, " ")) == 0,
				  "%s: %s", cut, got);
		}
}

#define LOG_ROWS_CHECK(rows) log_rows_check((rows), sizeof(rows) / sizeof((rows)[0]))

#endif
