#include "daemon/base/names.h"
#include "daemon/core/decide.h"

static const struct name names[] = {
	{ DECIDE_NO_OUTCOME, "none" },	 { DECIDE_PROVED, "proved" },
	{ DECIDE_UNPROVED, "unproved" }, { DECIDE_CONFLICT, "conflict" },
	{ DECIDE_REFUSED, "refused" },	 { DECIDE_FAILED, "failed" },
	{ DECIDE_UNKNOWN, "unknown" },
};

#define ROWS (sizeof(names) / sizeof(names[0]))

const char *
decide_outcome_name(enum decide_outcome outcome)
{
	return names_name(names, ROWS, (int)outcome);
}
