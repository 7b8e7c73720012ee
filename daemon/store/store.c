#include "daemon/store/store.h"

#include "daemon/store/store_files.h"
#include "daemon/store/store_migrate.h"
#include "daemon/store/store_sql.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX_ROOM 64	   /* for "-wal", ".lock", ".corrupt-TIME-wal" */
#define WAL_LIMIT 16777216 /* bytes that the log keeps after a checkpoint */
#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number

static const char pragmas_write[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
	"PRAGMA journal_size_limit=" TEXT_OF(WAL_LIMIT) "; PRAGMA trusted_schema=OFF";
static const char pragmas_read[] = "PRAGMA query_only=ON; PRAGMA trusted_schema=OFF";

/* Only its structure: our tables hold nothing in two places that the daemon could not make anew. */
static bool
check(struct store *store, bool *damaged, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "check it", "PRAGMA quick_check(1)");
	bool fine = store_sql_row(&sql) && span_equal(store_sql_span_at(&sql, 0), SPAN("ok"));

	*damaged = !fine && (sql.code == SQLITE_ROW || store_sql_damage(sql.code));
	if (*damaged)
		err_set(err, ERR_SYSTEM, "database %s is damaged", store->path);
	return store_sql_end(&sql, *damaged ? NULL : err) && fine;
}

static bool
connect_writer(struct store *store, bool *damaged, struct err *err)
{
	int code = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE, NULL);

	if (code == SQLITE_OK) {
		sqlite3_extended_result_codes(store->db, 1);
		sqlite3_busy_timeout(store->db, STORE_SQL_BUSY_MS);
		code = sqlite3_exec(store->db, pragmas_write, NULL, NULL, NULL);
	}
	*damaged = store_sql_damage(code);
	if (code != SQLITE_OK)
		return store_sql_fail(store, code, "open it", err);
	if (!check(store, damaged, err))
		return false;
	return store_migrate_up(store, store_migrate_known(), err);
}

static void
disconnect(struct store *store)
{
	store_sql_free(store);
	sqlite3_close(store->db);
	store->db = NULL;
	store->in_transaction = store->broken = false;
}

static bool
open_writer(struct store *store, bool *rebuilt, struct err *err)
{
	bool damaged = false;

	*rebuilt = false;
	if (!store_files_lock(store->path, &store->lock_fd, err) ||
	    !store_files_create(store->path, err))
		return false;
	if (!store_files_damaged(store->path)) {
		if (connect_writer(store, &damaged, err))
			return true;
		if (!damaged && !store_files_damaged(store->path))
			return false;
	}
	disconnect(store);
	*rebuilt = true;
	return store_files_move_aside(store->path, (int64_t)time(NULL), err) &&
	       store_files_create(store->path, err) && connect_writer(store, &damaged, err);
}

static bool
open_reader(struct store *store, struct err *err)
{
	int code;

	if (access(store->path, F_OK) != 0)
		return err_set(err, ERR_INPUT, "there is no database %s", store->path);
	code = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READONLY, NULL);
	if (code == SQLITE_OK) {
		sqlite3_extended_result_codes(store->db, 1);
		sqlite3_busy_timeout(store->db, STORE_SQL_BUSY_MS);
		code = sqlite3_exec(store->db, pragmas_read, NULL, NULL, NULL);
	}
	if (code != SQLITE_OK)
		return store_sql_fail(store, code, "open it", err);
	return store_migrate_check(store, store_migrate_known(), err);
}

bool
store_hold(const char *path, int *fd_out, struct err *err)
{
	return store_files_share(path, fd_out, err);
}

int64_t
store_written(const char *path)
{
	int64_t file = store_files_changed(path, ""), log = store_files_changed(path, "-wal");

	return file > log ? file : log;
}

bool
store_open(const char *path, enum store_mode mode, struct store **store_out, bool *rebuilt_out,
	   struct err *err)
{
	struct store *store = NULL;
	bool rebuilt = false, good;

	if (path[0] == '\0' || strlen(path) + SUFFIX_ROOM > PATH_MAX)
		return err_set(err, ERR_INPUT, "the path of the database is empty or too long");
	store = calloc(1, sizeof(*store));
	if (store)
		store->path = strdup(path);
	if (!store || !store->path) {
		free(store);
		return err_set(err, ERR_SYSTEM, "no memory for the database");
	}
	store->lock_fd = -1;
	good = mode == STORE_WRITE ? open_writer(store, &rebuilt, err) : open_reader(store, err);
	if (!good) {
		store_close(store);
		return false;
	}
	if (mode == STORE_WRITE)
		store_files_keep_reserve(path);
	*store_out = store;
	if (rebuilt_out)
		*rebuilt_out = rebuilt;
	return true;
}

void
store_close(struct store *store)
{
	if (!store)
		return;
	store_rollback(store);
	disconnect(store);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	free(store->path);
	free(store);
}

bool
store_begin(struct store *store, struct err *err)
{
	if (store->in_transaction)
		return err_set(err, ERR_BUG, "database %s: a transaction is open already",
			       store->path);
	if (store->broken) /* an fsync after the one that failed may lie */
		return err_set(err, ERR_SYSTEM, "database %s has failed: a new start is needed",
			       store->path);
	if (!store_sql_run(store, "begin a transaction", "BEGIN IMMEDIATE", err))
		return false;
	store->in_transaction = true;
	store->spoiled = false;
	memset(store->known, 0, sizeof(store->known));
	return true;
}

bool
store_commit(struct store *store, struct err *err)
{
	bool good;

	if (!store->in_transaction)
		return err_set(err, ERR_BUG, "database %s: there is no transaction to commit",
			       store->path);
	good = store->spoiled ? err_set(err, store->spoiled_by.kind, "%s", store->spoiled_by.text)
			      : store_sql_run(store, "commit a transaction", "COMMIT", err);
	if (!good)
		store_rollback(store);
	store->in_transaction = false;
	return good;
}

void
store_spoil(struct store *store, const struct err *why)
{
	if (!store->spoiled)
		store->spoiled_by = *why;
	store->spoiled = true;
}

void
store_rollback(struct store *store)
{
	if (!store->in_transaction)
		return;
	store->in_transaction = false;
	store_sql_forget_names(store);
	/* A failed COMMIT, or a full disk, may have rolled back already. */
	if (!sqlite3_get_autocommit(store->db) &&
	    !store_sql_run(store, "give up a transaction", "ROLLBACK", NULL))
		store->broken = true;
}

bool
store_broken(const struct store *store)
{
	return store->broken;
}

bool
store_full(const struct store *store)
{
	return store->full;
}

bool
store_roomy(const struct store *store)
{
	return store_files_roomy(store->path);
}

bool
store_use_reserve(struct store *store, bool urgent)
{
	return store->full && store_files_use_reserve(store->path, urgent);
}

void
store_keep_reserve(struct store *store)
{
	store_files_keep_reserve(store->path);
}

int64_t
store_bytes(const struct store *store)
{
	return store_files_size(store->path, "") + store_files_size(store->path, "-wal");
}
