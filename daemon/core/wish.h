/*
 * The wish: what the zone should show by orders, mode and rules, and what speaks against it. It
 * looks only; decide.c keeps the state and acts.
 */
#ifndef CORE_WISH_H
#define CORE_WISH_H

#include "daemon/base/text.h"
#include "daemon/core/decide.h"

struct wish {
	bool split; /* the zone should show the split set */
	bool page;
	bool spent; /* a restore because the longest split is over */
	enum decide_guard guard;
	char why[DECIDE_TEXT]; /* the reason for a change, when one is wanted */
	char guard_text[DECIDE_SENTENCE];
};

/* `is_split`: what the zone is now believed to show. */
void wish_make(const struct decide *decide, const struct decide_rules *rules,
	       const struct decide_in *in, bool is_split, struct wish *wish_out);

/* An order that has not expired. */
bool wish_ordered(const struct decide_in *in);

/* How a change went wrong, as the first half of a sentence. */
const char *wish_failure(enum decide_outcome how);

/* "45s", "12m", "3h10m", "2d4h": for people, rounded. Not negative. */
void wish_add_duration(struct text *text, int64_t seconds);

#endif
