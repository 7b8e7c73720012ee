/*
 * Inside daemon/store only: the files around the database: its lock, its making, and what happens
 * to a damaged one.
 */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "daemon/base/err.h"

#include <stdint.h>

#define STORE_FILES_KEPT 2 /* damaged copies beside the database */

/* Locks "PATH.lock" for this process. ERR_BUSY: another daemon holds it. Close the descriptor. */
MUST_USE bool store_files_lock(const char *path, int *fd_out, struct err *err);

/* Makes the file when it is missing (mode 0640), takes away wider rights, syncs its directory. */
/* The lock for a reader: the file is not made, and others may hold it so too. */
MUST_USE bool store_files_share(const char *path, int *fd_out, struct err *err);

/* Its last change in seconds, 0: it is not there. */
int64_t store_files_changed(const char *path, const char *suffix);

MUST_USE bool store_files_create(const char *path, struct err *err);

/* Notes beside the database that it is damaged; the next start then moves it aside unread. */
void store_files_mark_damaged(const char *path);
bool store_files_damaged(const char *path);

/*
 * Moves the database and its write-ahead log to "PATH.corrupt-TIME", removes older copies and
 * the note. `now` is in seconds.
 */
MUST_USE bool store_files_move_aside(const char *path, int64_t now, struct err *err);

/*
 * "PATH.reserve": disk space held for what must still be written when the disk is full: a restore
 * and what is told of it. Keep: filled up when there is space. Use: one step is given up, which
 * others on this disk may take; what is not urgent leaves the last half. True when it was.
 */
void store_files_keep_reserve(const char *path);
MUST_USE bool store_files_use_reserve(const char *path, bool urgent);

/* There is space on the disk for the reserve and for ordinary work beside it. */
bool store_files_roomy(const char *path);

/* Size of "PATH" + `suffix` in bytes, 0 when there is none. */
int64_t store_files_size(const char *path, const char *suffix);

#endif
