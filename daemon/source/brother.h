/*
 * A rotated log, known by its first bytes as they were before it was compressed, however it is
 * called now.
 */
#ifndef SOURCE_BROTHER_H
#define SOURCE_BROTHER_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"
#include "daemon/source/rotated.h"
#include "daemon/sys/unpack.h"

#include <sys/stat.h>

enum brother_look {
	BROTHER_OPEN,
	BROTHER_MOVED,	/* the name is gone, or another file's by now: the list is out of date */
	BROTHER_CLOSED, /* it cannot be read, `err` says why; ERR_BUSY: perhaps at the next try */
};

/* Opens a brother that was listed, at its beginning. `*head_out` lives until it is read. */
MUST_USE enum brother_look brother_open(const struct rotated_file *file, struct unpack **unpack_out,
					struct span *head_out, struct err *err);

/* The same without unpacking; `*fd_out` is -1 when the brother has moved. */
MUST_USE bool brother_fd(const struct rotated_file *file, int *fd_out, struct stat *status_out,
			 struct err *err);

/* Reads over what was read before, at most FOLLOW_PRINT bytes. ERR_INPUT: it does not stand there.
 */
MUST_USE bool brother_goes_on(struct unpack *unpack, struct span before, struct err *err);

/* Does a file with these first bytes begin with `known`, and is that enough to know it by? */
bool brother_is(struct span head, struct span known);

/* A number for the first FOLLOW_PRINT bytes (or all, when there are less); never 0. */
uint64_t brother_print(struct span head);

/* The print of the brother that was written last; 0: there is none that can be read. */
uint64_t brother_newest(const char *path);

#endif
