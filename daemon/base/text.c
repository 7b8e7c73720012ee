#include "daemon/base/text.h"

#include <stdio.h>

struct text
text_over(char *at, size_t room)
{
	at[0] = '\0';
	return (struct text){ .at = at, .room = room };
}

void
text_add(struct text *text, const char *format, ...)
{
	size_t room = text->room - text->len;
	va_list args;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(text->at + text->len, room, format, args);
	va_end(args);
	if (wanted < 0)
		return;
	if ((size_t)wanted >= room) {
		text->cut = true;
		text->len = text->room - 1;
	} else {
		text->len += (size_t)wanted;
	}
}

void
text_add_span(struct text *text, struct span span)
{
	size_t room = text->room - 1 - text->len;

	if (span.len > room) {
		span.len = room;
		text->cut = true;
	}
	memcpy(text->at + text->len, span.at, span.len);
	text->len += span.len;
	text->at[text->len] = '\0';
}

/* Length of the valid UTF-8 sequence at the start of `span`, or 0 (RFC 3629, section 4). */
static size_t
sequence(struct span span)
{
	const unsigned char *s = (const unsigned char *)span.at;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	length = s[0] >= 0xC2 && s[0] <= 0xDF	? 2
		 : (s[0] & 0xF0) == 0xE0	? 3
		 : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
						: 0;
	if (length == 0 || span.len < length)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
	    (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
		return 0;
	return length;
}

static bool
control(struct span sequence)
{
	unsigned char c = (unsigned char)sequence.at[0];

	if (sequence.len == 1)
		return c < 0x20 || c == 0x7F;
	return sequence.len == 2 && c == 0xC2 && (unsigned char)sequence.at[1] < 0xA0;
}

void
text_add_scrubbed(struct text *text, struct span span)
{
	while (span.len) {
		struct span one = { span.at, sequence(span) };
		struct span put = one;
		size_t eaten = one.len ? one.len : 1;

		if (one.len == 0 || control(one))
			put = SPAN("\xEF\xBF\xBD");
		if (put.len > text->room - 1 - text->len) {
			text->cut = true;
			return;
		}
		text_add_span(text, put);
		span = span_after(span, eaten);
	}
}

void
text_add_sentence(struct text *text, const char *format, va_list args)
{
	char raw[TEXT_SENTENCE];
	int wanted = vsnprintf(raw, sizeof(raw), format, args);

	if (wanted < 0)
		return;
	text->cut = text->cut || (size_t)wanted >= sizeof(raw);
	text_add_scrubbed(text, span_of(raw));
}
