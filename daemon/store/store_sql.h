/*
 * Inside daemon/store only: the connection, and one statement at a time as a cursor whose first
 * failure sticks. A statement is written as it reads and checked once, by store_sql_end:
 *
 *	struct store_sql sql = store_sql_start(store, "read a cursor", "SELECT ...");
 *	store_sql_text(&sql, name);
 *	while (store_sql_row(&sql))
 *		... store_sql_integer_at(&sql, 0) ...
 *	return store_sql_end(&sql, err);
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "daemon/store/store.h"

#include "daemon/base/span.h"

#include <sqlite3.h>

#define STORE_SQL_STATEMENTS 96 /* different statements in this folder, at most */

/* Waits so long for somebody's lock; while that lasts, a further try does not wait at all: the loop
 * has other things to do. */
#define STORE_SQL_BUSY_MS 500

#define STORE_SQL_NAMES 256
#define STORE_SQL_NAME 64 /* bytes; longer names are looked up each time */

struct store {
	sqlite3 *db;
	char *path;
	int lock_fd; /* -1: none (a reader) */
	bool in_transaction;
	bool broken;
	bool full;    /* the last failure was a full disk */
	bool locked;  /* or the lock of another process */
	bool spoiled; /* a statement of the open transaction failed: it cannot be committed */
	struct err spoiled_by;
	int64_t names; /* rows of that table; 0: to be counted */
	struct {
		char text[STORE_SQL_NAME];
		size_t length;
		int64_t id;	  /* 0: none */
	} known[STORE_SQL_NAMES]; /* some of them, in this transaction: see store_counts */
	unsigned statements;
	struct {
		const char *text; /* a literal: known by its address */
		sqlite3_stmt *statement;
	} cache[STORE_SQL_STATEMENTS];
};

struct store_sql {
	struct store *store;
	sqlite3_stmt *statement;
	const char *doing; /* for the sentence: "cannot <doing>" */
	int bound;	   /* parameters bound so far */
	int code;	   /* SQLITE_OK, SQLITE_ROW, SQLITE_DONE or the first failure */
};

/* What is known of names is not true any more. */
void store_sql_forget_names(struct store *store);

/* Prepares `text` (a literal) or takes it from the cache. Never nested with itself. */
struct store_sql store_sql_start(struct store *store, const char *doing, const char *text);

/* Bind the next parameter. The bytes must stay until store_sql_end. */
void store_sql_integer(struct store_sql *sql, int64_t value);
void store_sql_real(struct store_sql *sql, double value);
void store_sql_text(struct store_sql *sql, struct span text);
void store_sql_blob(struct store_sql *sql, struct span bytes);

/* Steps; true when there is a row. */
bool store_sql_row(struct store_sql *sql);

int64_t store_sql_integer_at(struct store_sql *sql, int column);
double store_sql_real_at(struct store_sql *sql, int column);
struct span store_sql_span_at(struct store_sql *sql, int column); /* until the next step */

/* Copies a column, terminated when `length_out` is NULL; not fitting makes the statement fail. */
void store_sql_copy_at(struct store_sql *sql, int column, char *out, size_t room,
		       size_t *length_out);

/* Runs what is left (a statement without rows is run by this), resets; false when any step failed.
 */
MUST_USE bool store_sql_end(struct store_sql *sql, struct err *err);

/* Runs one statement without parameters or rows. */
MUST_USE bool store_sql_run(struct store *store, const char *doing, const char *text,
			    struct err *err);

/* The sentence and the kind for an SQLite result; notes when the store is broken. Returns false. */
bool store_sql_fail(struct store *store, int code, const char *doing, struct err *err);

/* The file itself is damaged (and not: the disk is full, or somebody is busy). */
bool store_sql_damage(int code);

/* Closes the statements. */
void store_sql_free(struct store *store);

#endif
