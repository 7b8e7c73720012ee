#include "daemon/source/frames.h"

#include <stdlib.h>

#define DIGITS 7 /* of a length: up to 10 MB, far above any limit of a line */
#define HEAD (DIGITS + 2)

void
frames_init(struct frames *frames, enum framing framing, size_t max_line)
{
	*frames = (struct frames){ .framing = framing, .max_line = max_line };
}

void
frames_clear(struct frames *frames)
{
	free(frames->held);
	frames->held = NULL;
	frames->length = 0;
}

static void
consume(struct frames *frames, size_t bytes)
{
	frames->length -= bytes;
	memmove(frames->held, frames->held + bytes, frames->length);
}

/* How many digits a length at the beginning has, if it is one; 0: it is none. */
static size_t
count_digits(const struct frames *frames, uint64_t *value_out)
{
	size_t digits = 0;
	uint64_t value = 0;

	while (digits < frames->length && digits <= DIGITS && frames->held[digits] >= '0' &&
	       frames->held[digits] <= '9')
		value = value * 10 + (uint64_t)(frames->held[digits++] - '0');
	*value_out = value;
	return digits > DIGITS || (frames->length && frames->held[0] == '0') ? 0 : digits;
}

static void
decide(struct frames *frames)
{
	uint64_t value;
	size_t digits = count_digits(frames, &value);

	if (digits && digits == frames->length)
		return;
	if (digits && frames->held[digits] == ' ' && digits + 1 == frames->length)
		return;
	frames->framing = digits && frames->held[digits] == ' ' && frames->held[digits + 1] == '<'
				  ? FRAMING_COUNTED
				  : FRAMING_LINES;
}

/* True when something was done and more may be. */
static bool
take_line(struct frames *frames, struct inbox *inbox)
{
	const char *newline = memchr(frames->held, '\n', frames->length);
	size_t length = newline ? (size_t)(newline - frames->held) : frames->length;

	if (!newline && !frames->skipping && length <= frames->max_line)
		return false;
	if (!frames->skipping && length > frames->max_line)
		inbox_too_long(inbox);
	else if (!frames->skipping)
		inbox_message(inbox, (struct span){ frames->held, length });
	frames->skipping = !newline;
	frames->whole = frames->whole || newline;
	consume(frames, length + (newline != NULL));
	return newline != NULL;
}

static bool
take_counted(struct frames *frames, struct inbox *inbox)
{
	uint64_t value;
	size_t digits;

	if (frames->skip) {
		size_t step = frames->skip < frames->length ? (size_t)frames->skip : frames->length;

		frames->skip -= step;
		consume(frames, step);
		return step != 0;
	}
	if (frames->length && *frames->held == '\n') { /* some senders add one */
		consume(frames, 1);
		return true;
	}
	digits = count_digits(frames, &value);
	if (frames->length == 0 || (digits && digits == frames->length))
		return false;
	if (!digits || frames->held[digits] != ' ') {
		frames->framing = FRAMING_BROKEN;
		return false;
	}
	if (value > frames->max_line) {
		inbox_too_long(inbox);
		frames->skip = value;
		consume(frames, digits + 1);
		return true;
	}
	if (frames->length - digits - 1 < value)
		return false;
	inbox_message(inbox, (struct span){ frames->held + digits + 1, (size_t)value });
	frames->whole = true;
	consume(frames, digits + 1 + (size_t)value);
	return true;
}

static void
take_all(struct frames *frames, struct inbox *inbox)
{
	bool more = frames->length != 0;

	while (more) {
		if (frames->framing == FRAMING_UNKNOWN)
			decide(frames);
		more = (frames->framing == FRAMING_LINES && take_line(frames, inbox)) ||
		       (frames->framing == FRAMING_COUNTED && take_counted(frames, inbox));
	}
}

bool
frames_take(struct frames *frames, struct span bytes, struct inbox *inbox)
{
	size_t room = frames->max_line + HEAD;

	if (!frames->held && !(frames->held = malloc(room)))
		return false;
	while (bytes.len && frames->framing != FRAMING_BROKEN) {
		size_t step = bytes.len < room - frames->length ? bytes.len : room - frames->length;

		memcpy(frames->held + frames->length, bytes.at, step);
		frames->length += step;
		bytes = span_after(bytes, step);
		take_all(frames, inbox);
	}
	return frames->framing != FRAMING_BROKEN;
}

void
frames_end(struct frames *frames, struct inbox *inbox)
{
	if (frames->length && !frames->skipping && frames->framing != FRAMING_COUNTED &&
	    frames->framing != FRAMING_BROKEN)
		inbox_message(inbox, (struct span){ frames->held, frames->length });
	frames_clear(frames);
}
