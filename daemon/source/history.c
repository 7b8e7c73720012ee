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
	uint64_t ahead;	   /* bytes of the brother at hand up to the place, to be read over */
	size_t tail_known; /* so many bytes of `tail` must stand before the place */
	char tail[FOLLOW_PRINT];
	struct rotated_file passed; /* over, the last one; its path is not kept */

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
	history->held = history->ahead = 0;
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

/*
 * A step to the place of the cursor, where what was read must stand before it. Steps, because the
 * whole way through a large file takes seconds.
 */
static bool
approach(struct history *history, struct err *err)
{
	struct span before = { history->tail, history->tail_known };
	uint64_t step = history->ahead - before.len;

	if (step > READ_BYTES)
		step = READ_BYTES;
	if (!unpack_skip(history->unpack, step, err))
		return false;
	history->ahead -= step;
	if (history->ahead > before.len)
		return true;
	history->ahead = 0;
	if (!brother_goes_on(history->unpack, before, err))
		return false;
	history->tail_known = 0;
	return true;
}

static enum feed_status
fail(struct history *history, const struct err *why, struct err *err)
{
	leave(history);
	history->resuming = true; /* the next call tries again */
	err_set(err, why->kind, "%s: %s", history->path, why->text);
	return FEED_ERROR;
}

static void
pass_over(struct history *history, const struct feed_sink *sink, const char *name, const char *why)
{
	tell(sink, name, "is passed over", why);
	leave(history);
	history->resuming = false;
}

enum feed_status
history_read(struct history *history, size_t budget, const struct feed_sink *sink, struct err *err)
{
	uint64_t from = history->at.offset;
	struct err why = { 0 };
	size_t done = 0;

	if (history->ahead && !approach(history, &why)) {
		if (why.kind != ERR_INPUT)
			return fail(history, &why, err);
		pass_over(history, sink, history->name, why.text);
		return FEED_IDLE;
	}
	if (history->ahead)
		return FEED_MORE;
	while (history->unpack && (done < budget || history->at.offset == from)) {
		ssize_t got = unpack_read(history->unpack, history->buffer + history->held,
					  history->room - history->held, &why);

		if (got < 0 && why.kind != ERR_INPUT)
			return fail(history, &why, err);
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

/* The brother is at hand, to be read from its beginning or from the place of the cursor. */
static bool
begin(struct history *history, const struct rotated_file *file, struct unpack *unpack,
      struct span head)
{
	struct history_cursor *at = &history->at;
	char *name = strdup(file->path);

	if (!name) {
		unpack_free(unpack);
		return false;
	}
	if (!history->resuming) {
		*at = (struct history_cursor){ .version = HISTORY_CURSOR,
					       .before = history_place_print(at),
					       .stray = at->stray };
		history->tail_known = 0;
	}
	at->modified = file->modified;
	at->known = head.len;
	memcpy(at->head, head.at, head.len);
	history->resuming = false;
	history->ahead = at->offset;
	history->unpack = unpack;
	history->name = name;
	return true;
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
	if (ok && begin(history, file, unpack, head))
		return TAKEN;
	if (ok)
		err_set(&why, ERR_BUSY, "out of memory");
	if (why.kind == ERR_BUSY) {
		err_set(err, ERR_BUSY, "%s: %s", file->path, why.text);
		return TAKEN_ERROR;
	}
	pass_over(history, sink, file->path, why.text);
	history->passed = *file; /* and not told of again while there is no log to go on with */
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

/* Is none of those before `left` compressed? */
static bool
plain(const struct history *history, const struct rotated *brothers,
      const struct history_place *place, const struct stat *path, size_t left)
{
	const struct rotated_file *file;

	for (; (file = history_place_oldest(&history->at, brothers, place, path, &left)); left--)
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
	size_t left = rotated_younger(brothers, &history->passed);

	if (left > place->left)
		left = place->left;
	file = history_place_oldest(&history->at, brothers, place, &path, &left);
	if (history->unsure)
		settle(history, file != NULL, place, sink);
	for (; file;
	     left--, file = history_place_oldest(&history->at, brothers, place, &path, &left)) {
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
