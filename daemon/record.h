/*
 * What happened is told once: a line in the log, an entry in the journal, and a notice in the
 * outbox of each hook that asked for this kind.
 */
#ifndef RECORD_H
#define RECORD_H

#include "daemon/base/err.h"
#include "daemon/core/finding.h"
#include "daemon/core/journal.h"

struct engine;

/* `domain` and `numbers` (a JSON object) may be "". */
void record(struct engine *engine, enum journal_kind kind, const char *domain, const char *numbers,
	    const char *format, ...) FORMAT_LIKE_PRINTF(5, 6);

/* The numbers of a finding as a JSON object. */
void record_finding(const struct finding *finding, char out[JOURNAL_TEXT]);

#endif
