/*
 * For clang-tidy only: its analyzer looks at one file at a time and cannot know that err_set and
 * err_while return false, and so sees values used that a failed call left unset.
 */
#ifndef TESTS_LINT_TIDY_H
#define TESTS_LINT_TIDY_H

#include "daemon/base/err.h"

static inline bool
tidy_false(bool always)
{
	(void)always;
	return false;
}

#define err_set(...) tidy_false(err_set(__VA_ARGS__))
#define err_while(...) tidy_false(err_while(__VA_ARGS__))

#endif
