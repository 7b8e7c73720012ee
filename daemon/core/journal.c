#include "daemon/core/journal.h"

#include "daemon/base/names.h"

static const struct name names[] = {
	{ JOURNAL_START, "start" },	{ JOURNAL_SURGE, "surge" },
	{ JOURNAL_CALM, "calm" },	{ JOURNAL_DECISION, "decision" },
	{ JOURNAL_UPDATE, "update" },	{ JOURNAL_SPLIT, "split" },
	{ JOURNAL_RESTORE, "restore" }, { JOURNAL_DRIFT, "drift" },
	{ JOURNAL_FAILURE, "failure" }, { JOURNAL_OVERRIDE, "override" },
	{ JOURNAL_SOURCE, "source" },	{ JOURNAL_HOOK, "hook" },
};

#define ROWS (sizeof(names) / sizeof(names[0]))

const char *
journal_name(enum journal_kind kind)
{
	return names_name(names, ROWS, kind);
}

bool
journal_from_name(struct span name, enum journal_kind *kind_out)
{
	int value;

	if (!names_value(names, ROWS, name, &value))
		return false;
	*kind_out = (enum journal_kind)value;
	return true;
}
