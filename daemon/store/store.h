/*
 * The database: a cache of intent and the memory of counts. The zone is the truth; losing this
 * file never moves an MX. SQLite in WAL mode, one connection that writes, synchronous=FULL.
 *
 * One thread uses a store. Everything that belongs together is written between store_begin and
 * store_commit; a single call outside of them is its own transaction and durable when it returns.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "daemon/base/err.h"

#include <stdint.h>

struct store;

enum store_mode {
	STORE_WRITE, /* the daemon: creates, migrates, locks against a second daemon */
	STORE_READ,  /* a reader beside it: the file must exist and have this program's schema */
};

/*
 * Opens the database. With STORE_WRITE a file that is damaged is moved aside to
 * "PATH.corrupt-TIME" (the newest two are kept) and a new one made; `rebuilt_out` (may be NULL)
 * says so. ERR_BUSY: another daemon uses it. ERR_INPUT: it was made by a newer program, or is
 * not ours. Free with store_close.
 */
MUST_USE bool store_open(const char *path, enum store_mode mode, struct store **store_out,
			 bool *rebuilt_out, struct err *err);

/*
 * For work beside a dead daemon: none can start while `*fd_out` is open (-1: none ever ran here).
 * ERR_BUSY: one runs.
 */
MUST_USE bool store_hold(const char *path, int *fd_out, struct err *err);

/* When the database was last written, in seconds; 0: it is not there. */
int64_t store_written(const char *path);

/* Gives up an open transaction, closes and unlocks. Takes NULL. */
void store_close(struct store *store);

MUST_USE bool store_begin(struct store *store, struct err *err);

/*
 * On failure nothing of the transaction is kept; it may be done again from its begin. Fails too
 * when a statement of the transaction has failed: half of what belongs together is never kept.
 */
MUST_USE bool store_commit(struct store *store, struct err *err);

/* What belongs into the open transaction could not be made: it cannot be committed, because of
 * `why`. */
void store_spoil(struct store *store, const struct err *why);

/* Nothing of the transaction is kept. Does nothing when none is open. */
void store_rollback(struct store *store);

/*
 * The disk failed or the file turned out to be damaged: what was written before stands, but only
 * a new start can go on. (A failed fsync must not be tried again: the next one may lie.)
 */
bool store_broken(const struct store *store);

/* The last failure was a full disk. */
bool store_full(const struct store *store);

/* There is space on the disk for the reserve and for ordinary work beside it. */
bool store_roomy(const struct store *store);

/*
 * The disk is full: a step of the space that is kept beside the database is given up, so that the
 * next transaction fits. What is not urgent may use the first half only. False when the last
 * failure was another one, or nothing is left. store_keep_reserve fills it up again.
 */
MUST_USE bool store_use_reserve(struct store *store, bool urgent);
void store_keep_reserve(struct store *store);

/* Bytes of the database and its write-ahead log on disk. */
int64_t store_bytes(const struct store *store);

/* Its tables. */
#include "daemon/store/store_counts.h"
#include "daemon/store/store_cursors.h"
#include "daemon/store/store_hooks.h"
#include "daemon/store/store_intents.h"
#include "daemon/store/store_journal.h"
#include "daemon/store/store_outbox.h"
#include "daemon/store/store_prune.h"
#include "daemon/store/store_state.h"

#endif
