/*
 * Follows a log: gives each of its lines exactly once, over rotations and restarts.
 *
 * Polled once a tick. Rename and create, copytruncate, delete and create, symlink swap, several
 * rotations while nobody looked: what was being read is found again by device, inode and the bytes
 * around the place (an inode number alone comes back at once), is read to its end, then every
 * younger brother in order, then the path itself. Where that leads to a compressed file, or to
 * none, the follower has strayed, and history.h finds the way back. copytruncate tells itself only
 * by bytes that were read: of a file of which fewer than 64 were, a copy is not known for one.
 *
 * A cursor taken after follow_read stands exactly behind the lines given; stored in one
 * transaction with what was made of them, nothing is lost or counted twice by a restart.
 * When the file is shorter than what was read although it is the same one (after a power loss), it
 * is continued at its end: starting again would count twice.
 */
#ifndef SOURCE_FOLLOW_H
#define SOURCE_FOLLOW_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define FOLLOW_LINE_MAX 65536 /* bytes; the default limit of a line */
#define FOLLOW_PRINT 256      /* bytes remembered of a file's beginning, and before the cursor */
#define FOLLOW_CURSOR 2	      /* version of struct follow_cursor */
#define FOLLOW_CURSOR_1 584   /* bytes of version 1, which ended before `modified` */

/* Bytes to be stored as they are and handed back to follow_open; no padding, no pointers. */
struct follow_cursor {
	uint32_t version;
	uint32_t skipping; /* 1: the rest of an overlong line, told already, is still to be skipped
			    */
	uint64_t device, inode; /* inode 0: no file was seen yet */
	uint64_t offset;	/* the next unread byte */
	char boot[40];
	char head[FOLLOW_PRINT]; /* the first bytes before offset */
	char tail[FOLLOW_PRINT]; /* the last bytes before offset */
	int64_t modified;	 /* nanoseconds: when the file was written, as last seen */
	uint64_t before;	 /* brother_print of the file before it; 0: not known */
};

struct follow;

struct follow_options {
	const char *path; /* copied */
	size_t max_line;  /* bytes without the newline; 0: FOLLOW_LINE_MAX */
};

/* All functions are needed. A line is without its newline and valid during the call only. */
struct follow_sink {
	void *ctx;
	void (*line)(void *ctx, struct span line);
	void (*too_long)(void *ctx); /* a line above the limit was skipped; once a line */
	void (*gap)(void *ctx, const char *why);
};

enum follow_status {
	FOLLOW_IDLE,	/* all read; also: the log is not there yet */
	FOLLOW_MORE,	/* the budget is used up */
	FOLLOW_STRAYED, /* see follow_stray; until follow_begin nothing is read */
	FOLLOW_ERROR	/* told; nothing is lost, the next call tries again */
};

/*
 * Goes on at `resume`, or at the beginning of the file when that is NULL. Touches no file yet.
 * NULL with `err` when the cursor is of another version, or out of memory.
 */
MUST_USE struct follow *follow_open(const struct follow_options *options,
				    const struct follow_cursor *resume, struct err *err);
void follow_free(struct follow *follow);

/*
 * Gives what there is, until about `budget` bytes are used up. Only whole lines: a last line
 * without newline waits for it, unless its file was rotated away. NULs before a line (holes that
 * a crash or a race left) are skipped.
 */
enum follow_status follow_read(struct follow *follow, size_t budget, const struct follow_sink *sink,
			       struct err *err);

void follow_cursor(const struct follow *follow, struct follow_cursor *out);

/* What is known of a file that the follower has strayed from. */
struct follow_stray {
	bool read; /* it was read to its end, but what comes after it is compressed, or unknown */
	bool truncated; /* else: it is not there any more; it was emptied and is written anew */
};
const struct follow_stray *follow_stray(const struct follow *follow);

/* Takes an open file over, unread; `before` as in the cursor. */
void follow_begin(struct follow *follow, int fd, const struct stat *status, bool at_path,
		  uint64_t before);

/* Bytes of the file at hand that are not read yet, as last seen. */
uint64_t follow_behind(const struct follow *follow);

#endif
