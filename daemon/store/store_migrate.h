/*
 * Inside daemon/store only: the schema's steps. Each is applied in one transaction with its
 * number (user_version), so that a kill leaves the step done or not begun.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "daemon/store/store_sql.h"

/* "MXsp": an SQLite file with another mark and tables of its own is not our database. */
#define STORE_MIGRATE_MARK 0x4d587370

struct store_migrate_steps {
	const char *const *sql; /* step n is sql[n - 1] */
	int count;
};

/* The steps that are built into this program. */
struct store_migrate_steps store_migrate_known(void);

/* Applies what is missing. ERR_INPUT: made by a newer program, or not ours. */
MUST_USE bool store_migrate_up(struct store *store, struct store_migrate_steps steps,
			       struct err *err);

/* For a reader: the version must be exactly the known one. */
MUST_USE bool store_migrate_check(struct store *store, struct store_migrate_steps steps,
				  struct err *err);

#endif
