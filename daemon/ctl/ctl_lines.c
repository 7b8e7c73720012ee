#include "daemon/ctl/ctl_lines.h"

#include "daemon/sys/newlines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES 64		  /* given at once */
#define BLOCK ((size_t)256 << 10) /* fits the second-level cache */

int
ctl_lines_open(const char *path, int64_t *changed_out, struct err *err)
{
	struct stat st;
	int fd = STDIN_FILENO;

	if (strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set(err, ERR_INPUT, "cannot read %s: %s", path, strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode)) {
		err_set(err, ERR_INPUT, "cannot read %s: it is a directory", path);
		close(fd);
		return -1;
	}
	*changed_out = S_ISREG(st.st_mode) ? (int64_t)st.st_mtime : 0;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return fd;
}

/* Gives the whole lines in [from, end) and returns where the unfinished one begins. */
static char *
give_lines(char *from, char *end, bool *skipping, const struct ctl_lines_sink *sink)
{
	uint16_t places[NEWLINES_BLOCK];
	struct span lines[LINES];
	size_t held = 0;

	for (char *block = from; block < end; block += NEWLINES_BLOCK) {
		size_t left = (size_t)(end - block), count, i = 0;

		count = newlines_find(block, left < NEWLINES_BLOCK ? left : NEWLINES_BLOCK, places);
		if (*skipping && count) {
			*skipping = false;
			from = block + places[i++] + 1;
		}
		for (; i < count; i++) {
			char *newline = block + places[i];

			lines[held++] = (struct span){ from, (size_t)(newline - from) };
			from = newline + 1;
			if (held < LINES)
				continue;
			sink->lines(sink->ctx, lines, held);
			held = 0;
		}
	}
	if (held)
		sink->lines(sink->ctx, lines, held);
	return from;
}

/* An unfinished line that is too long: said once, then skipped up to its newline. */
static size_t
keep_rest(char *buffer, const char *rest, size_t length, bool *skipping,
	  const struct ctl_lines_sink *sink)
{
	if (*skipping)
		return 0;
	if (length > CTL_LINES_MAX) {
		sink->too_long(sink->ctx);
		*skipping = true;
		return 0;
	}
	memmove(buffer, rest, length);
	return length;
}

/* The last line without newline. */
static bool
give_last(char *buffer, size_t held, const struct ctl_lines_sink *sink, struct err *err)
{
	struct span rest = { buffer, held };

	if (held)
		sink->lines(sink->ctx, &rest, 1);
	return held == 0 || !sink->given || sink->given(sink->ctx, rest, err);
}

bool
ctl_lines_unpacked(struct unpack *unpack, const struct ctl_lines_sink *sink, struct err *err)
{
	char *buffer = malloc(CTL_LINES_MAX + BLOCK), *rest;
	bool skipping = false, ok = true;
	size_t held = 0;
	ssize_t got = -1;

	if (!buffer)
		err_set(err, ERR_SYSTEM, "out of memory");
	while (buffer && ok && (got = unpack_read(unpack, buffer + held, BLOCK, err)) > 0) {
		char *end = buffer + held + got;
		size_t left;

		rest = give_lines(buffer, end, &skipping, sink);
		left = (size_t)(end - rest);
		if (skipping || left > CTL_LINES_MAX)
			rest = end;
		ok = !sink->given ||
		     sink->given(sink->ctx, (struct span){ buffer, (size_t)(rest - buffer) }, err);
		held = keep_rest(buffer, end - left, left, &skipping, sink);
	}
	ok = ok && got == 0 && give_last(buffer, held, sink, err);
	free(buffer);
	return ok;
}

bool
ctl_lines_read(int fd, const struct ctl_lines_sink *sink, struct err *err)
{
	struct unpack *unpack = unpack_open(fd, err);
	bool ok = unpack && ctl_lines_unpacked(unpack, sink, err);

	unpack_free(unpack);
	return ok;
}
