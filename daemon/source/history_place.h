/*
 * Where among the rotated brothers of a log its history goes on.
 */
#ifndef SOURCE_HISTORY_PLACE_H
#define SOURCE_HISTORY_PLACE_H

#include "daemon/source/brother.h"
#include "daemon/source/history.h"

struct history_place {
	size_t left; /* so many, the oldest last, may be still to be read */
	bool found;  /* the cursor's brother is there */
	bool moved;  /* they are being renamed just now: nothing else here holds */
	const struct rotated_file *near; /* it, or else the one before it, or NULL */
};

/* `on`: the cursor's brother itself is among those that are left. */
MUST_USE bool history_place(const char *path, const struct history_cursor *at, bool on,
			    const struct rotated *brothers, struct history_place *out,
			    struct err *err);

/* The oldest brother that is still to be read, among those before `*left`; NULL: none. */
const struct rotated_file *history_place_oldest(const struct history_cursor *at,
						const struct rotated *brothers,
						const struct history_place *place,
						const struct stat *path, size_t *left);

/* The brother_print of what was begun last; 0: not known. */
uint64_t history_place_print(const struct history_cursor *at);

#endif
