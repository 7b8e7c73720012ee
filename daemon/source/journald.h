/*
 * The systemd journal: this machine's, or that of a directory or file (as systemd-journal-remote
 * writes them). Entries are matched, and given with their own fields; nothing is parsed that the
 * journal knows. "Suppressed N messages" (rate limits) is read besides whatever is matched.
 *
 * The cursor is the journal's own. Where its entry was removed by rotation or vacuum, reading goes
 * on with what is left, and a gap is told, unless all that was removed had been read: on this
 * machine's journal, when its oldest entry is older than the last time everything had been read.
 * What is removed while the cursor's own entry stays is not noticed (several machines' journals in
 * one directory, read while they were vacuumed).
 */
#ifndef SOURCE_JOURNALD_H
#define SOURCE_JOURNALD_H

#include "daemon/source/feed.h"

MUST_USE struct feed *journald_open(const struct config_source *config, struct span cursor,
				    struct err *err);

#endif
