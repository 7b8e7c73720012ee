#include "daemon/source/inbox.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_ROOM ((size_t)64 << 10)

enum kind {
	KIND_LINE,
	KIND_TOO_LONG,
	KIND_GAP, /* its bytes end with a NUL */
};

struct head {
	uint32_t length;
	uint32_t kind;
};

void
inbox_init(struct inbox *inbox, size_t max_line)
{
	*inbox = (struct inbox){ .max_line = max_line };
}

void
inbox_clear(struct inbox *inbox)
{
	free(inbox->bytes);
	inbox->bytes = NULL;
	inbox->room = inbox->from = inbox->to = 0;
}

bool
inbox_full(const struct inbox *inbox)
{
	return inbox->to - inbox->from >= INBOX_BYTES;
}

uint64_t
inbox_bytes(const struct inbox *inbox)
{
	return inbox->to - inbox->from;
}

static bool
make_room(struct inbox *inbox, size_t more)
{
	size_t held = inbox->to - inbox->from, room = inbox->room ? inbox->room : FIRST_ROOM;
	char *bytes;

	if (inbox->room - inbox->to >= more)
		return true;
	if (inbox->bytes)
		memmove(inbox->bytes, inbox->bytes + inbox->from, held);
	inbox->from = 0;
	inbox->to = held;
	while (room - held < more)
		room *= 2;
	if (room == inbox->room)
		return true;
	bytes = realloc(inbox->bytes, room);
	if (!bytes)
		return false;
	inbox->bytes = bytes;
	inbox->room = room;
	return true;
}

/* The place of its bytes, or NULL. */
static char *
put(struct inbox *inbox, enum kind kind, struct span bytes)
{
	struct head head = { .length = (uint32_t)bytes.len, .kind = kind };
	char *at;

	if (!make_room(inbox, sizeof(head) + bytes.len)) {
		inbox->lost++;
		return NULL;
	}
	memcpy(inbox->bytes + inbox->to, &head, sizeof(head));
	at = inbox->bytes + inbox->to + sizeof(head);
	if (bytes.len)
		memcpy(at, bytes.at, bytes.len);
	inbox->to += sizeof(head) + bytes.len;
	return at;
}

static bool
ends_line(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

void
inbox_message(struct inbox *inbox, struct span message)
{
	char *at;

	if (message.len > inbox->max_line) {
		inbox_too_long(inbox);
		return;
	}
	while (message.len && ends_line(message.at[message.len - 1]))
		message.len--;
	if (message.len == 0)
		return;
	at = put(inbox, KIND_LINE, message);
	for (size_t i = 0; at && i < message.len; i++)
		if (ends_line(at[i]))
			at[i] = '?';
}

void
inbox_too_long(struct inbox *inbox)
{
	put(inbox, KIND_TOO_LONG, (struct span){ 0 });
}

void
inbox_gap(struct inbox *inbox, const char *why)
{
	put(inbox, KIND_GAP, (struct span){ why, strlen(why) + 1 });
}

static void
give(const struct head *head, const char *bytes, const struct feed_sink *sink)
{
	switch ((enum kind)head->kind) {
	case KIND_LINE:
		sink->line(sink->ctx, (struct span){ bytes, head->length });
		break;
	case KIND_TOO_LONG:
		sink->too_long(sink->ctx);
		break;
	case KIND_GAP:
		sink->gap(sink->ctx, bytes);
		break;
	}
}

bool
inbox_give(struct inbox *inbox, size_t budget, const struct feed_sink *sink)
{
	size_t given = 0;

	while (inbox->from < inbox->to && given < budget) {
		struct head head;

		memcpy(&head, inbox->bytes + inbox->from, sizeof(head));
		give(&head, inbox->bytes + inbox->from + sizeof(head), sink);
		inbox->from += sizeof(head) + head.length;
		given += sizeof(head) + head.length;
	}
	if (inbox->lost) {
		sink->gap(sink->ctx, "messages were lost: no memory to keep them");
		inbox->lost = 0;
	}
	if (inbox->from == inbox->to)
		inbox_clear(inbox);
	return inbox->from < inbox->to;
}
