#include "daemon/store/store_sql.h"

#include "daemon/store/store_files.h"

#include <assert.h>

void
store_sql_forget_names(struct store *store)
{
	store->names = 0;
	memset(store->known, 0, sizeof(store->known));
}

struct store_sql
store_sql_start(struct store *store, const char *doing, const char *text)
{
	struct store_sql sql = { .store = store, .doing = doing };
	unsigned at = 0;

	if (store->in_transaction && sqlite3_get_autocommit(store->db)) {
		/* SQLite gave the transaction up (disk full): what follows must not stand alone. */
		sql.code = SQLITE_ABORT;
		return sql;
	}
	while (at < store->statements && store->cache[at].text != text)
		at++;
	if (at == store->statements) {
		assert(at < STORE_SQL_STATEMENTS);
		sql.code = sqlite3_prepare_v3(store->db, text, -1, SQLITE_PREPARE_PERSISTENT,
					      &store->cache[at].statement, NULL);
		if (sql.code != SQLITE_OK)
			return sql;
		store->cache[at].text = text;
		store->statements++;
	}
	sql.statement = store->cache[at].statement;
	assert(!sqlite3_stmt_busy(sql.statement));
	return sql;
}

static void
bound(struct store_sql *sql, int code)
{
	if (code != SQLITE_OK)
		sql->code = code;
}

void
store_sql_integer(struct store_sql *sql, int64_t value)
{
	if (sql->code == SQLITE_OK)
		bound(sql, sqlite3_bind_int64(sql->statement, ++sql->bound, value));
}

void
store_sql_real(struct store_sql *sql, double value)
{
	if (sql->code == SQLITE_OK)
		bound(sql, sqlite3_bind_double(sql->statement, ++sql->bound, value));
}

void
store_sql_text(struct store_sql *sql, struct span text)
{
	if (sql->code == SQLITE_OK)
		bound(sql,
		      sqlite3_bind_text64(sql->statement, ++sql->bound, text.len ? text.at : "",
					  text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
store_sql_blob(struct store_sql *sql, struct span bytes)
{
	if (sql->code == SQLITE_OK)
		bound(sql,
		      sqlite3_bind_blob64(sql->statement, ++sql->bound, bytes.len ? bytes.at : "",
					  bytes.len, SQLITE_STATIC));
}

bool
store_sql_row(struct store_sql *sql)
{
	if (sql->code == SQLITE_OK || sql->code == SQLITE_ROW)
		sql->code = sqlite3_step(sql->statement);
	return sql->code == SQLITE_ROW;
}

int64_t
store_sql_integer_at(struct store_sql *sql, int column)
{
	return sql->code == SQLITE_ROW ? sqlite3_column_int64(sql->statement, column) : 0;
}

double
store_sql_real_at(struct store_sql *sql, int column)
{
	return sql->code == SQLITE_ROW ? sqlite3_column_double(sql->statement, column) : 0;
}

struct span
store_sql_span_at(struct store_sql *sql, int column)
{
	struct span span = { "", 0 };

	if (sql->code == SQLITE_ROW) {
		const void *bytes = sqlite3_column_blob(sql->statement, column);

		if (bytes) {
			span.at = bytes;
			span.len = (size_t)sqlite3_column_bytes(sql->statement, column);
		}
	}
	return span;
}

void
store_sql_copy_at(struct store_sql *sql, int column, char *out, size_t room, size_t *length_out)
{
	struct span span = store_sql_span_at(sql, column);

	if (sql->code != SQLITE_ROW)
		return;
	if (span.len + (length_out ? 0 : 1) > room) {
		sql->code = SQLITE_TOOBIG;
		return;
	}
	memcpy(out, span.at, span.len);
	if (length_out)
		*length_out = span.len;
	else
		out[span.len] = '\0';
}

static void
wait_for_locks(struct store *store, bool wait)
{
	store->locked = !wait;
	sqlite3_busy_timeout(store->db, wait ? STORE_SQL_BUSY_MS : 0);
}

bool
store_sql_end(struct store_sql *sql, struct err *err)
{
	bool good;

	while (store_sql_row(sql))
		;
	good = sql->code == SQLITE_DONE;
	if (good && sql->store->locked && !sqlite3_stmt_readonly(sql->statement))
		wait_for_locks(sql->store, true);
	if (!good)
		store_sql_fail(sql->store, sql->code, sql->doing, err);
	if (sql->statement) {
		sqlite3_reset(sql->statement);
		sqlite3_clear_bindings(sql->statement);
	}
	return good;
}

bool
store_sql_run(struct store *store, const char *doing, const char *text, struct err *err)
{
	struct store_sql sql = store_sql_start(store, doing, text);

	return store_sql_end(&sql, err);
}

bool
store_sql_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

static bool
explain(const struct store *store, int code, const char *doing, struct err *err)
{
	int basic = code & 0xff;

	if (basic == SQLITE_ABORT)
		return err_set(err, ERR_SYSTEM,
			       "database %s: cannot %s: its transaction was already given up",
			       store->path, doing);
	if (basic == SQLITE_TOOBIG)
		return err_set(err, ERR_INPUT,
			       "database %s: cannot %s: a stored value is longer than it may be",
			       store->path, doing);
	return err_set(err,
		       basic == SQLITE_BUSY || basic == SQLITE_LOCKED	      ? ERR_BUSY
		       : basic == SQLITE_CONSTRAINT || basic == SQLITE_MISUSE ? ERR_BUG
									      : ERR_SYSTEM,
		       "database %s: cannot %s: %s (SQLite %d)", store->path, doing,
		       sqlite3_errmsg(store->db), code);
}

bool
store_sql_fail(struct store *store, int code, const char *doing, struct err *err)
{
	int basic = code & 0xff;

	if (basic != SQLITE_ABORT) /* that one only follows from the failure before it */
		store->full = basic == SQLITE_FULL;
	if (basic == SQLITE_BUSY)
		wait_for_locks(store, false);
	if (store_sql_damage(code) || basic == SQLITE_IOERR)
		store->broken = true;
	if (store_sql_damage(code) && store->lock_fd >= 0)
		store_files_mark_damaged(store->path);
	if (store->in_transaction && !store->spoiled) {
		store->spoiled = true;
		explain(store, code, doing, &store->spoiled_by);
	}
	return explain(store, code, doing, err);
}

void
store_sql_free(struct store *store)
{
	for (unsigned i = 0; i < store->statements; i++)
		sqlite3_finalize(store->cache[i].statement);
	store->statements = 0;
}
