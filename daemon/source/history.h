/*
 * What a log was before: its rotated brothers, plain, .gz or .zst, the oldest first. Read at the
 * first start of a source, when that is wanted, and whenever the follower has strayed: its file, or
 * what comes after it, was compressed or removed before it was read.
 *
 * The cursor names a brother by the first bytes of its content, so that it is found again after it
 * was renamed or compressed, and counts the bytes as they were before compression. When it is gone,
 * that is told as a gap; what comes after it then is what comes after the file before it, or when
 * that is gone, too, what was written later.
 */
#ifndef SOURCE_HISTORY_H
#define SOURCE_HISTORY_H

#include "daemon/source/feed.h"
#include "daemon/source/follow.h"

#include <sys/stat.h>

#define HISTORY_CURSOR 102 /* version; another than FOLLOW_CURSOR */
#define HISTORY_CURSOR_1                                                                           \
	288 /* bytes of version 101, which had seconds and ended before `before`                   \
	     */

/* Bytes to be stored as they are; no padding, no pointers. */
struct history_cursor {
	uint32_t version;
	uint32_t skipping; /* the rest of an overlong line is still to be skipped */
	uint64_t offset;   /* uncompressed */
	int64_t modified;  /* nanoseconds: when the brother was last written; INT64_MIN: none was
			      begun */
	uint64_t known;	   /* bytes of `head` */
	char head[FOLLOW_PRINT];
	uint64_t before; /* brother_print of the one before it; 0: not known */
	uint64_t stray;	 /* 1: what is older was read, or was not to be read */
};

struct history;

/* Goes on at `resume`, or at the oldest brother when that is NULL. Opens nothing yet. */
MUST_USE struct history *history_open(const char *path, size_t max_line,
				      const struct history_cursor *resume, struct err *err);

/* Goes on where a follower has strayed. */
MUST_USE struct history *history_stray(const char *path, size_t max_line,
				       const struct follow_cursor *at,
				       const struct follow_stray *stray, struct err *err);
void history_free(struct history *history);

/* FEED_IDLE: the brother at hand is read to its end (or there is none at hand). */
enum feed_status history_read(struct history *history, size_t budget, const struct feed_sink *sink,
			      struct err *err);

enum history_turn {
	HISTORY_READS, /* the next brother is at hand */
	HISTORY_ENDS,  /* all that is left is for the follower, from `fd` on */
	HISTORY_WAITS, /* there is no file yet, or they are being renamed: look again later */
};

struct history_end {
	int fd; /* owned by the caller */
	struct stat status;
	bool at_path;
	uint64_t before; /* for follow_begin */
};

/*
 * Goes to the next younger brother. Files that are not compressed, with no compressed one behind
 * them, are the follower's. What cannot be read is told as a gap and passed over.
 */
MUST_USE bool history_next(struct history *history, const struct feed_sink *sink,
			   enum history_turn *turn_out, struct history_end *end_out,
			   struct err *err);

void history_cursor(const struct history *history, struct history_cursor *out);

#endif
