/*
 * Messages out of a stream of bytes: one a line, or each behind its length (RFC 6587, section 3.4.1
 * and 3.4.2). What a connection speaks is decided once, at its first bytes: "123 <" is a length.
 * Pure; every byte may be hostile. However the stream is cut into pieces, the same comes out.
 */
#ifndef SOURCE_FRAMES_H
#define SOURCE_FRAMES_H

#include "daemon/source/inbox.h"

enum framing {
	FRAMING_UNKNOWN, /* not enough bytes yet */
	FRAMING_LINES,
	FRAMING_COUNTED,
	FRAMING_BROKEN, /* a length was wanted and something else came */
};

struct frames {
	enum framing framing;
	size_t max_line;
	char *held; /* owned; at most a message and its length, made when it is needed */
	size_t length;
	bool skipping; /* the rest of a line, told as too long already */
	uint64_t skip; /* bytes of a counted message, told as too long already */
	bool whole;    /* a whole message has come */
};

void frames_init(struct frames *frames, enum framing framing, size_t max_line);
void frames_clear(struct frames *frames);

/* False: the framing is broken, or there is no memory; the stream is of no use any more. */
MUST_USE bool frames_take(struct frames *frames, struct span bytes, struct inbox *inbox);

/*
 * No more bytes. A last line without newline is given; what is missing of a counted message is
 * not: its sender sees the broken connection and sends it again.
 */
void frames_end(struct frames *frames, struct inbox *inbox);

#endif
