#include "daemon/store/store_migrate.h"

#include <stdio.h>

extern const char schema_001[], schema_002[], schema_003[], schema_004[], schema_005[];

static const char *const known[] = { schema_001, schema_002, schema_003, schema_004, schema_005 };

struct store_migrate_steps
store_migrate_known(void)
{
	return (struct store_migrate_steps){ known, sizeof(known) / sizeof(known[0]) };
}

static bool
read_number(struct store *store, const char *text, int64_t *out, struct err *err)
{
	struct store_sql sql = store_sql_start(store, "read its version", text);

	if (store_sql_row(&sql))
		*out = store_sql_integer_at(&sql, 0);
	return store_sql_end(&sql, err);
}

static bool
read_version(struct store *store, struct store_migrate_steps steps, int64_t *version_out,
	     struct err *err)
{
	int64_t version = 0, mark = 0, tables = 0;

	if (!read_number(store, "PRAGMA user_version", &version, err) ||
	    !read_number(store, "PRAGMA application_id", &mark, err) ||
	    !read_number(store, "SELECT count(*) FROM sqlite_schema", &tables, err))
		return false;
	if (mark != STORE_MIGRATE_MARK && (tables > 0 || version != 0))
		return err_set(err, ERR_INPUT, "database %s was not made by mxsplit", store->path);
	if (version > steps.count)
		return err_set(err, ERR_INPUT,
			       "database %s has schema %lld, made by a newer mxsplit; this one "
			       "knows schemas up to %d: install the newer program again, or move "
			       "the file away",
			       store->path, (long long)version, steps.count);
	*version_out = version;
	return true;
}

static bool
execute(struct store *store, const char *text, const char *doing, struct err *err)
{
	int code = sqlite3_exec(store->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK || store_sql_fail(store, code, doing, err);
}

static bool
apply(struct store *store, const char *step, int number, struct err *err)
{
	char doing[64], mark[128];

	snprintf(doing, sizeof(doing), "bring its schema to version %d", number);
	snprintf(mark, sizeof(mark), "PRAGMA application_id=%d; PRAGMA user_version=%d",
		 STORE_MIGRATE_MARK, number);
	if (!store_begin(store, err))
		return false;
	if (!execute(store, step, doing, err) || !execute(store, mark, doing, err)) {
		store_rollback(store);
		return false;
	}
	return store_commit(store, err);
}

bool
store_migrate_up(struct store *store, struct store_migrate_steps steps, struct err *err)
{
	int64_t version = 0;

	if (!read_version(store, steps, &version, err))
		return false;
	for (; version < steps.count; version++)
		if (!apply(store, steps.sql[version], (int)version + 1, err))
			return false;
	return true;
}

bool
store_migrate_check(struct store *store, struct store_migrate_steps steps, struct err *err)
{
	int64_t version = 0;

	if (!read_version(store, steps, &version, err))
		return false;
	if (version < steps.count)
		return err_set(err, ERR_INPUT,
			       "database %s has schema %lld, this program reads schema %d: start "
			       "mxsplitd once to bring it up",
			       store->path, (long long)version, steps.count);
	return true;
}
