/*
 * Open queue ids as rows for the store: only what changed since the last save.
 */
#ifndef CORE_OPEN_ROWS_H
#define CORE_OPEN_ROWS_H

#include "daemon/core/open_ids.h"

/* A row is (key, value), or (key, empty) when it is gone. Ids opened and closed between two saves
 * are never given. */
typedef void open_rows_row(void *ctx, struct span key, struct span value);

void open_rows_changes(struct open_ids *ids, open_rows_row *row, void *ctx);
void open_rows_saved(struct open_ids *ids);

/* False: not a row of this version. Call open_ids_sort after the last one. */
MUST_USE bool open_rows_restore(struct open_ids *ids, struct span key, struct span value);

#endif
