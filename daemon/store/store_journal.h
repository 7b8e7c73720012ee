/*
 * The journal on disk. Ids are given once: increasing, never used again.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "daemon/core/journal.h"
#include "daemon/store/store.h"

/* Sets `entry->id`. */
MUST_USE bool store_journal_add(struct store *store, struct journal_entry *entry, struct err *err);

/*
 * The next `limit` entries with an id above `after`, oldest first; fewer only where the journal
 * ends. What a newer program wrote of kinds that this one does not know is left out.
 */
MUST_USE bool store_journal_page(struct store *store, int64_t after, unsigned limit,
				 struct journal_entry *out, unsigned *count_out, struct err *err);

/* The newest id, 0 when the journal is empty. */
MUST_USE bool store_journal_last(struct store *store, int64_t *id_out, struct err *err);

#endif
