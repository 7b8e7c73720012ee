#include "daemon/source/frames.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define LIMIT 20

struct heard {
	char text[1000];
	size_t length;
};

static void
hear(struct heard *heard, const char *what, struct span text)
{
	heard->length +=
		(size_t)snprintf(heard->text + heard->length, sizeof(heard->text) - heard->length,
				 "%s%.*s|", what, (int)text.len, text.at);
}

static void
line(void *ctx, struct span text)
{
	hear(ctx, "", text);
}

static void
entry(void *ctx, const struct reader_entry *unused)
{
	(void)unused;
	hear(ctx, "ENTRY", SPAN(""));
}

static void
too_long(void *ctx)
{
	hear(ctx, "TOO LONG", SPAN(""));
}

static void
gap(void *ctx, const char *why)
{
	hear(ctx, "GAP ", span_of(why));
}

static struct feed_sink
sink_to(struct heard *heard)
{
	return (struct feed_sink){ heard, line, entry, too_long, gap };
}

/* Everything that comes of a stream cut into pieces of `step` bytes; BROKEN when it is. */
static void
split(struct span stream, size_t step, struct heard *heard)
{
	struct feed_sink sink = sink_to(heard);
	struct frames frames;
	struct inbox inbox;
	bool ok = true;

	frames_init(&frames, FRAMING_UNKNOWN, LIMIT);
	inbox_init(&inbox, LIMIT);
	for (size_t at = 0; ok && at < stream.len; at += step) {
		struct span piece = span_after(stream, at);

		piece.len = piece.len < step ? piece.len : step;
		ok = frames_take(&frames, piece, &inbox);
	}
	frames_end(&frames, &inbox);
	cr_assert(!inbox_give(&inbox, SIZE_MAX, &sink));
	if (!ok)
		hear(heard, "BROKEN", SPAN(""));
	inbox_clear(&inbox);
}

#define STREAM(text)                                                                               \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static const struct {
	struct span stream;
	const char *wanted;
} streams[] = {
	{ STREAM(""), "" },
	{ STREAM("<22>a\n<22>b\n"), "<22>a|<22>b|" },
	{ STREAM("<22>a\r\n\n\n<22>b"), "<22>a|<22>b|" },
	{ STREAM("5 <22>a6 <22>bc"), "<22>a|<22>bc|" },
	{ STREAM("6 <22>a\n5 <22>b"), "<22>a|<22>b|" },
	{ STREAM("5 <22>a\n5 <22>b"), "<22>a|<22>b|" },
	{ STREAM("8 <22>a\nbc5 <22>d"), "<22>a?bc|<22>d|" },
	{ STREAM("7 <22>a\0b5 <22>d"), "<22>a?b|<22>d|" },
	{ STREAM("9 <22>abc"), "" }, /* cut: its sender sends it again */
	{ STREAM("5 <22>ax"), "<22>a|BROKEN|" },
	{ STREAM("5 <22>a0 <22>b"), "<22>a|BROKEN|" },
	{ STREAM("5 <22>a12345678 <"), "<22>a|BROKEN|" },
	{ STREAM("5 <22>a7x"), "<22>a|BROKEN|" },
	{ STREAM("20 <22>456789012345678921 <22>4567890123456789x5 <22>b"),
	  "<22>4567890123456789|TOO LONG|<22>b|" },
	{ STREAM("12345678901234567890\n123456789012345678901\nx\n"),
	  "12345678901234567890|TOO LONG|x|" },
	{ STREAM("123456789012345678901234567890123456789012345678901234567890"), "TOO LONG|" },
	{ STREAM("2026-11-24T16\n5 <22>a\n"), "2026-11-24T16|5 <22>a|" },
	{ STREAM("5 a\n6 b\n"), "5 a|6 b|" },
	{ STREAM("5"), "5|" },
	{ STREAM("5 "), "5 |" },
	{ STREAM("1234567 <"), "TOO LONG|" },
	{ STREAM("12345678 <"), "12345678 <|" },
};

Test(frames, however_the_stream_is_cut)
{
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		for (size_t step = 1; step <= streams[i].stream.len + 1; step++) {
			struct heard heard = { 0 };

			split(streams[i].stream, step, &heard);
			cr_assert_str_eq(heard.text, streams[i].wanted, "stream %zu by %zu", i,
					 step);
		}
}

Test(inbox, gives_in_order_by_pieces_and_is_full_at_its_limit)
{
	struct heard heard = { 0 };
	struct feed_sink sink = sink_to(&heard);
	struct inbox inbox;
	unsigned messages = 0;
	char text[1000];

	memset(text, 'x', sizeof(text));
	inbox_init(&inbox, sizeof(text));
	for (; !inbox_full(&inbox); messages++)
		inbox_message(&inbox, (struct span){ text, sizeof(text) });
	cr_assert(messages >= INBOX_BYTES / (sizeof(text) + 8) &&
		  inbox_bytes(&inbox) < INBOX_BYTES + 2000);
	for (; messages; messages--) {
		heard.length = 0;
		cr_assert_eq(inbox_give(&inbox, 1, &sink), messages > 1);
		cr_assert(heard.length > 999);
	}
	inbox_message(&inbox, SPAN("a"));
	inbox_gap(&inbox, "b");
	inbox_too_long(&inbox);
	inbox_message(&inbox, SPAN("c\nd\r\n"));
	inbox_message(&inbox, SPAN("\n"));
	heard.length = 0;
	cr_assert(!inbox_give(&inbox, SIZE_MAX, &sink));
	cr_assert_str_eq(heard.text, "a|GAP b|TOO LONG|c?d|");
	inbox_clear(&inbox);
}
