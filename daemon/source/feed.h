/*
 * A way in: where a source's lines come from. All ways look the same from above: each tick they are
 * asked for what there is.
 *
 * Exactly once: a followed file, its history and the journal give a cursor that stands behind what
 * was given; stored in one transaction with what was made of it, nothing is lost or counted twice.
 * At most once: what comes by syslog or standard input is nowhere but in this process; a kill
 * loses what arrived since the last tick, and nothing is ever counted twice.
 */
#ifndef SOURCE_FEED_H
#define SOURCE_FEED_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"
#include "daemon/conf/config.h"
#include "daemon/core/reader.h"

#include <uv.h>

#define FEED_CURSOR 1024 /* bytes of the longest cursor */

/* All functions are needed. What is given is valid during the call only. */
struct feed_sink {
	void *ctx;
	void (*line)(void *ctx, struct span line);
	void (*entry)(void *ctx, const struct reader_entry *entry);
	void (*too_long)(void *ctx); /* a line above the limit was skipped; once a line */
	void (*gap)(void *ctx, const char *why);
};

enum feed_status {
	FEED_IDLE, /* all read, as far as it is known */
	FEED_MORE, /* the budget is used up */
	FEED_ERROR /* told; nothing is lost by it, the next call tries again */
};

struct feed;

struct feed_ops {
	/* Gives what there is, until about `budget` bytes are used up. */
	enum feed_status (*read)(struct feed *feed, size_t budget, const struct feed_sink *sink,
				 struct err *err);
	/* The bytes to store, and how many. NULL: there is nothing to go on from. */
	size_t (*cursor)(const struct feed *feed, char out[FEED_CURSOR]);
	uint64_t (*behind)(const struct feed *feed); /* bytes that are known and not given yet */
	void (*free)(struct feed *feed);
	bool lives; /* what it has arrived at is nowhere else: a reload keeps it */
};

/* The head of each way's own struct. */
struct feed {
	const struct feed_ops *ops;
	bool moved; /* the cursor moved, perhaps without a line; whoever stores it takes it back */
};

/*
 * Goes on at the stored `cursor`, or begins when that is empty. Opens nothing yet: that is done,
 * and tried again, by reading. NULL with `err` when the cursor is not of this way in, or out of
 * memory. `config` outlives the feed, but for one that lives on over a reload (feed_same).
 */
MUST_USE struct feed *feed_open(const struct config_source *config, uv_loop_t *loop,
				struct span cursor, struct err *err);
void feed_free(struct feed *feed);

/* What to store, and how many bytes; 0: there is nothing to go on from. */
size_t feed_cursor(const struct feed *feed, char out[FEED_CURSOR]);

/* A reload: may the feed of `was` go on serving `is`? */
bool feed_same(const struct feed *feed, const struct config_source *was,
	       const struct config_source *is);

/* What people see: the path, "syslog-udp 127.0.0.1:514", "journal", "stdin". */
void feed_where(const struct config_source *config, struct text *text);

#endif
