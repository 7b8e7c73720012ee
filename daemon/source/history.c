#include "daemon/source/history.h"

#include "daemon/source/identity.h"
#include "daemon/source/rotated.h"
#include "daemon/sys/unpack.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_BYTES ((size_t)256 << 10)

struct history {
	char *path;
	size_t max_line;
	struct history_cursor at;
	bool resuming;	       /* the cursor is a stored one: its brother is not found yet */
	struct unpack *unpack; /* the brother at hand; NULL: none */
	char *name;	       /* its path, for people */
	char *buffer;
	size_t room, held; /* `held` bytes behind the cursor are in the buffer */
};

struct history *
history_open(const char *path, size_t max_line, const struct history_cursor *resume,
	     struct err *err)
{
	struct history *history = calloc(1, sizeof(*history));

	if (history) {
		history->path = strdup(path);
		history->max_line = max_line;
		history->room = max_line + 1 + READ_BYTES;
		history->buffer = malloc(history->room);
		history->at = resume ? *resume : (struct history_cursor){ .modified = INT64_MIN };
		history->at.version = HISTORY_CURSOR;
		history->resuming = history->at.known != 0;
	}
	if (history && history->path && history->buffer)
		return history;
	history_free(history);
	err_set(err, ERR_SYSTEM, "out of memory");
	return NULL;
}

static void
leave(struct history *history)
{
	unpack_free(history->unpack);
	free(history->name);
	history->unpack = NULL;
	history->name = NULL;
	history->held = 0;
}

void
history_free(struct history *history)
{
	if (!history)
		return;
	leave(history);
	free(history->path);
	free(history->buffer);
	free(history);
}

static void
tell(const struct feed_sink *sink, const char *path, const char *what)
{
	char why[512];
	struct text text = TEXT(why);

	text_add(&text, "an older log, ");
	text_add_scrubbed(&text, span_of(path));
	text_add(&text, ", %s", what);
	sink->gap(sink->ctx, why);
}

/* Gives the whole lines of the buffer. */
static void
give_lines(struct history *history, const struct feed_sink *sink)
{
	const char *at = history->buffer, *end = at + history->held;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);

		if (!history->at.skipping && length > history->max_line)
			sink->too_long(sink->ctx);
		else if (!history->at.skipping && !newline)
			break;
		else if (!history->at.skipping)
			sink->line(sink->ctx, (struct span){ at, length });
		history->at.skipping = !newline;
		at += length + (newline != NULL);
	}
	history->at.offset += (uint64_t)(at - history->buffer);
	history->held = (size_t)(end - at);
	memmove(history->buffer, at, history->held);
}

/* The end of the brother: a last line without newline will never get one. */
static void
give_rest(struct history *history, const struct feed_sink *sink)
{
	if (history->held)
		sink->line(sink->ctx, (struct span){ history->buffer, history->held });
	history->at.offset += history->held;
	history->at.skipping = 0;
	leave(history);
}

enum feed_status
history_read(struct history *history, size_t budget, const struct feed_sink *sink, struct err *err)
{
	uint64_t from = history->at.offset;
	size_t done = 0;

	while (history->unpack && (done < budget || history->at.offset == from)) {
		struct err why = { 0 };
		ssize_t got = unpack_read(history->unpack, history->buffer + history->held,
					  history->room - history->held, &why);

		if (got < 0 && why.kind != ERR_INPUT) {
			leave(history);
			history->resuming = true;
			err_set(err, why.kind, "%s: %s", history->path, why.text);
			return FEED_ERROR;
		}
		if (got < 0)
			tell(sink, history->name, "is damaged: the rest of it is not read");
		if (got <= 0) {
			give_rest(history, sink);
			return FEED_IDLE;
		}
		history->held += (size_t)got;
		done += (size_t)got;
		give_lines(history, sink);
	}
	return history->unpack ? FEED_MORE : FEED_IDLE;
}

/* Opens a brother and looks at its first bytes. False: it is passed over, and that was told. */
static bool
look(const struct rotated_file *file, struct unpack **unpack_out, struct span *head_out,
     int64_t *modified_out, const struct feed_sink *sink)
{
	struct span path = span_of(file->path);
	struct err err = { 0 };
	struct stat status;
	int fd = -1;

	*unpack_out = NULL;
	if (file->compressed && !span_ends(path, SPAN(".gz")) && !span_ends(path, SPAN(".zst"))) {
		if (sink)
			tell(sink, file->path, "is compressed in a way that is not read");
		return false;
	}
	if (identity_open(file->path, &fd, &status, &err) && fd < 0)
		return false;
	if (fd >= 0) {
		*modified_out = status.st_mtime;
		*unpack_out = unpack_open(fd, &err);
	}
	if (*unpack_out && unpack_peek(*unpack_out, FOLLOW_PRINT, head_out, &err))
		return true;
	if (sink)
		tell(sink, file->path, "cannot be read");
	unpack_free(*unpack_out);
	*unpack_out = NULL;
	return false;
}

/* The brother that the cursor speaks of; `count` when it is gone. */
static size_t
find(const struct history *history, const struct rotated *brothers)
{
	struct span known = { history->at.head, (size_t)history->at.known };

	for (size_t i = 0; i < brothers->count; i++) {
		struct unpack *unpack;
		struct span head;
		int64_t modified;
		bool same;

		if (!look(&brothers->files[i], &unpack, &head, &modified, NULL))
			continue;
		same = span_equal(head, known);
		unpack_free(unpack);
		if (same)
			return i;
	}
	return brothers->count;
}

/* Takes a brother up at its beginning, or at the place of the cursor. False: passed over. */
static bool
take(struct history *history, const struct rotated_file *file, bool resume,
     const struct feed_sink *sink)
{
	int64_t modified = 0;
	struct span head;
	struct unpack *unpack;

	leave(history);
	if (!look(file, &unpack, &head, &modified, sink))
		return false;
	if (resume && !unpack_skip(unpack, history->at.offset, NULL)) {
		tell(sink, file->path, "has become shorter");
		unpack_free(unpack);
		return false;
	}
	if (!resume) {
		history->at = (struct history_cursor){ .version = HISTORY_CURSOR,
						       .modified = modified,
						       .known = head.len };
		memcpy(history->at.head, head.at, head.len);
	}
	history->unpack = unpack;
	history->name = strdup(file->path);
	if (!history->name)
		leave(history);
	return history->unpack != NULL;
}

/* How many brothers, the oldest last, are still to be read. */
static size_t
still(struct history *history, const struct rotated *brothers, const struct feed_sink *sink)
{
	size_t mine, left = brothers->count;
	struct stat status;

	if (history->at.known == 0)
		return left;
	mine = find(history, brothers);
	if (mine < brothers->count)
		return mine + history->resuming;
	if (history->resuming)
		tell(sink, history->path, "is gone: what was not read of it yet is lost");
	history->resuming = false;
	while (left && (stat(brothers->files[left - 1].path, &status) != 0 ||
			status.st_mtime <= history->at.modified))
		left--;
	return left;
}

bool
history_next(struct history *history, dev_t device, ino_t inode, const struct feed_sink *sink,
	     bool *found_out, struct err *err)
{
	struct rotated brothers;
	size_t left;

	*found_out = false;
	if (!rotated_list(history->path, &brothers, err))
		return false;
	left = still(history, &brothers, sink);
	while (left && !history->unpack) {
		const struct rotated_file *file = &brothers.files[--left];

		if (file->device == device && file->inode == inode)
			break; /* it and all that are younger are the follower's */
		take(history, file, history->resuming, sink);
		history->resuming = false;
	}
	*found_out = history->unpack != NULL;
	rotated_free(&brothers);
	return true;
}

void
history_cursor(const struct history *history, struct history_cursor *out)
{
	*out = history->at;
}
