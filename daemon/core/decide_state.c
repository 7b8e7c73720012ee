#include "daemon/base/names.h"
#include "daemon/core/decide.h"

static const struct name names[] = {
	{ DECIDE_NORMAL, "normal" },   { DECIDE_SPLITTING, "splitting" },
	{ DECIDE_SPLIT, "split" },     { DECIDE_RESTORING, "restoring" },
	{ DECIDE_WAITING, "waiting" },
};

static const struct name outcomes[] = {
	{ DECIDE_NO_OUTCOME, "none" },	 { DECIDE_PROVED, "proved" },
	{ DECIDE_UNPROVED, "unproved" }, { DECIDE_CONFLICT, "conflict" },
	{ DECIDE_REFUSED, "refused" },	 { DECIDE_FAILED, "failed" },
	{ DECIDE_UNKNOWN, "unknown" },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

const char *
decide_state_name(enum decide_state state)
{
	return names_name(names, ROWS(names), (int)state);
}

const char *
decide_outcome_name(enum decide_outcome outcome)
{
	return names_name(outcomes, ROWS(outcomes), (int)outcome);
}
