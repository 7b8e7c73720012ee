/*
 * scan_maybe for text that the compiler knows, without a call: for the paths that every line of a
 * log passes.
 */
#ifndef CORE_EAT_H
#define CORE_EAT_H

#include "daemon/base/scan.h"

/* Eats this literal when it is next; says whether it was. Never fails. */
#define EAT(scan, literal) eat_bytes((scan), (literal), sizeof(literal) - 1)

/* Is the span exactly this literal? */
#define EAT_IS(span, literal)                                                                      \
	((span).len == sizeof(literal) - 1 &&                                                      \
	 __builtin_memcmp((span).at, (literal), sizeof(literal) - 1) == 0)

/* Does the span begin with this literal? */
#define EAT_BEGINS(span, literal)                                                                  \
	((span).len >= sizeof(literal) - 1 &&                                                      \
	 __builtin_memcmp((span).at, (literal), sizeof(literal) - 1) == 0)

static inline __attribute__((always_inline)) bool
eat_bytes(struct scan *scan, const char *text, size_t length)
{
	if ((size_t)(scan->end - scan->at) < length ||
	    __builtin_memcmp(scan->at, text, length) != 0 || scan->failed)
		return false;
	scan->at += length;
	return true;
}

static inline struct scan
eat_over(struct span span)
{
	return (struct scan){ .at = span.at, .end = span.at + span.len };
}

#endif
