/*
 * A cursor over borrowed bytes. Its first failure sticks: every later call does nothing, so that
 * a reader is written like the grammar and checked once at the end.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include "daemon/base/span.h"

#include <stdint.h>

struct scan {
	const char *at;
	const char *end;
	bool failed;
};

struct scan scan_over(struct span span);

/* Marks the scan as failed and returns false. */
bool scan_fail(struct scan *scan);

/* Eats exactly this text, or fails. */
void scan_text(struct scan *scan, struct span text);

/* Eats this text when it is next; says whether it was. Never fails. */
bool scan_maybe(struct scan *scan, struct span text);

/* Eats one decimal number of at most `max`, or fails and gives 0. */
uint64_t scan_number(struct scan *scan, uint64_t max);

/* Eats exactly `digits` decimal digits with a value of at most `max`, or fails and gives 0. */
unsigned scan_digits(struct scan *scan, unsigned digits, unsigned max);

/* Gives what stands before the next `stop` and eats both, or fails and gives an empty span. */
struct span scan_until(struct scan *scan, char stop);

/* What is left; does not move. */
static inline struct span
scan_rest(const struct scan *scan)
{
	return (struct span){ scan->at, (size_t)(scan->end - scan->at) };
}

/* True when nothing failed and nothing is left. */
bool scan_done(const struct scan *scan);

#endif
