/*
 * Lines of a log: whatever they say, kinds are known, spans stay inside, a bounce that moves was
 * counted before, what is stored can be restored, and nothing is a bounce without a line that says
 * "<>" (s/qmail: "F:" and nothing), or a bounce made here without a line that says so in the words
 * of its MTA.
 */
#include "daemon/core/reader.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	int64_t counted, moved, events;
	int64_t null_lines; /* that have the null sender's words */
	bool dsn_words;	    /* some line had the words of a bounce made here */
};

/* What the MTAs' own lines about null senders and bounces of their own have in common. */
static void
look(struct seen *seen, struct span line)
{
	static const struct span words[] = {
		{ " notification: ", 15 }, { "R=", 2 },	     { "DSN: ", 5 },   { "notify: ", 8 },
		{ "to sender: ", 11 },	   { "from=<>", 7 }, { "from <>", 7 },
	};

	seen->null_lines += line.len && (memmem(line.at, line.len, "<>", 2) ||
					 memmem(line.at, line.len, " F: T:", 6));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		seen->dsn_words =
			seen->dsn_words ||
			(line.len && memmem(line.at, line.len, words[i].at, words[i].len));
}

static void
see(void *ctx, const struct event *event)
{
	struct seen *seen = ctx;

	assert(event->kind < EVENT_KINDS && event->count > 0);
	assert(event->domain.len < CLASSIFY_DOMAIN && event->queue_id.len <= OPEN_IDS_ID);
	seen->events++;
	if (event->kind == EVENT_BOUNCE_ACCEPTED)
		*(event->moved ? &seen->moved : &seen->counted) += event->count;
	assert(seen->moved <= seen->counted && seen->counted <= seen->null_lines);
	assert(!event_loads(event->kind) || seen->null_lines);
	assert(event->kind != EVENT_LOCAL_DSN || seen->dsn_words);
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

		look(&seen, (struct span){ rest.at, length });
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
