/*
 * feedtool: reads a way in as the daemon does, and is there to be killed.
 *
 *     feedtool follow|journal PATH DATABASE [MATCH]
 *
 * What it is given goes into DATABASE, in the order in which it came: said (id, kind, text), kind
 * "line", "gap", "long" or "error" (once, until another one or none). The cursor is committed with
 * it. It goes on until it is killed, or the one who started it ends.
 */
#include "daemon/source/feed.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POLL_MICROSECONDS 1000
#define BUDGET 1000 /* bytes: a kill often comes in the midst of a file */

static sqlite3 *db;
static sqlite3_stmt *insert, *put;

static void
done(int result)
{
	if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW)
		return;
	fprintf(stderr, "feedtool: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void
sql(const char *text)
{
	done(sqlite3_exec(db, text, NULL, NULL, NULL));
}

static void
say(const char *kind, struct span text)
{
	done(sqlite3_bind_text(insert, 1, kind, -1, SQLITE_STATIC));
	done(sqlite3_bind_text(insert, 2, text.at, (int)text.len, SQLITE_STATIC));
	done(sqlite3_step(insert));
	done(sqlite3_reset(insert));
}

static void
on_line(void *ctx, struct span line)
{
	(void)ctx;
	say("line", line);
}

static void
on_entry(void *ctx, const struct reader_entry *entry)
{
	on_line(ctx, entry->message);
}

static void
on_too_long(void *ctx)
{
	(void)ctx;
	say("long", SPAN(""));
}

static void
on_gap(void *ctx, const char *why)
{
	(void)ctx;
	say("gap", span_of(why));
}

static void
open_database(const char *path)
{
	done(sqlite3_open(path, &db));
	done(sqlite3_busy_timeout(db, 10000));
	sql("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
	    "CREATE TABLE IF NOT EXISTS said (id INTEGER PRIMARY KEY, kind TEXT, text TEXT);"
	    "CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY, bytes BLOB)");
	done(sqlite3_prepare_v2(db, "INSERT INTO said (kind, text) VALUES (?, ?)", -1, &insert,
				NULL));
	done(sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO cursor VALUES (1, ?)", -1, &put, NULL));
}

static struct feed *
open_feed(const struct config_source *config, struct err *err)
{
	sqlite3_stmt *get = NULL;
	struct span cursor = { "", 0 };
	struct feed *feed;

	done(sqlite3_prepare_v2(db, "SELECT bytes FROM cursor", -1, &get, NULL));
	if (sqlite3_step(get) == SQLITE_ROW)
		cursor = (struct span){ sqlite3_column_blob(get, 0),
					(size_t)sqlite3_column_bytes(get, 0) };
	feed = feed_open(config, NULL, cursor, err);
	sqlite3_finalize(get);
	return feed;
}

static void
store_cursor(const struct feed *feed)
{
	char cursor[FEED_CURSOR];
	size_t length = feed_cursor(feed, cursor);

	if (length == 0)
		return;
	done(sqlite3_bind_blob(put, 1, cursor, (int)length, SQLITE_STATIC));
	done(sqlite3_step(put));
	done(sqlite3_reset(put));
}

static void
run(struct feed *feed)
{
	struct feed_sink sink = {
		.line = on_line, .entry = on_entry, .too_long = on_too_long, .gap = on_gap
	};
	char told[sizeof(((struct err *)NULL)->text)] = "";
	pid_t parent = getppid();

	while (getppid() == parent) {
		int64_t before = sqlite3_total_changes(db);
		struct err err = { 0 };
		enum feed_status status;

		sql("BEGIN");
		status = feed->ops->read(feed, BUDGET, &sink, &err);
		if (status == FEED_ERROR && strcmp(told, err.text) != 0)
			say("error", span_of(err.text));
		span_copy(span_of(err.text), told, sizeof(told));
		if (feed->moved || sqlite3_total_changes(db) != before)
			store_cursor(feed);
		feed->moved = false;
		sql("COMMIT");
		if (status != FEED_MORE)
			usleep(POLL_MICROSECONDS);
	}
}

int
main(int count, char **words)
{
	static struct config_source source;
	struct config_source *config = &source;
	struct err err = { 0 };
	struct feed *feed;

	if (count < 4 || count > 5 ||
	    (strcmp(words[1], "follow") != 0 && strcmp(words[1], "journal") != 0)) {
		fprintf(stderr, "usage: feedtool follow|journal PATH DATABASE [MATCH]\n");
		return 64;
	}
	config->way = words[1][0] == 'f' ? CONFIG_WAY_FOLLOW : CONFIG_WAY_JOURNAL;
	config->history = config->way == CONFIG_WAY_JOURNAL;
	config->match_count = 1; /* as the daemon's preset */
	span_copy(SPAN("SYSLOG_FACILITY=2"), config->match[0], sizeof(config->match[0]));
	if (count > 4)
		span_copy(span_of(words[4]), config->match[config->match_count++],
			  sizeof(config->match[1]));
	config->max_line = 4096;
	span_copy(span_of(words[2]), config->path, sizeof(config->path));
	span_copy(span_of(words[2]), config->journal, sizeof(config->journal));
	open_database(words[3]);
	feed = open_feed(config, &err);
	if (!feed) {
		fprintf(stderr, "feedtool: %s\n", err.text);
		return 1;
	}
	run(feed);
	return 0;
}
