#include "daemon/base/names.h"
#include "daemon/core/decide.h"

static const struct name names[] = {
	{ DECIDE_GUARD_NONE, "none" },		 { DECIDE_GUARD_UNREAD, "unread" },
	{ DECIDE_GUARD_DRIFT, "drift" },	 { DECIDE_GUARD_OBSERVE, "observe" },
	{ DECIDE_GUARD_MANUAL, "manual" },	 { DECIDE_GUARD_SILENT, "silent" },
	{ DECIDE_GUARD_BY_HAND, "by-hand" },	 { DECIDE_GUARD_SPENT, "spent" },
	{ DECIDE_GUARD_WARM_UP, "warm-up" },	 { DECIDE_GUARD_CAP, "cap" },
	{ DECIDE_GUARD_SECONDARY, "secondary" }, { DECIDE_GUARD_MIN_SPLIT, "min-split" },
	{ DECIDE_GUARD_CALM, "calm" },		 { DECIDE_GUARD_RETRY, "retry" },
	{ DECIDE_GUARD_LAGGING, "lagging" },	 { DECIDE_GUARD_CONDITION, "condition" },
	{ DECIDE_GUARD_COUNTERS, "counters" },
};

#define ROWS (sizeof(names) / sizeof(names[0]))

const char *
decide_guard_name(enum decide_guard guard)
{
	return names_name(names, ROWS, (int)guard);
}
