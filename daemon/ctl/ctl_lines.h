/*
 * The lines of a file of any size in constant memory: for the commands that read logs, plain or
 * compressed (sys/unpack.h).
 */
#ifndef CTL_LINES_H
#define CTL_LINES_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"
#include "daemon/sys/unpack.h"

#include <stdint.h>

#define CTL_LINES_MAX 65536 /* bytes; longer lines are skipped whole and said to be too long */

struct ctl_lines_sink {
	/* Without newlines; valid during the call. */
	void (*lines)(void *ctx, const struct span *lines, size_t count);
	void (*too_long)(void *ctx);
	void *ctx;
	/* May be NULL: these bytes, the next of the file, have been given; false ends the reading.
	 */
	bool (*given)(void *ctx, struct span bytes, struct err *err);
};

/*
 * Opens `path`, or standard input for "-". `changed_out`: seconds, when the file was last written;
 * 0 when that says nothing. Returns a file descriptor, or -1.
 */
int ctl_lines_open(const char *path, int64_t *changed_out, struct err *err);

/* Reads to the end and closes. A last line without newline is a line. */
MUST_USE bool ctl_lines_read(int fd, const struct ctl_lines_sink *sink, struct err *err);

/* The same from where `unpack` stands; does not free it. */
MUST_USE bool ctl_lines_unpacked(struct unpack *unpack, const struct ctl_lines_sink *sink,
				 struct err *err);

#endif
