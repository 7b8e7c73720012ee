/*
 * Text built in a fixed buffer that the caller owns. What does not fit is cut, `cut` says so,
 * and the buffer is always terminated.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdarg.h>

struct text {
	char *at;
	size_t room; /* bytes in `at`, the terminator included */
	size_t len;
	bool cut;
};

/* A text over an array (not a pointer). */
#define TEXT(array) text_over((array), sizeof(array))

struct text text_over(char *at, size_t room);
void text_add(struct text *text, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);
void text_add_span(struct text *text, struct span span);

/*
 * Adds foreign bytes as printable UTF-8: what is not valid UTF-8 and control characters become
 * U+FFFD. Anything that goes to JSON, a terminal or a log line passes through here once.
 */
void text_add_scrubbed(struct text *text, struct span span);

/* The same of a sentence that holds foreign parts; what is beyond TEXT_SENTENCE is cut. */
#define TEXT_SENTENCE 8192
void text_add_sentence(struct text *text, const char *format, va_list args)
	FORMAT_LIKE_PRINTF(2, 0);

#endif
