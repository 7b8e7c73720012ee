#include "daemon/source/journald.h"

#ifdef HAVE_JOURNAL

#include "daemon/base/scan.h"
#include "daemon/source/journal_match.h"
#include "daemon/sys/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CURSOR 512	    /* bytes of the journal's own */
#define SEEN_EVERY 60000000 /* microseconds: how often it is stored that all was read */
#define ENTRY_BYTES 2048    /* what an entry costs besides its message, in bytes of a log */
#define RESCAN 30000000	    /* microseconds */
#define TIES 1000	    /* entries of one microsecond */

struct journald {
	struct feed feed;
	const struct config_source *config;
	sd_journal *journal;	    /* NULL: not open */
	char cursor[CURSOR];	    /* of the last entry given; "": none yet */
	int64_t seen, stored;	    /* when everything had been read; what is stored of it */
	bool begun;		    /* a first start is over */
	bool blind;		    /* nothing tells of new files */
	bool told_mixed, told_gone; /* the latter of this cursor */
	int64_t opened;
	bool pending;  /* the entry at hand is to be given */
	char *message; /* max_line bytes */
};

static bool
failed(int result, const char *doing, struct err *err)
{
	if (result >= 0)
		return false;
	err_set(err, ERR_SYSTEM, "the journal: cannot %s: %s", doing, strerror(-result));
	return true;
}

static void
leave(struct journald *self)
{
	sd_journal_close(self->journal);
	self->journal = NULL;
	self->pending = false;
}

static bool
local(const struct journald *self)
{
	return strcmp(self->config->journal, "yes") == 0;
}

static int
open_journal(struct journald *self)
{
	const char *path = self->config->journal;
	const char *paths[] = { path, NULL };
	struct stat status;

	if (local(self))
		return sd_journal_open(&self->journal, SD_JOURNAL_LOCAL_ONLY);
	if (stat(path, &status) != 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? sd_journal_open_directory(&self->journal, path, 0)
				       : sd_journal_open_files(&self->journal, paths, 0);
}

static bool
match(struct journald *self, struct err *err)
{
	return !failed(journal_match_add(self->journal, self->config), "match", err);
}

/* Microseconds of the entry that the cursor names: "s=...;i=...;b=...;m=...;t=HEX;x=..." */
static uint64_t
cursor_time(const char *cursor)
{
	const char *time = strstr(cursor, ";t=");

	return time ? strtoull(time + 3, NULL, 16) : 0;
}

static bool
keep_cursor(struct journald *self, struct err *err)
{
	char *cursor = NULL;
	int result = sd_journal_get_cursor(self->journal, &cursor);

	if (result >= 0 && strlen(cursor) >= CURSOR)
		result = -ENOBUFS;
	if (result >= 0)
		snprintf(self->cursor, CURSOR, "%s", cursor);
	self->told_gone = false;
	free(cursor);
	return !failed(result, "name an entry", err);
}

/*
 * Goes to the entry of the cursor, over others of the same microsecond that stand before it in
 * other files. `*there_out` is false when it stands at the one behind it, or at the end (0).
 */
static int
go_to_cursor(struct journald *self, bool *there_out)
{
	uint64_t at = cursor_time(self->cursor), time = at;
	int result = sd_journal_seek_cursor(self->journal, self->cursor);

	*there_out = false;
	for (unsigned ties = 0; result >= 0 && ties < TIES && time == at; ties++) {
		result = sd_journal_next(self->journal);
		if (result <= 0)
			return result;
		*there_out = sd_journal_test_cursor(self->journal, self->cursor) > 0;
		if (*there_out)
			return result;
		result = sd_journal_get_realtime_usec(self->journal, &time);
	}
	return result < 0 ? result : 1;
}

/* What is gone had been read when the oldest entry left is older than that. */
static bool
all_was_seen(struct journald *self)
{
	uint64_t from = UINT64_MAX, to;

	return local(self) && sd_journal_get_cutoff_realtime_usec(self->journal, &from, &to) > 0 &&
	       from <= (uint64_t)self->seen;
}

/* Stands so that the next entry is the first that was not given. */
static bool
stand(struct journald *self, const struct feed_sink *sink, struct err *err)
{
	bool there;
	int result;

	if (failed(go_to_cursor(self, &there), "find its cursor", err) || !match(self, err))
		return false; /* looked for without matches: those may have changed */
	if (!there) {
		if (!self->told_gone && !all_was_seen(self))
			sink->gap(sink->ctx, "the journal was vacuumed before all of it was read: "
					     "entries are lost");
		self->told_gone = true;
		return !failed(
			sd_journal_seek_realtime_usec(self->journal, cursor_time(self->cursor) + 1),
			"seek", err);
	}
	result = go_to_cursor(self, &there);
	self->pending = result > 0 && !there;
	return !failed(result, "seek", err);
}

/* A first start: at the end, or at the beginning when history is wanted or there is nothing. */
static bool
start(struct journald *self, struct err *err)
{
	int result = sd_journal_seek_tail(self->journal);

	if (result >= 0)
		result = sd_journal_previous(self->journal);
	if (failed(result, "find its end", err))
		return false;
	if (result == 0 && local(self))
		return err_set(err, ERR_BUSY,
			       "the journal is empty, or this user may not read it (the group "
			       "systemd-journal may)");
	if (result > 0 && !self->config->history && !self->begun && !keep_cursor(self, err))
		return false;
	self->begun = true;
	self->feed.moved = true;
	return true;
}

static void
tell_mixed(struct journald *self, const struct feed_sink *sink)
{
	if (local(self) || self->told_mixed ||
	    !journal_match_mixes_hosts(self->journal, self->config))
		return;
	self->told_mixed = true;
	sink->gap(sink->ctx,
		  "the journal has entries of several hosts: what arrives late from one of "
		  "them is not read; give each its own source, with journal-match "
		  "_HOSTNAME=...");
}

static bool
open_now(struct journald *self, const struct feed_sink *sink, struct err *err)
{
	bool ok = !failed(open_journal(self), "open it", err);

	/* From now on inotify tells of new files; where it cannot, all is opened again at times. */
	self->blind = ok && sd_journal_get_fd(self->journal) < 0;
	self->opened = clock_steady_us();
	if (ok && !*self->cursor)
		ok = start(self, err);
	if (ok && *self->cursor)
		ok = stand(self, sink, err);
	else if (ok)
		ok = match(self, err) && !failed(sd_journal_seek_head(self->journal), "seek", err);
	if (ok)
		tell_mixed(self, sink);
	else
		leave(self);
	return ok;
}

static struct span
field(struct journald *self, const char *name)
{
	const void *data;
	size_t length;

	if (sd_journal_get_data(self->journal, name, &data, &length) < 0)
		return (struct span){ "", 0 };
	return span_after((struct span){ data, length }, strlen(name) + 1);
}

static uint64_t
number(struct span text)
{
	struct scan scan = scan_over(text);
	uint64_t value = scan_number(&scan, INT64_MAX);

	return scan_done(&scan) ? value : 0;
}

/* A message that has lines inside stays one. */
static struct span
one_line(struct journald *self, struct span message)
{
	memcpy(self->message, message.at, message.len);
	for (size_t i = 0; i < message.len; i++)
		if (message.at[i] == '\n' || message.at[i] == '\r' || message.at[i] == '\0')
			self->message[i] = '?';
	return (struct span){ self->message, message.len };
}

static size_t
give_entry(struct journald *self, const struct feed_sink *sink)
{
	struct span message = field(self, "MESSAGE");
	char host[256], program[256];
	struct reader_entry entry = { 0 };
	uint64_t time;

	if (message.len > (size_t)self->config->max_line) {
		sink->too_long(sink->ctx);
		return message.len;
	}
	entry.message = one_line(self, message);
	span_copy(field(self, "_HOSTNAME"), host, sizeof(host));
	span_copy(field(self, "SYSLOG_IDENTIFIER"), program, sizeof(program));
	entry.host = span_of(host);
	entry.program = span_of(program);
	entry.pid = (uint32_t)number(field(self, "SYSLOG_PID"));
	if (!entry.pid)
		entry.pid = (uint32_t)number(field(self, "_PID"));
	time = number(field(self, "_SOURCE_REALTIME_TIMESTAMP"));
	if (!time && sd_journal_get_realtime_usec(self->journal, &time) < 0)
		time = 0;
	entry.time_us = (int64_t)time;
	sink->entry(sink->ctx, &entry);
	return message.len;
}

static void
note_seen(struct journald *self)
{
	self->seen = clock_now_us();
	if (self->seen >= self->stored && self->seen - self->stored < SEEN_EVERY)
		return;
	self->stored = self->seen;
	self->feed.moved = true;
}

static enum feed_status
journald_read(struct feed *feed, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct journald *self = (struct journald *)feed;
	size_t done = 0;

	if (self->journal &&
	    (self->blind ? clock_steady_us() - self->opened > RESCAN
			 : sd_journal_process(self->journal) == SD_JOURNAL_INVALIDATE))
		leave(self); /* files came or went: is the place still there? */
	if (!self->journal && !open_now(self, sink, err))
		return FEED_ERROR;
	while (done < budget) {
		int result = self->pending ? 1 : sd_journal_next(self->journal);

		if (failed(result, "read on", err)) {
			leave(self);
			return FEED_ERROR;
		}
		if (result == 0) {
			note_seen(self);
			return FEED_IDLE;
		}
		self->pending = false;
		if (!keep_cursor(self, err)) {
			leave(self);
			return FEED_ERROR;
		}
		done += give_entry(self, sink) + ENTRY_BYTES;
		self->feed.moved = true;
	}
	return FEED_MORE;
}

static size_t
journald_cursor(const struct feed *feed, char out[FEED_CURSOR])
{
	const struct journald *self = (const struct journald *)feed;

	if (!self->begun)
		return 0;
	return (size_t)snprintf(out, FEED_CURSOR, "journal %" PRId64 " %s", self->seen,
				self->cursor);
}

static uint64_t
journald_behind(const struct feed *feed)
{
	return ((const struct journald *)feed)->pending;
}

static void
journald_free(struct feed *feed)
{
	struct journald *self = (struct journald *)feed;

	leave(self);
	free(self->message);
	free(self);
}

static const struct feed_ops ops = { .read = journald_read,
				     .cursor = journald_cursor,
				     .behind = journald_behind,
				     .free = journald_free };

static bool
resume(struct journald *self, struct span cursor, struct err *err)
{
	struct scan scan = scan_over(cursor);
	struct span rest;

	if (cursor.len == 0)
		return true;
	scan_text(&scan, SPAN("journal "));
	self->seen = self->stored = (int64_t)scan_number(&scan, INT64_MAX);
	scan_text(&scan, SPAN(" "));
	rest = scan_rest(&scan);
	self->begun = true;
	if (scan.failed || !span_copy(rest, self->cursor, CURSOR))
		return err_set(err, ERR_INPUT,
			       "it was read in another way before, or by another version: give the "
			       "source another name");
	return true;
}

struct feed *
journald_open(const struct config_source *config, struct span cursor, struct err *err)
{
	struct journald *self = calloc(1, sizeof(*self));

	if (self)
		self->message = malloc((size_t)config->max_line);
	if (!self || !self->message) {
		free(self);
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	self->feed.ops = &ops;
	self->config = config;
	if (resume(self, cursor, err))
		return &self->feed;
	journald_free(&self->feed);
	return NULL;
}

#else

struct feed *
journald_open(const struct config_source *config, struct span cursor, struct err *err)
{
	(void)config;
	(void)cursor;
	err_set(err, ERR_INPUT, "this build has no journal");
	return NULL;
}

#endif
