/*
 * What happened is told once: a line in the log, an entry in the journal, and a notice in the
 * outbox of each hook that asked for this kind. Entry and notices are stored together or not at
 * all; what the store did not take waits in memory, in its order.
 */
#ifndef RECORD_H
#define RECORD_H

#include "daemon/base/err.h"
#include "daemon/core/evidence.h"
#include "daemon/core/finding.h"
#include "daemon/core/journal.h"

#define RECORD_HELD 64	  /* entries; what is more comes into the log at once */
#define RECORD_WAITING 64 /* entries; what is more is counted, and only in the log */

struct engine;

struct record_held {
	bool holding;
	unsigned count;
	struct journal_entry entries[RECORD_HELD];
};

struct record_waiting { /* in the log, not yet in the store */
	unsigned count, left_out;
	struct journal_entry entries[RECORD_WAITING];
};

/* `domain` and `numbers` (a JSON object) may be "". */
void record(struct engine *engine, enum journal_kind kind, const char *domain, const char *numbers,
	    const char *format, ...) FORMAT_LIKE_PRINTF(5, 6);

/* The notice that hooks are given: JSON, from malloc. NULL when out of memory. */
char *record_notice(const struct journal_entry *entry, const char *kind);

/* Each pass: tries again to store what waits. */
void record_catch_up(struct engine *engine);

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
