/*
 * The lines of a file of any size in constant memory: for the commands that read logs.
 */
#ifndef CTL_LINES_H
#define CTL_LINES_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>

#define CTL_LINES_MAX 65536 /* bytes; longer lines are skipped whole and said to be too long */

struct ctl_lines_sink {
	void (*line)(void *ctx, struct span line); /* without newline; valid during the call */
	void (*too_long)(void *ctx);
	void *ctx;
};

/*
 * Opens `path`, or standard input for "-". `changed_out`: seconds, when the file was last written;
 * 0 when that says nothing. Returns a file descriptor, or -1.
 */
int ctl_lines_open(const char *path, int64_t *changed_out, struct err *err);

/* Reads to the end and closes. A last line without newline is a line. */
MUST_USE bool ctl_lines_read(int fd, const struct ctl_lines_sink *sink, struct err *err);

#endif
