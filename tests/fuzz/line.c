/*
 * Lines of a log: whatever they say, kinds are known, spans stay inside, a bounce that moves was
 * counted before, and what is stored can be restored.
 */
#include "daemon/core/reader.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	int64_t counted, moved, events;
};

static void
see(void *ctx, const struct event *event)
{
	struct seen *seen = ctx;

	assert(event->kind < EVENT_KINDS && event->count > 0);
	assert(event->domain.len < CLASSIFY_DOMAIN && event->queue_id.len <= OPEN_IDS_ID);
	seen->events++;
	if (event->kind == EVENT_BOUNCE_ACCEPTED)
		*(event->moved ? &seen->moved : &seen->counted) += event->count;
	assert(seen->moved <= seen->counted);
}

static void
keep_row(void *ctx, struct span key, struct span value)
{
	if (value.len && !reader_restore(ctx, key, value))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader_options options = { .at_once = true, .max_open = 8, .reference = 1795521600 };
	struct reader *reader = reader_new(&options), *copy = reader_new(&options);
	struct seen seen = { 0 };
	struct span rest = { (const char *)data, size };

	while (rest.len) {
		const char *newline = memchr(rest.at, '\n', rest.len);
		size_t length = newline ? (size_t)(newline - rest.at) : rest.len;

		reader_line(reader, (struct span){ rest.at, length }, see, &seen);
		rest = span_after(rest, length + 1);
	}
	assert(reader_stats(reader)->open <= options.max_open);
	reader_changes(reader, keep_row, copy);
	reader_free(copy);
	reader_end(reader, see, &seen);
	reader_free(reader);
	return 0;
}
