#include "daemon/base/names.h"
#include "daemon/core/decide.h"

static const struct name names[] = {
	{ DECIDE_NORMAL, "normal" },   { DECIDE_SPLITTING, "splitting" },
	{ DECIDE_SPLIT, "split" },     { DECIDE_RESTORING, "restoring" },
	{ DECIDE_WAITING, "waiting" },
};

#define ROWS (sizeof(names) / sizeof(names[0]))

const char *
decide_state_name(enum decide_state state)
{
	return names_name(names, ROWS, (int)state);
}
