/*
 * What has arrived and was not asked for yet: a bounded queue between the loop, on which messages
 * arrive at any time, and the tick that counts them. When it is full its owner stops listening, and
 * the kernel holds senders back (TCP, unix, pipes) or drops and counts (UDP).
 */
#ifndef SOURCE_INBOX_H
#define SOURCE_INBOX_H

#include "daemon/source/feed.h"

#define INBOX_BYTES ((size_t)8 << 20)

struct inbox {
	char *bytes; /* owned */
	size_t room, from, to;
	size_t max_line;
	uint64_t lost; /* for want of memory; told as a gap */
};

void inbox_init(struct inbox *inbox, size_t max_line);
void inbox_clear(struct inbox *inbox);

/* Nothing more should be put in; a little more still fits. */
bool inbox_full(const struct inbox *inbox);
uint64_t inbox_bytes(const struct inbox *inbox);

/*
 * One message. Its end is stripped of newlines and NULs; one that stands inside (also a carriage
 * return) becomes '?', as Postfix does it: a message never begins a second line, nor a new word.
 * An empty message is none, one above the limit counts as too long.
 */
void inbox_message(struct inbox *inbox, struct span message);
void inbox_too_long(struct inbox *inbox);
void inbox_gap(struct inbox *inbox, const char *why);

/* Gives and forgets, about `budget` bytes. True when there is more. */
bool inbox_give(struct inbox *inbox, size_t budget, const struct feed_sink *sink);

#endif
