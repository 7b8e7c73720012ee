/*
 * The same lines, in the same order, whether a log is read at once or in pieces with a restart from
 * the stored cursor after each.
 */
#include "daemon/source/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_LINE 20

static void
line(void *ctx, struct span text)
{
	uint64_t *hash = ctx;

	if (text.len > MAX_LINE || memchr(text.at, '\n', text.len))
		abort();
	for (size_t i = 0; i < text.len; i++)
		*hash = (*hash ^ (unsigned char)text.at[i]) * UINT64_C(1099511628211);
	*hash = (*hash ^ '\n') * UINT64_C(1099511628211);
}

static void
too_long(void *ctx)
{
	line(ctx, SPAN("too long"));
}

static void
gap(void *ctx, const char *why)
{
	(void)ctx;
	fprintf(stderr, "gap: %s\n", why);
	abort();
}

static uint64_t
read_all(const char *path, size_t budget)
{
	struct follow_options options = { .path = path, .max_line = MAX_LINE };
	struct follow *follow = follow_open(&options, NULL, NULL);
	uint64_t hash = 1;
	struct follow_sink sink = { .ctx = &hash, .line = line, .too_long = too_long, .gap = gap };
	struct follow_cursor cursor;

	while (follow_read(follow, budget, &sink, NULL) == FOLLOW_MORE) {
		follow_cursor(follow, &cursor);
		follow_free(follow);
		follow = follow_open(&options, &cursor, NULL);
	}
	follow_free(follow);
	return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[40];
	int fd = memfd_create("log", MFD_CLOEXEC);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (size == 0 || write(fd, data, size) != (ssize_t)size) {
		close(fd);
		return 0;
	}
	if (read_all(path, (size_t)1 << 30) != read_all(path, 1 + data[0] % 16))
		abort();
	close(fd);
	return 0;
}
