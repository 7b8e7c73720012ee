/*
 * The reader of one source: bytes of whole lines in, events out. Pure; no clock: the reference
 * instant, from which the year of a stamp without one follows, is told.
 */
#ifndef CORE_READER_H
#define CORE_READER_H

#include "daemon/base/text.h"
#include "daemon/core/classify.h"

struct reader_options {
	enum format format;
	int year;	   /* of stamps without one; 0: by the reference */
	int64_t reference; /* seconds: now */
	char default_domain[CLASSIFY_DOMAIN];
	/*
	 * true (the daemon): a bounce counts at qmgr's from=<> line at once, for default_domain
	 * ("(none)" when empty), and a `moved` event comes when the recipient's domain appears and
	 * differs. false: it is given once, when its domain is known, or at the end without one.
	 */
	bool at_once;
	unsigned max_open;     /* 0: CLASSIFY_MAX_OPEN */
	const struct tz *zone; /* of stamps that name none; borrowed; NULL: UTC */
};

struct reader_stats {
	uint64_t lines;		     /* all that were given */
	uint64_t other;		     /* understood as not of interest */
	uint64_t broken;	     /* not readable */
	uint64_t gaps;		     /* notices that lines were lost */
	uint64_t of_format[FORMATS]; /* lines of each; FORMAT_AUTO: of none of them */
	uint64_t open;		     /* queue ids that are open now */
	uint64_t dropped;	     /* queue ids forgotten because there were too many */
	int64_t first_us, last_us;   /* the log's time of the first and the last line, 0 = none */
};

/* How the last line was read; spans are valid as long as that line's bytes. */
struct reader_view {
	bool readable; /* false: its envelope is not known, and the rest is undefined */
	struct envelope envelope;
	_Alignas(16) struct record record; /* written anew for each line */
	const char *joined;		   /* what other lines make of it, or NULL */
};

struct reader;

/* Spans in the event are valid during the call only. */
typedef void reader_sink(void *ctx, const struct event *event);

/* NULL when out of memory. */
struct reader *reader_new(const struct reader_options *options);
void reader_free(struct reader *reader);

void reader_reference(struct reader *reader, int64_t now);

/* Lines without their newlines. */
void reader_lines(struct reader *reader, const struct span *lines, size_t count, reader_sink *sink,
		  void *ctx);
static inline void
reader_line(struct reader *reader, struct span line, reader_sink *sink, void *ctx)
{
	reader_lines(reader, &line, 1, sink, ctx);
}

/* A message whose envelope came in parts, as the journal keeps it. Spans are borrowed. */
struct reader_entry {
	int64_t time_us;
	struct span host, program, message;
	uint32_t pid; /* 0: not known */
};
void reader_entry(struct reader *reader, const struct reader_entry *entry, reader_sink *sink,
		  void *ctx);

/* A line above the limit was skipped: counts as broken. */
void reader_too_long(struct reader *reader);

/* Lines were lost here: what is repeated after it may be one of them. */
void reader_gap(struct reader *reader);

/* No more lines: what is still open is given. */
void reader_end(struct reader *reader, reader_sink *sink, void *ctx);

const struct reader_stats *reader_stats(struct reader *reader);
/* The formats that were seen, as "postfix, exim"; "" for none yet. */
void reader_formats(const struct reader *reader, struct text *text);

const struct reader_view *reader_view(const struct reader *reader);

/*
 * For exactly-once: rows that changed since reader_saved, to be stored in the transaction of the
 * counts. A row is (key, value), or (key, empty) when it is gone. What was opened and closed in
 * between is never given. One row is the reader's own small tail.
 */
typedef void reader_row(void *ctx, struct span key, struct span value);
void reader_changes(const struct reader *reader, reader_row *row, void *ctx);
void reader_saved(struct reader *reader);

/* Before the first line. False: a row that is not understood (another version): skipped. */
MUST_USE bool reader_restore(struct reader *reader, struct span key, struct span value);

#endif
