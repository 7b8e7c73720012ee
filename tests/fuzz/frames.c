/*
 * The same messages however a stream is cut into pieces; none has a newline or is above the limit.
 */
#include "daemon/source/frames.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_LINE 20

static void
line(void *ctx, struct span text)
{
	uint64_t *hash = ctx;

	if (text.len == 0 || text.len > MAX_LINE || memchr(text.at, '\n', text.len) ||
	    memchr(text.at, '\0', text.len))
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

static uint64_t
take_all(struct span stream, size_t step)
{
	uint64_t hash = 1;
	struct feed_sink sink = { .ctx = &hash, .line = line, .too_long = too_long };
	struct frames frames;
	struct inbox inbox;
	bool ok = true;

	frames_init(&frames, FRAMING_UNKNOWN, MAX_LINE);
	inbox_init(&inbox, MAX_LINE);
	while (ok && stream.len) {
		struct span piece = { stream.at, stream.len < step ? stream.len : step };

		ok = frames_take(&frames, piece, &inbox);
		stream = span_after(stream, step);
	}
	frames_end(&frames, &inbox);
	inbox_give(&inbox, SIZE_MAX, &sink);
	inbox_clear(&inbox);
	return hash + ok;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span stream = { (const char *)data, size };

	if (size && take_all(stream, size) != take_all(stream, 1 + data[0] % 16))
		abort();
	return 0;
}
