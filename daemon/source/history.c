#include "daemon/source/history.h"

#include "daemon/source/history_place.h"
#include "daemon/source/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_BYTES ((size_t)256 << 10)

struct history {
	char *path;
	size_t max_line;
	struct history_cursor at;
	bool resuming;	   /* the cursor's brother is to be read on, and not at hand yet */
	bool unsure;	   /* it may be gone, and that is not told yet */
	bool truncated;	   /* it was what the path names, which was emptied */
	size_t tail_known; /* so many bytes of `tail` must stand before the place */
	char tail[FOLLOW_PRINT];
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
		history->resuming = history->unsure = history->at.modified != INT64_MIN;
	}
	if (history && history->path && history->buffer)
		return history;
	history_free(history);
	err_set(err, ERR_SYSTEM, "out of memory");
	return NULL;
}

struct history *
history_stray(const char *path, size_t max_line, const struct follow_cursor *at,
	      const struct follow_stray *stray, struct err *err)
{
	struct history_cursor resume = { .skipping = at->skipping,
					 .offset = at->offset,
					 .modified = at->modified,
					 .known = identity_known(at->offset),
					 .before = at->before,
					 .stray = 1 };
	struct history *history;

	memcpy(resume.head, at->head, sizeof(resume.head));
	history = history_open(path, max_line, &resume, err);
	if (!history)
		return NULL;
	history->resuming = !stray->read;
	history->truncated = stray->truncated;
	history->tail_known = identity_known(at->offset);
	memcpy(history->tail, at->tail, sizeof(history->tail));
	return history;
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
tell(const struct feed_sink *sink, const char *path, const char *what, const char *why)
{
	char told[512];
	struct text text = TEXT(told);

	text_add(&text, "an older log, ");
	text_add_scrubbed(&text, span_of(path));
	text_add(&text, ", %s: %s", what, why);
	sink->gap(sink->ctx, told);
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
			tell(sink, history->name, "is damaged", "the rest of it is not read");
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

/* To the place of the cursor, where what was read must stand before it. */
static bool
resume(struct history *history, struct unpack *unpack, struct err *err)
{
	size_t known = history->tail_known, done = 0;
	char tail[FOLLOW_PRINT];

	if (!unpack_skip(unpack, history->at.offset - known, err))
		return false;
	while (done < known) {
		ssize_t got = unpack_read(unpack, tail + done, known - done, err);

		if (got < 0)
			return false;
		if (got == 0)
			return err_set(err, ERR_INPUT, "it is shorter than what was read of it");
		done += (size_t)got;
	}
	return memcmp(tail, history->tail, known) == 0 ||
	       err_set(err, ERR_INPUT, "it is not what was read of it before");
}

/* The brother is at hand, at its beginning or at the place that was found again. */
static bool
begin(struct history *history, const struct rotated_file *file, struct unpack *unpack,
      struct span head)
{
	struct history_cursor *at = &history->at;

	if (!history->resuming)
		*at = (struct history_cursor){ .version = HISTORY_CURSOR,
					       .before = history_place_print(at),
					       .stray = at->stray };
	at->modified = file->modified;
	at->known = head.len;
	memcpy(at->head, head.at, head.len);
	history->resuming = false;
	history->tail_known = 0;
	history->unpack = unpack;
	history->name = strdup(file->path);
	if (!history->name)
		leave(history);
	return history->unpack != NULL;
}

enum taken {
	TAKEN,
	TAKEN_NOT, /* it cannot be read; told */
	TAKEN_FOLLOWED,
	TAKEN_MOVED,
	TAKEN_ERROR,
};

/* Takes a brother up. `followed`: unless it is a plain file, which is then the follower's. */
static enum taken
take(struct history *history, const struct rotated_file *file, bool followed,
     const struct feed_sink *sink, struct err *err)
{
	struct unpack *unpack = NULL;
	struct err why = { 0 };
	struct span head;
	enum brother_look look = brother_open(file, &unpack, &head, &why);
	bool ok = look == BROTHER_OPEN;

	if (look == BROTHER_MOVED)
		return TAKEN_MOVED;
	if (ok && followed && !history->resuming && !unpack_compressed(unpack)) {
		unpack_free(unpack);
		return TAKEN_FOLLOWED;
	}
	if (ok && (!history->resuming || resume(history, unpack, &why))) {
		if (begin(history, file, unpack, head))
			return TAKEN;
		err_set(err, ERR_SYSTEM, "out of memory");
		return TAKEN_ERROR;
	}
	if (ok)
		unpack_free(unpack);
	if (why.kind == ERR_BUSY || (ok && why.kind != ERR_INPUT)) {
		err_set(err, ERR_BUSY, "%s: %s", file->path, why.text);
		return TAKEN_ERROR;
	}
	tell(sink, file->path, "is passed over", why.text);
	history->resuming = false;
	return TAKEN_NOT;
}

/*
 * Once, when it is known where the cursor's brother is: found, or gone, which is told. Of one that
 * was not begun nothing is known to find it by: it is the one that comes after the one before it.
 */
static void
settle(struct history *history, bool left, const struct history_place *place,
       const struct feed_sink *sink)
{
	bool found = place->found || (history->at.known == 0 && place->near && left);

	history->unsure = false;
	if (found && history->truncated)
		sink->gap(sink->ctx,
			  "the log was copied and truncated: lines written meanwhile are "
			  "lost");
	if (found)
		return;
	history->resuming = false;
	sink->gap(sink->ctx, history->truncated
				     ? "the log was truncated: what was not read of it yet is lost"
				     : "the log that was read last is gone: what was not read of "
				       "it yet is lost");
}

/* The oldest brother that is still to be read, among those before `*left`; NULL: none. */
static const struct rotated_file *
oldest(const struct history *history, const struct rotated *brothers,
       const struct history_place *place, const struct stat *path, size_t *left)
{
	for (; *left; --*left) {
		const struct rotated_file *file = &brothers->files[*left - 1];

		if (path->st_dev == file->device && path->st_ino == file->inode)
			break; /* the path is a link to it: it and all younger are the follower's */
		if (!history_place_passes(&history->at, place, file))
			return file;
	}
	return NULL;
}

/* Is none of those before `left` compressed? */
static bool
plain(const struct history *history, const struct rotated *brothers,
      const struct history_place *place, const struct stat *path, size_t left)
{
	const struct rotated_file *file;

	for (; (file = oldest(history, brothers, place, path, &left)); left--)
		if (file->compressed)
			return false;
	return true;
}

/* Hands over to the follower, at a brother. */
static bool
hand_over(const struct rotated_file *file, enum history_turn *turn_out, struct history_end *end_out,
	  struct err *err)
{
	if (end_out->fd >= 0)
		close(end_out->fd);
	end_out->fd = -1;
	end_out->at_path = false;
	if (!brother_fd(file, &end_out->fd, &end_out->status, err))
		return false;
	*turn_out = end_out->fd >= 0 ? HISTORY_ENDS : HISTORY_WAITS;
	return true;
}

static bool
choose(struct history *history, const struct rotated *brothers, const struct history_place *place,
       const struct feed_sink *sink, enum history_turn *turn_out, struct history_end *end_out,
       struct err *err)
{
	const struct rotated_file *file;
	struct stat path = end_out->status;
	size_t left = place->left;

	file = oldest(history, brothers, place, &path, &left);
	if (history->unsure)
		settle(history, file != NULL, place, sink);
	for (; file; left--, file = oldest(history, brothers, place, &path, &left)) {
		switch (take(history, file, plain(history, brothers, place, &path, left), sink,
			     err)) {
		case TAKEN:
			*turn_out = HISTORY_READS;
			return true;
		case TAKEN_NOT:
			break;
		case TAKEN_FOLLOWED:
			return hand_over(file, turn_out, end_out, err);
		case TAKEN_MOVED:
			return true;
		case TAKEN_ERROR:
			return false;
		}
	}
	*turn_out = end_out->fd >= 0 ? HISTORY_ENDS : HISTORY_WAITS;
	return true;
}

bool
history_next(struct history *history, const struct feed_sink *sink, enum history_turn *turn_out,
	     struct history_end *end_out, struct err *err)
{
	struct rotated brothers = { 0 };
	struct history_place place;
	bool ok;

	*turn_out = HISTORY_WAITS;
	*end_out = (struct history_end){ .fd = -1, .at_path = true };
	/* the path first: whatever is rotated from now on is behind what it names, and that is open
	 */
	ok = identity_open(history->path, &end_out->fd, &end_out->status, err) &&
	     rotated_list(history->path, &brothers, err) &&
	     history_place(history->path, &history->at, history->resuming, &brothers, &place,
			   err) &&
	     (place.moved || choose(history, &brothers, &place, sink, turn_out, end_out, err));
	rotated_free(&brothers);
	end_out->before = history_place_print(&history->at);
	if (!ok || *turn_out != HISTORY_ENDS) {
		if (end_out->fd >= 0)
			close(end_out->fd);
		end_out->fd = -1;
	}
	return ok;
}

void
history_cursor(const struct history *history, struct history_cursor *out)
{
	*out = history->at;
}
