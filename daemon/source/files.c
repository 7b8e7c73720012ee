#include "daemon/source/files.h"

#include "daemon/source/follow.h"
#include "daemon/source/history.h"

#include <stdlib.h>

#define MOVES 2 /* from brother to brother in one call: to the one of the cursor, and on */

struct files {
	struct feed feed;
	struct follow *follow;
	struct history *history; /* NULL: there is none, or it is read */
	bool waits;		 /* of which nothing is known to be left */
	size_t max_line;
	const char *path; /* of the configuration */
};

/* The follower's way ends at a file that is compressed, or gone. */
static enum feed_status
go_astray(struct files *files, struct err *err)
{
	struct follow_cursor at;

	follow_cursor(files->follow, &at);
	files->history =
		history_stray(files->path, files->max_line, &at, follow_stray(files->follow), err);
	return files->history ? FEED_MORE : FEED_ERROR;
}

static enum feed_status
read_follow(struct files *files, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct follow_sink lines = { sink->ctx, sink->line, sink->too_long, sink->gap };

	switch (follow_read(files->follow, budget, &lines, err)) {
	case FOLLOW_IDLE:
		break;
	case FOLLOW_MORE:
		return FEED_MORE;
	case FOLLOW_STRAYED:
		return go_astray(files, err);
	case FOLLOW_ERROR:
		return FEED_ERROR;
	}
	return FEED_IDLE;
}

/* From the brother at hand to the next one, or to the follower. */
static enum feed_status
turn_page(struct files *files, const struct feed_sink *sink, struct err *err)
{
	enum history_turn turn;
	struct history_end end;

	if (!history_next(files->history, sink, &turn, &end, err))
		return FEED_ERROR;
	files->waits = turn == HISTORY_WAITS;
	if (files->waits)
		return FEED_IDLE;
	files->feed.moved = true;
	if (turn == HISTORY_ENDS) {
		follow_begin(files->follow, end.fd, &end.status, end.at_path, end.before);
		history_free(files->history);
		files->history = NULL;
	}
	return FEED_MORE;
}

static enum feed_status
read_history(struct files *files, size_t budget, const struct feed_sink *sink, struct err *err)
{
	for (unsigned moves = 0; moves < MOVES && files->history; moves++) {
		enum feed_status status = history_read(files->history, budget, sink, err);

		if (status != FEED_IDLE)
			return status;
		status = turn_page(files, sink, err);
		if (status != FEED_MORE)
			return status;
	}
	return FEED_MORE;
}

static enum feed_status
files_read(struct feed *feed, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct files *files = (struct files *)feed;
	enum feed_status status = FEED_MORE;

	if (!files->history)
		status = read_follow(files, budget, sink, err);
	return files->history ? read_history(files, budget, sink, err) : status;
}

static size_t
files_cursor(const struct feed *feed, char out[FEED_CURSOR])
{
	const struct files *files = (const struct files *)feed;
	struct history_cursor history;
	struct follow_cursor follow;

	_Static_assert(sizeof(follow) <= FEED_CURSOR && sizeof(history) <= FEED_CURSOR &&
			       sizeof(follow) != sizeof(history),
		       "a cursor is known by its size");
	if (files->history) {
		history_cursor(files->history, &history);
		memcpy(out, &history, sizeof(history));
		return sizeof(history);
	}
	follow_cursor(files->follow, &follow);
	memcpy(out, &follow, sizeof(follow));
	return sizeof(follow);
}

static uint64_t
files_behind(const struct feed *feed)
{
	const struct files *files = (const struct files *)feed;

	return follow_behind(files->follow) + (files->history && !files->waits);
}

static void
files_free(struct feed *feed)
{
	struct files *files = (struct files *)feed;

	follow_free(files->follow);
	history_free(files->history);
	free(files);
}

static const struct feed_ops ops = {
	.read = files_read, .cursor = files_cursor, .behind = files_behind, .free = files_free
};

/* The stored cursor, of this version or the one before. False: it is another way's. */
static bool
read_cursor(struct span cursor, struct follow_cursor *follow, struct history_cursor *history)
{
	*follow = (struct follow_cursor){ 0 };
	*history = (struct history_cursor){ 0 };
	if (cursor.len == sizeof(*follow) || cursor.len == FOLLOW_CURSOR_1)
		memcpy(follow, cursor.at, cursor.len);
	else if (cursor.len == sizeof(*history) || cursor.len == HISTORY_CURSOR_1)
		memcpy(history, cursor.at, cursor.len);
	else
		return cursor.len == 0;
	if (cursor.len == FOLLOW_CURSOR_1 && follow->version == FOLLOW_CURSOR - 1) {
		follow->version = FOLLOW_CURSOR;
		follow->modified =
			INT64_MAX; /* not known: no other file is taken for a later one */
	}
	if (cursor.len == HISTORY_CURSOR_1 && history->version == HISTORY_CURSOR - 1) {
		history->version = HISTORY_CURSOR;
		if (history->modified != INT64_MIN)
			history->modified = (history->modified + 1) * INT64_C(1000000000) - 1;
	}
	return follow->version != 0 ||
	       (history->version == HISTORY_CURSOR && history->known <= FOLLOW_PRINT);
}

static bool
open_parts(struct files *files, const struct config_source *config, struct span cursor,
	   struct err *err)
{
	struct follow_options options = { .path = config->path,
					  .max_line = (size_t)config->max_line };
	struct history_cursor history;
	struct follow_cursor follow;
	bool resume, past;

	if (!read_cursor(cursor, &follow, &history))
		return err_set(err, ERR_INPUT,
			       "it was read in another way before, or by another version: give the "
			       "source another name");
	resume = follow.version != 0;
	past = history.version != 0;
	files->path = config->path;
	files->max_line = options.max_line;
	files->follow = follow_open(&options, resume ? &follow : NULL, err);
	if (files->follow && (past || (!resume && config->history))) {
		files->history =
			history_open(config->path, options.max_line, past ? &history : NULL, err);
		return files->history != NULL;
	}
	return files->follow != NULL;
}

struct feed *
files_open(const struct config_source *config, struct span cursor, struct err *err)
{
	struct files *files = calloc(1, sizeof(*files));

	if (!files) {
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	files->feed.ops = &ops;
	if (open_parts(files, config, cursor, err))
		return &files->feed;
	files_free(&files->feed);
	return NULL;
}
