#include "daemon/store/store.h"

#include "daemon/store/store_counts.h"
#include "daemon/store/store_cursors.h"
#include "daemon/store/store_intents.h"
#include "daemon/store/store_migrate.h"
#include "tests/unit/store/room.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void
add_up(void *ctx, struct span domain, enum event_kind kind, int64_t count)
{
	(void)domain;
	(void)kind;
	*(int64_t *)ctx += count;
}

static int64_t
total(struct room *room)
{
	int64_t sum = 0;

	cr_assert(store_counts_totals(room->store, 0, 0, add_up, &sum, &room->err), "%s",
		  room->err.text);
	return sum;
}

static bool
count(struct room *room, int64_t delta)
{
	return store_counts_add(room->store, "mta1-log", SPAN("example.jp"), EVENT_BOUNCE_REFUSED,
				1000, delta, &room->err);
}

static void
execute(struct room *room, const char *sql)
{
	cr_assert_eq(sqlite3_exec(room->store->db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
		     sqlite3_errmsg(room->store->db));
}

Test(store, opens_once_for_writing_and_beside_it_for_reading)
{
	struct room room = room_make();
	struct store *other = NULL;
	struct stat is;
	bool rebuilt = true;
	char null[80];

	cr_assert(!store_open(room.path, STORE_READ, &other, NULL, &room.err));
	cr_assert(strstr(room.err.text, "there is no database"), "%s", room.err.text);
	room_open(&room, &rebuilt);
	cr_assert(!rebuilt);
	cr_assert_eq(stat(room.path, &is), 0);
	cr_assert_eq(is.st_mode & 0777 & ~0640, 0, "mode %o", is.st_mode);
	cr_assert(!store_open(room.path, STORE_WRITE, &other, NULL, &room.err));
	cr_assert_eq(room.err.kind, ERR_BUSY);
	cr_assert(strstr(room.err.text, "another mxsplitd uses"), "%s", room.err.text);
	cr_assert(count(&room, 3));
	cr_assert(store_open(room.path, STORE_READ, &other, NULL, &room.err), "%s", room.err.text);
	cr_assert(!store_counts_add(other, "s", SPAN("d"), EVENT_PROBE, 1, 1, &room.err));
	store_close(other);
	cr_assert(store_bytes(room.store) > 0);
	store_close(room.store);
	cr_assert_eq(chmod(room.path, 0666), 0);
	room_open(&room, NULL);
	cr_assert_eq(total(&room), 3);
	cr_assert_eq(stat(room.path, &is), 0);
	cr_assert_eq(is.st_mode & 0777, 0640, "wider rights stay: %o", is.st_mode);
	cr_assert(!store_open("", STORE_WRITE, &other, NULL, &room.err));
	snprintf(null, sizeof(null), "%s/null", room.directory);
	cr_assert_eq(symlink("/dev/null", null), 0);
	cr_assert(!store_open(null, STORE_WRITE, &other, NULL, &room.err));
	cr_assert(strstr(room.err.text, "not a regular file"), "%s", room.err.text);
	room_clear(&room);
}

Test(store, keeps_all_of_a_transaction_or_nothing)
{
	struct room room = room_make();
	size_t length = 9;
	char bytes[16];

	room_open(&room, NULL);
	cr_assert(!store_commit(room.store, &room.err));
	store_rollback(room.store);
	cr_assert(store_begin(room.store, &room.err));
	cr_assert(!store_begin(room.store, &room.err));
	cr_assert(count(&room, 5) && store_cursors_put(room.store, "mta1-log", SPAN("at 5"), NULL));
	store_rollback(room.store);
	cr_assert_eq(total(&room), 0, "a rollback leaves counts");
	cr_assert(store_cursors_get(room.store, "mta1-log", bytes, sizeof(bytes), &length, NULL));
	cr_assert_eq(length, 0, "a rollback leaves a cursor");
	/* Names that were learnt in what was given up are learnt again. */
	cr_assert(store_begin(room.store, &room.err) && count(&room, 7));
	cr_assert(store_cursors_put(room.store, "mta1-log", SPAN("at 7"), NULL));
	cr_assert(store_commit(room.store, &room.err), "%s", room.err.text);
	cr_assert(store_begin(room.store, &room.err) && count(&room, 100));
	store_close(room.store);
	room_open(&room, NULL);
	cr_assert_eq(total(&room), 7);
	room_clear(&room);
}

/* A child commits, says so, writes more without a commit, and is killed there. */
Test(store, a_kill_inside_a_transaction_loses_only_that)
{
	struct room room = room_make();

	for (int round = 1; round <= 5; round++) {
		char byte;
		pid_t child;
		int ends[2];

		cr_assert_eq(pipe(ends), 0);
		child = fork();
		if (child == 0) {
			if (store_open(room.path, STORE_WRITE, &room.store, NULL, &room.err) &&
			    store_begin(room.store, NULL) && count(&room, 1) &&
			    store_commit(room.store, NULL) && store_begin(room.store, NULL) &&
			    count(&room, 1000) && write(ends[1], "x", 1) == 1)
				pause();
			_exit(1);
		}
		close(ends[1]);
		cr_assert_eq(read(ends[0], &byte, 1), 1, "round %d: the child failed", round);
		close(ends[0]);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		room_open(&room, NULL);
		cr_assert_eq(total(&room), round, "round %d", round);
		store_close(room.store);
		room.store = NULL;
	}
	room_clear(&room);
}

Test(store, schema_goes_up_a_step_at_a_time_and_never_down)
{
	static const char *const steps[] = { "CREATE TABLE a (x INTEGER) STRICT",
					     "CREATE TABLE b (x INTEGER) STRICT; SELECT broken(",
					     "CREATE TABLE b (x INTEGER) STRICT" };
	struct store_migrate_steps two = { steps, 2 };
	struct store_migrate_steps known = store_migrate_known();
	struct room room = room_make();
	struct store *other = NULL;
	glob_t files;

	room_open(&room, NULL);
	execute(&room, "PRAGMA user_version=99");
	store_close(room.store);
	room.store = NULL;
	for (int mode = STORE_WRITE; mode <= STORE_READ; mode++) {
		cr_assert(!store_open(room.path, (enum store_mode)mode, &other, NULL, &room.err));
		cr_assert_eq(room.err.kind, ERR_INPUT);
		cr_assert(strstr(room.err.text, "made by a newer mxsplit"), "%s", room.err.text);
	}
	cr_assert_eq(unlink(room.path), 0);
	room_open(&room, NULL);
	execute(&room, "DROP TABLE names; PRAGMA user_version=0; PRAGMA application_id=7");
	cr_assert(!store_migrate_up(room.store, known, &room.err));
	cr_assert(strstr(room.err.text, "was not made by mxsplit"), "%s", room.err.text);
	store_close(room.store);
	cr_assert_eq(unlink(room.path), 0);

	room_open(&room, NULL);
	execute(&room, "PRAGMA user_version=0");
	cr_assert(!store_migrate_check(room.store, known, &room.err));
	cr_assert(!store_migrate_up(room.store, two, &room.err), "a broken step passes");
	cr_assert(strstr(room.err.text, "version 2"), "%s", room.err.text);
	execute(&room, "INSERT INTO a VALUES (1)");
	two.sql = (const char *const[]){ steps[0], steps[2] };
	cr_assert(store_migrate_up(room.store, two, &room.err), "%s", room.err.text);
	execute(&room, "INSERT INTO b SELECT * FROM a");
	room_clear(&room);
	if (glob("schema/[0-9][0-9][0-9]_*.sql", 0, NULL, &files) == 0) {
		cr_assert_eq((int)files.gl_pathc, known.count, "files that are not built in");
		globfree(&files);
	}
}

/* Overwrites the file's bytes; `from` negative: cuts it to `length`. */
static void
damage(const struct room *room, long from, long length)
{
	char junk[4096];
	int fd = open(room->path, O_RDWR);

	memset(junk, 0x5a, sizeof(junk));
	cr_assert(fd >= 0);
	if (from < 0)
		cr_assert_eq(ftruncate(fd, length), 0);
	else
		cr_assert_eq(pwrite(fd, junk, (size_t)length, from), length);
	close(fd);
}

Test(store, a_damaged_file_is_moved_aside_and_made_anew)
{
	static const struct {
		const char *what;
		long from, length;
		bool rebuilt;
	} rows[] = {
		{ "no header", 0, 4096, true },
		{ "a page overwritten", 8192, 4096, true },
		{ "cut in the middle of a page", -1, 5000, true },
		{ "cut to its first page", -1, 4096, true },
		{ "empty", -1, 0, false },
	};
	struct room room = room_make();
	bool rebuilt;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		room_open(&room, NULL);
		cr_assert(count(&room, 1));
		store_close(room.store);
		damage(&room, rows[i].from, rows[i].length);
		room_open(&room, &rebuilt);
		cr_assert_eq(rebuilt, rows[i].rebuilt, "%s", rows[i].what);
		cr_assert_eq(total(&room), 0, "%s", rows[i].what);
		cr_assert(room_files(&room, "db.corrupt-") <= 2, "%s: too many copies",
			  rows[i].what);
		store_close(room.store);
		room.store = NULL;
	}
	cr_assert_eq(room_files(&room, "db.corrupt-"), 2);
	room_clear(&room);
}

/* An index that does not fit its table passes the check at the start, and fails later. */
Test(store, damage_seen_while_running_is_remembered_for_the_next_start)
{
	struct room room = room_make();
	bool rebuilt = false;

	room_open(&room, NULL);
	cr_assert(!store_sql_fail(room.store, SQLITE_CORRUPT_INDEX, "read", &room.err));
	cr_assert(store_broken(room.store));
	cr_assert(!store_begin(room.store, &room.err), "nothing more is written");
	store_close(room.store);
	room_open(&room, &rebuilt);
	cr_assert(rebuilt && !store_broken(room.store));
	store_close(room.store);
	room_open(&room, &rebuilt);
	cr_assert(!rebuilt);
	room_clear(&room);
}

Test(store, a_transaction_with_a_failed_statement_is_never_kept)
{
	struct room room = room_make();

	room_open(&room, NULL);
	cr_assert(store_begin(room.store, &room.err) && count(&room, 1));
	cr_assert(!store_sql_fail(room.store, SQLITE_CONSTRAINT, "do a thing", &room.err));
	cr_assert(!store_commit(room.store, &room.err));
	cr_assert(strstr(room.err.text, "do a thing"), "%s", room.err.text);
	cr_assert_eq(total(&room), 0);
	cr_assert(store_begin(room.store, &room.err) && count(&room, 1));
	store_spoil(room.store, &(struct err){ .kind = ERR_SYSTEM, .text = "no memory" });
	cr_assert(!store_commit(room.store, &room.err) && total(&room) == 0);
	cr_assert_str_eq(room.err.text, "no memory");
	cr_assert(store_begin(room.store, &room.err) && count(&room, 1) &&
		  store_commit(room.store, &room.err));
	cr_assert_eq(total(&room), 1);
	room_clear(&room);
}

Test(store, the_reserve_is_used_in_steps_and_half_of_it_is_for_what_is_urgent)
{
	struct room room = room_make();
	unsigned steps = 0, urgent = 0;

	room_open(&room, NULL);
	cr_assert(!store_use_reserve(room.store, true), "the disk is not full");
	room.store->full = true;
	while (steps < 100 && store_use_reserve(room.store, false))
		steps++;
	while (urgent < 100 && store_use_reserve(room.store, true))
		urgent++;
	cr_assert(steps == 4 && urgent == 4, "%u and %u", steps, urgent);
	store_keep_reserve(room.store);
	cr_assert(store_use_reserve(room.store, false), "it was filled up again");
	room_clear(&room);
}

/* The limit on pages stands for a full disk: SQLite gives the same answer. */
Test(store, a_full_disk_is_told_and_an_intent_can_still_be_written)
{
	struct mx_set from = { .ttl = 86400 }, want = { .ttl = 300 };
	struct room room = room_make();
	char big[4000] = { 'x' };
	int64_t id = 0, kept = 0;
	bool good = true;

	cr_assert(mx_add(&from, 10, SPAN("mta1.example.jp")));
	cr_assert(mx_add(&want, 20, SPAN("mta2.example.jp")));
	room_open(&room, NULL);
	execute(&room, "PRAGMA max_page_count=40");
	for (int64_t i = 0; good && i < 100; i++) {
		char source[16];

		snprintf(source, sizeof(source), "s%d", (int)i);
		good = store_begin(room.store, &room.err) && count(&room, 1) &&
		       store_cursors_put(room.store, source, (struct span){ big, sizeof(big) },
					 &room.err) &&
		       store_commit(room.store, &room.err);
		kept += good;
	}
	cr_assert(!good && strstr(room.err.text, "full"), "%s", room.err.text);
	cr_assert_eq(room.err.kind, ERR_SYSTEM);
	cr_assert(!store_broken(room.store), "a full disk is not a broken one");
	/* If SQLite gave the transaction up, what follows must not be kept by itself. */
	if (sqlite3_get_autocommit(room.store->db))
		cr_assert(!count(&room, 1) && !store_commit(room.store, &room.err));
	store_rollback(room.store);
	cr_assert_eq(total(&room), kept);
	cr_assert(store_use_reserve(room.store, false), "the failure before was a full disk");
	execute(&room, "PRAGMA max_page_count=1000");
	cr_assert(count(&room, 1), "%s", room.err.text);
	cr_assert(store_intents_open(room.store, "example.jp", &from, &want, 1, &id, &room.err));
	cr_assert_eq(total(&room), kept + 1);
	room_clear(&room);
}
