/*
 * What happened is told once: a line in the log, an entry in the journal, and a notice in the
 * outbox of each hook that asked for this kind.
 */
#ifndef RECORD_H
#define RECORD_H

#include "daemon/base/err.h"
#include "daemon/core/evidence.h"
#include "daemon/core/finding.h"
#include "daemon/core/journal.h"

#define RECORD_HELD 64 /* entries; what is more comes into the log at once */

struct engine;

struct record_held {
	bool holding;
	unsigned count;
	struct journal_entry entries[RECORD_HELD];
};

/* `domain` and `numbers` (a JSON object) may be "". */
void record(struct engine *engine, enum journal_kind kind, const char *domain, const char *numbers,
	    const char *format, ...) FORMAT_LIKE_PRINTF(5, 6);

/* The notice that hooks are given: JSON, from malloc. NULL when out of memory. */
char *record_notice(const struct journal_entry *entry, const char *kind);

/*
 * Around a transaction: what is recorded comes into the log when it is stored, and not at all when
 * the transaction was given up.
 */
void record_hold(struct engine *engine);
void record_release(struct engine *engine, bool stored);

/* The numbers of a finding as a JSON object. */
void record_finding(const struct finding *finding, char out[JOURNAL_TEXT]);

/* Adds to it what is not zero of the last ten minutes' evidence. */
void record_evidence(const struct evidence *evidence, char numbers[JOURNAL_TEXT]);

#endif
