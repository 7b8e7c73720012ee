/*
 * Is this the file that a cursor speaks of? Device and inode say so only together with the bytes
 * that were read: a number is used again at once, and a copy has another one.
 */
#ifndef SOURCE_IDENTITY_H
#define SOURCE_IDENTITY_H

#include "daemon/source/follow.h"

#include <sys/stat.h>

/* Bytes of equal content that speak for a file; a log line's time stamp is among them. */
#define IDENTITY_ENOUGH 64

enum identity {
	IDENTITY_OTHER,
	IDENTITY_CUT,  /* it begins the same, but is shorter than, or differs before, the place */
	IDENTITY_COPY, /* another file with the same bytes up to the place */
	IDENTITY_SAME,
};

/* How many bytes of head and tail a cursor at this offset has. */
size_t identity_known(uint64_t offset);

/* Opens a regular file for reading; `*fd_out` is -1 and all is well when there is none. */
MUST_USE bool identity_open(const char *path, int *fd_out, struct stat *status_out,
			    struct err *err);

/*
 * Reads exactly what is there of `size` bytes at `offset`. A read error (also in errno) is never an
 * end of file.
 */
MUST_USE bool identity_bytes(int fd, uint64_t offset, char *out, size_t size, size_t *read_out,
			     struct err *err);

/* Judges an open file. False when it could not be read. */
MUST_USE bool identity_judge(int fd, const struct follow_cursor *cursor, enum identity *out,
			     struct err *err);

/* What identity_find found: the caller closes `fd`. */
struct identity_found {
	int fd; /* -1: no file at all */
	enum identity identity;
	bool at_path;	/* `fd` is what the path names now, not an older brother */
	bool truncated; /* the path names the file of the cursor, but emptied and written anew */
};

/*
 * Looks for the cursor's file at the path and among its brothers: first the file itself, then a
 * copy, then a cut one. When there is none, `fd` is the path's and `identity` says OTHER: that is
 * said only after two looks at a directory that did not change between them, since a file that is
 * renamed meanwhile may be missed.
 */
MUST_USE bool identity_find(const char *path, const struct follow_cursor *cursor,
			    struct identity_found *out, struct err *err);

#endif
