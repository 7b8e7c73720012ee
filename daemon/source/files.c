#include "daemon/source/files.h"

#include "daemon/source/follow.h"
#include "daemon/source/history.h"

#include <stdlib.h>

#define MOVES 2 /* from brother to brother in one call: to the one of the cursor, and on */

struct files {
	struct feed feed;
	struct follow *follow;
	struct history *history; /* NULL: there is none, or it is read */
};

static enum feed_status
read_follow(struct files *files, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct follow_sink lines = { sink->ctx, sink->line, sink->too_long, sink->gap };

	switch (follow_read(files->follow, budget, &lines, err)) {
	case FOLLOW_IDLE:
		break;
	case FOLLOW_MORE:
		return FEED_MORE;
	case FOLLOW_ERROR:
		return FEED_ERROR;
	}
	return FEED_IDLE;
}

/*
 * The follower takes the file at the path up before it is asked whether there is a younger brother:
 * whatever is rotated from now on, one of the two has it.
 */
static enum feed_status
read_history(struct files *files, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct follow_cursor at;
	bool found = true;

	for (unsigned moves = 0; found && moves < MOVES; moves++) {
		enum feed_status status = history_read(files->history, budget, sink, err);

		if (status != FEED_IDLE)
			return status;
		if (read_follow(files, 0, sink, err) == FEED_ERROR)
			return FEED_ERROR;
		follow_cursor(files->follow, &at);
		if (!history_next(files->history, at.device, at.inode, sink, &found, err))
			return FEED_ERROR;
		files->feed.moved = true;
	}
	if (!found) {
		history_free(files->history);
		files->history = NULL;
	}
	return FEED_MORE;
}

static enum feed_status
files_read(struct feed *feed, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct files *files = (struct files *)feed;

	return files->history ? read_history(files, budget, sink, err)
			      : read_follow(files, budget, sink, err);
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

	return follow_behind(files->follow) + (files->history != NULL);
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

static bool
open_parts(struct files *files, const struct config_source *config, struct span cursor,
	   struct err *err)
{
	struct follow_options options = { .path = config->path,
					  .max_line = (size_t)config->max_line };
	struct history_cursor history;
	struct follow_cursor follow;
	bool resume = cursor.len == sizeof(follow), past = cursor.len == sizeof(history);

	if (resume)
		memcpy(&follow, cursor.at, sizeof(follow));
	if (past)
		memcpy(&history, cursor.at, sizeof(history));
	if ((cursor.len && !resume && !past) ||
	    (past && (history.version != HISTORY_CURSOR || history.known > FOLLOW_PRINT)))
		return err_set(err, ERR_INPUT,
			       "it was read in another way before, or by another version: give the "
			       "source another name");
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
