/*
 * What a log was before: its rotated brothers, plain, .gz or .zst, the oldest first. Read once, at
 * the first start of a source.
 *
 * The cursor names a brother by the first bytes of its content, so that it is found again after it
 * was renamed or compressed, and counts the bytes as they were before compression.
 */
#ifndef SOURCE_HISTORY_H
#define SOURCE_HISTORY_H

#include "daemon/source/feed.h"
#include "daemon/source/follow.h"

#include <sys/types.h>

#define HISTORY_CURSOR 101 /* version; another than FOLLOW_CURSOR */

/* Bytes to be stored as they are; no padding, no pointers. */
struct history_cursor {
	uint32_t version;
	uint32_t skipping; /* the rest of an overlong line is still to be skipped */
	uint64_t offset;   /* uncompressed */
	int64_t modified;  /* seconds: when the brother was last written */
	uint64_t known;	   /* bytes of `head`; 0: none was begun */
	char head[FOLLOW_PRINT];
};

struct history;

/* Goes on at `resume`, or at the oldest brother when that is NULL. Opens nothing yet. */
MUST_USE struct history *history_open(const char *path, size_t max_line,
				      const struct history_cursor *resume, struct err *err);
void history_free(struct history *history);

/* FEED_IDLE: the brother at hand is read to its end (or there is none at hand). */
enum feed_status history_read(struct history *history, size_t budget, const struct feed_sink *sink,
			      struct err *err);

/*
 * Goes to the next younger brother, up to the file (device, inode) and without it; `*found_out` is
 * false when there is none. What cannot be read is told as a gap and passed over.
 */
MUST_USE bool history_next(struct history *history, dev_t device, ino_t inode,
			   const struct feed_sink *sink, bool *found_out, struct err *err);

void history_cursor(const struct history *history, struct history_cursor *out);

#endif
