/*
 * A span: borrowed bytes, not terminated, not owned. It is valid as long as the bytes that it
 * was cut from; whoever keeps it longer copies it (span_copy).
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *at;
	size_t len;
};

/* A span over a string literal; its length is known to the compiler. */
#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

static inline struct span
span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static inline bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool
span_begins(struct span span, struct span head)
{
	return span.len >= head.len && memcmp(span.at, head.at, head.len) == 0;
}

static inline bool
span_ends(struct span span, struct span tail)
{
	return span.len >= tail.len &&
	       memcmp(span.at + span.len - tail.len, tail.at, tail.len) == 0;
}

static inline bool
span_contains(struct span span, struct span part)
{
	return memmem(span.at, span.len, part.at, part.len) != NULL;
}

/* The span without its first `count` bytes (all of it gone when shorter). */
static inline struct span
span_after(struct span span, size_t count)
{
	if (count > span.len)
		count = span.len;
	return (struct span){ span.at + count, span.len - count };
}

/* Without blanks and ends of lines on either side. */
static inline struct span
span_trimmed(struct span span)
{
	static const char blanks[] = { ' ', '\t', '\r', '\n' };

	while (span.len && memchr(blanks, span.at[0], sizeof(blanks)))
		span = span_after(span, 1);
	while (span.len && memchr(blanks, span.at[span.len - 1], sizeof(blanks)))
		span.len--;
	return span;
}

/* Equal but for the case of A-Z. */
bool span_equal_nocase(struct span a, struct span b);

/* Copies into a terminated buffer, cutting what does not fit. True when nothing was cut. */
bool span_copy(struct span span, char *out, size_t room);

/* As span_copy, with A-Z made lower case (the form in which domains are compared). */
bool span_copy_lower(struct span span, char *out, size_t room);

#endif
