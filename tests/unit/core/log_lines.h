/*
 * For the tests of the readers: events as text, one a line, and whole logs through a reader.
 *   "bounce-refused 3 example.test 192.0.2.1 - 5.1.1\n"  (kind, count, domain, client, id, status)
 * A moved bounce has " from=<domain>" at its end.
 */
#ifndef TESTS_LOG_LINES_H
#define TESTS_LOG_LINES_H

#include "daemon/base/text.h"
#include "daemon/core/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static inline void
log_lines_word(struct text *text, struct span word)
{
	text_add(text, " ");
	text_add_span(text, word.len ? word : SPAN("-"));
}

static inline void
log_lines_event(void *ctx, const struct event *event)
{
	struct text *text = ctx;

	text_add(text, "%s %" PRId64, event_name(event->kind), event->count);
	log_lines_word(text, event->domain);
	log_lines_word(text, event->client);
	log_lines_word(text, event->queue_id);
	log_lines_word(text, event->status);
	if (event->moved) {
		text_add(text, " from=");
		text_add_span(text, event->moved_from);
	}
	text_add(text, "\n");
}

static inline void
log_lines_feed(struct reader *reader, struct span lines, reader_sink *sink, void *ctx)
{
	while (lines.len) {
		const char *newline = memchr(lines.at, '\n', lines.len);
		size_t length = newline ? (size_t)(newline - lines.at) : lines.len;

		reader_line(reader, (struct span){ lines.at, length }, sink, ctx);
		lines = span_after(lines, length + 1);
	}
}

/* A whole file, terminated; the caller frees it. */
static inline char *
log_lines_file(const char *path, size_t *length_out)
{
	FILE *file = fopen(path, "rb");
	char *bytes = NULL;
	long length;

	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0) {
		rewind(file);
		bytes = malloc((size_t)length + 1);
		*length_out = bytes ? fread(bytes, 1, (size_t)length, file) : 0;
		if (bytes)
			bytes[*length_out] = '\0';
	}
	fclose(file);
	return bytes;
}

#endif
