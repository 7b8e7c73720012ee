/*
 * For the tests of the readers: a log with a restart of the program before each of its lines.
 */
#ifndef TESTS_LOG_RESTART_H
#define TESTS_LOG_RESTART_H

#include "tests/unit/core/log_lines.h"

#include <criterion/criterion.h>

/* A store of rows, as the database has it. */
struct log_restart_store {
	struct {
		char key[16], value[1024];
		size_t key_len, value_len;
	} rows[256];
	size_t used;
};

static inline void
log_restart_put(void *ctx, struct span key, struct span value)
{
	struct log_restart_store *store = ctx;
	size_t i = 0;

	while (i < store->used &&
	       !span_equal(key, (struct span){ store->rows[i].key, store->rows[i].key_len }))
		i++;
	if (value.len == 0) {
		store->rows[i] = store->rows[--store->used];
		return;
	}
	cr_assert(i < 256 && key.len <= 16 && value.len <= 1024);
	store->used += i == store->used;
	memcpy(store->rows[i].key, key.at, key.len);
	memcpy(store->rows[i].value, value.at, value.len);
	store->rows[i].key_len = key.len;
	store->rows[i].value_len = value.len;
}

/* The reader saves and dies, and another goes on where it was. */
static inline struct reader *
log_restart_succeed(struct reader *reader, const struct reader_options *options,
		    struct log_restart_store *store)
{
	struct reader *next = reader_new(options);

	reader_changes(reader, log_restart_put, store);
	reader_saved(reader);
	reader_free(reader);
	for (size_t i = 0; i < store->used; i++)
		cr_assert(reader_restore(
			next, (struct span){ store->rows[i].key, store->rows[i].key_len },
			(struct span){ store->rows[i].value, store->rows[i].value_len }));
	return next;
}

/* The events of these lines, and of the end of the log. */
static inline void
log_restart_read(const char *lines, struct text *text)
{
	static struct log_restart_store store;
	struct reader_options options = { .reference = 1795521600 };
	struct reader *reader = reader_new(&options);

	store.used = 0;
	while (*lines) {
		size_t length = strcspn(lines, "\n");

		reader = log_restart_succeed(reader, &options, &store);
		reader_line(reader, (struct span){ lines, length }, log_lines_event, text);
		lines += length + (lines[length] == '\n');
	}
	reader_end(reader, log_lines_event, text);
	reader_free(reader);
}

struct log_restart_totals {
	int64_t of[EVENT_KINDS];
};

static inline void
log_restart_add(void *ctx, const struct event *event)
{
	struct log_restart_totals *totals = ctx;

	if (!event->moved)
		totals->of[event->kind] += event->count;
}

/* Of a whole file, of 2026; `restart`: before each of its lines. */
static inline struct log_restart_totals
log_restart_totals(const char *path, bool restart)
{
	struct reader_options options = { .year = 2026, .reference = 1795521600 };
	struct reader *reader = reader_new(&options);
	static struct log_restart_store store;
	struct log_restart_totals totals = { 0 };
	size_t length = 0;
	char *bytes = log_lines_file(path, &length);

	cr_assert_not_null(bytes);
	store.used = 0;
	for (char *at = bytes; at < bytes + length;) {
		size_t line = strcspn(at, "\n");

		if (restart)
			reader = log_restart_succeed(reader, &options, &store);
		reader_line(reader, (struct span){ at, line }, log_restart_add, &totals);
		at += line + 1;
	}
	reader_end(reader, log_restart_add, &totals);
	reader_free(reader);
	free(bytes);
	return totals;
}

#endif
