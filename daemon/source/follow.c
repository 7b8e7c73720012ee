#include "daemon/source/follow.h"

#include "daemon/source/brother.h"
#include "daemon/source/heir.h"
#include "daemon/source/identity.h"
#include "daemon/sys/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_BYTES ((size_t)256 << 10)
#define OFFSET_MAX (UINT64_MAX >> 2)
#define MOVES 32 /* from file to file in one call */

struct follow {
	char *path;
	size_t max_line;
	struct follow_cursor
		at;    /* all about the file at hand; what to look for when there is none */
	int fd;	       /* -1: none at hand */
	uint64_t size; /* as last seen */
	struct follow_stray stray;
	struct heir_watch watch; /* what the path named at the last looks */
	char *buffer;		 /* the bytes before the place, then what was read */
	size_t room;
	struct span rest; /* in buffer: what follows the last newline of the file at hand */
};

enum reading {
	READING_END,
	READING_MORE,
	READING_CHANGED, /* what stands before the place is not what we read */
	READING_STRAYED,
	READING_ERROR,
};

struct follow *
follow_open(const struct follow_options *options, const struct follow_cursor *resume,
	    struct err *err)
{
	struct follow *follow;

	if (resume && (resume->version != FOLLOW_CURSOR || resume->offset > OFFSET_MAX)) {
		err_set(err, ERR_INPUT, "the stored cursor of %s is of another version",
			options->path);
		return NULL;
	}
	follow = calloc(1, sizeof(*follow));
	if (!follow)
		goto out;
	follow->fd = -1;
	follow->max_line = options->max_line ? options->max_line : FOLLOW_LINE_MAX;
	follow->room =
		FOLLOW_PRINT + (follow->max_line < READ_BYTES ? READ_BYTES : follow->max_line + 1);
	follow->path = strdup(options->path);
	follow->buffer = malloc(follow->room);
	if (!follow->path || !follow->buffer)
		goto out;
	if (resume)
		follow->at = *resume;
	follow->at.version = FOLLOW_CURSOR;
	return follow;
out:
	err_set(err, ERR_SYSTEM, "out of memory");
	follow_free(follow);
	return NULL;
}

static void
leave(struct follow *follow)
{
	if (follow->fd >= 0)
		close(follow->fd);
	follow->fd = -1;
	follow->rest = (struct span){ 0 };
}

void
follow_free(struct follow *follow)
{
	if (!follow)
		return;
	leave(follow);
	free(follow->path);
	free(follow->buffer);
	free(follow);
}

static void
see(struct follow *follow, const struct stat *status)
{
	follow->size = (uint64_t)status->st_size;
	follow->at.modified =
		status->st_mtim.tv_sec * INT64_C(1000000000) + status->st_mtim.tv_nsec;
}

/* Takes `fd` over as the file at hand, unread or read up to where the cursor is already. */
static void
take(struct follow *follow, int fd, const struct stat *status, bool at_path, bool unread)
{
	if (unread)
		follow->at = (struct follow_cursor){ .version = FOLLOW_CURSOR };
	follow->at.device = status->st_dev;
	follow->at.inode = status->st_ino;
	snprintf(follow->at.boot, sizeof(follow->at.boot), "%s", clock_boot_id());
	leave(follow);
	follow->fd = fd;
	see(follow, status);
	follow->watch = (struct heir_watch){ .current = at_path };
}

void
follow_begin(struct follow *follow, int fd, const struct stat *status, bool at_path,
	     uint64_t before)
{
	take(follow, fd, status, at_path, true);
	follow->at.before = before;
}

/*
 * Stands at the end of a file that is shorter than what was read, or at the same place of one that
 * has grown again since: in the midst of a line there, which is then skipped.
 */
static bool
stand_in_cut(struct follow *follow, int fd, const struct stat *status, struct err *err)
{
	struct follow_cursor at = follow->at;
	uint64_t size = (uint64_t)status->st_size;
	size_t known, head, tail;

	if (at.offset > size)
		at.offset = size;
	known = identity_known(at.offset);
	if (!identity_bytes(fd, 0, at.head, known, &head, err) ||
	    !identity_bytes(fd, at.offset - known, at.tail, known, &tail, err))
		return false;
	if (head != known || tail != known)
		return err_set(err, ERR_BUSY, "%s is changing", follow->path);
	at.skipping = at.offset < size && known && at.tail[known - 1] != '\n';
	follow->at = at;
	return true;
}

static void
tell_found(const struct identity_found *found, const struct follow_sink *sink)
{
	switch (found->identity) {
	case IDENTITY_SAME:
		break;
	case IDENTITY_COPY:
		if (found->truncated)
			sink->gap(sink->ctx, "the log was copied and truncated: lines written "
					     "meanwhile are lost");
		break;
	case IDENTITY_CUT:
		sink->gap(sink->ctx, "the log has lost lines that were read already: going on at "
				     "its end");
		break;
	case IDENTITY_OTHER:
		break;
	}
}

/* Finds the file to read. READING_END: there is none yet, or it is at hand. */
static enum reading
attach(struct follow *follow, const struct follow_sink *sink, struct err *err)
{
	struct identity_found found = { .fd = -1, .identity = IDENTITY_SAME, .at_path = true };
	bool fresh = follow->at.inode == 0;
	struct stat status;

	if (fresh) {
		if (!identity_open(follow->path, &found.fd, &status, err))
			return READING_ERROR;
	} else if (!identity_find(follow->path, &follow->at, &found, err)) {
		return READING_ERROR;
	}
	if (found.fd < 0)
		return READING_END;
	if (found.identity == IDENTITY_OTHER) {
		close(found.fd);
		follow->stray = (struct follow_stray){ .truncated = found.truncated };
		return READING_STRAYED;
	}
	if (fstat(found.fd, &status) != 0)
		err_set(err, ERR_SYSTEM, "cannot stat %s: %s", follow->path, strerror(errno));
	else if (found.identity != IDENTITY_CUT || stand_in_cut(follow, found.fd, &status, err)) {
		take(follow, found.fd, &status, found.at_path, fresh);
		if (fresh) /* what is older is not to be read, also when this file is gone */
			follow->at.before = brother_newest(follow->path);
		tell_found(&found, sink);
		return READING_END;
	}
	close(found.fd);
	return READING_ERROR;
}

/* Gives the whole lines of `bytes`; says how many bytes are done with. */
static size_t
give_lines(struct follow *follow, struct span bytes, bool at_end, size_t budget,
	   const struct follow_sink *sink)
{
	size_t done = 0;

	while (done < bytes.len && done < budget) {
		struct span left = span_after(bytes, done);
		const char *newline;
		size_t length;

		if (!follow->at.skipping && *left.at == '\0') {
			for (length = 0; length < left.len && left.at[length] == '\0';)
				length++;
			if (length == left.len && at_end)
				break; /* some filesystems show the size before the bytes */
			done += length;
			continue;
		}
		newline = memchr(left.at, '\n', left.len);
		length = newline ? (size_t)(newline - left.at) : left.len;
		if (!follow->at.skipping && length > follow->max_line)
			sink->too_long(sink->ctx);
		else if (!follow->at.skipping && !newline)
			break;
		else if (!follow->at.skipping)
			sink->line(sink->ctx, (struct span){ left.at, length });
		follow->at.skipping = !newline;
		done += length + (newline != NULL);
	}
	return done;
}

/* Moves the cursor over `done` bytes of the buffer, which begins with the `known` before it. */
static void
move(struct follow *follow, size_t known, size_t done)
{
	struct follow_cursor *at = &follow->at;
	size_t head = identity_known(at->offset);
	size_t more = identity_known(at->offset + done) - head;
	size_t tail = identity_known(at->offset + done);

	memcpy(at->head + head, follow->buffer + known, more);
	memcpy(at->tail, follow->buffer + known + done - tail, tail);
	at->offset += done;
}

/*
 * Reads the file at hand to its end. Each read begins before the place, so that the very bytes
 * that are given are known to continue what was read.
 */
static enum reading
drain(struct follow *follow, size_t *budget, const struct follow_sink *sink, struct err *err)
{
	struct stat status;

	if (fstat(follow->fd, &status) == 0)
		see(follow, &status);
	while (*budget) {
		size_t known = identity_known(follow->at.offset), got, done;
		struct span bytes;

		if (!identity_bytes(follow->fd, follow->at.offset - known, follow->buffer,
				    follow->room - FOLLOW_PRINT + known, &got, err)) {
			if (errno == ESTALE) /* NFS: this descriptor will never work again */
				leave(follow);
			err_while(err, "following %s", follow->path);
			return READING_ERROR;
		}
		if (got < known || memcmp(follow->buffer, follow->at.tail, known) != 0)
			return READING_CHANGED;
		bytes = (struct span){ follow->buffer + known, got - known };
		done = give_lines(follow, bytes, got < follow->room - FOLLOW_PRINT + known, *budget,
				  sink);
		follow->rest = span_after(bytes, done);
		move(follow, known, done);
		if (done == 0)
			return READING_END;
		*budget -= done < *budget ? done : *budget;
	}
	return READING_MORE;
}

/* The file at hand is read to its end: a last line without newline will never get one. */
static uint64_t
finish(struct follow *follow, const struct follow_sink *sink)
{
	struct span rest = follow->rest;

	while (rest.len && *rest.at == '\0')
		rest = span_after(rest, 1);
	if (rest.len)
		sink->line(sink->ctx, rest);
	move(follow, identity_known(follow->at.offset), follow->rest.len);
	follow->rest = (struct span){ 0 };
	return brother_print((struct span){ follow->at.head, identity_known(follow->at.offset) });
}

/* Leaves the file at hand, read to its end, for `heir`, and takes its descriptor over. */
static bool
inherit(struct follow *follow, const struct heir *heir, const struct follow_sink *sink,
	struct err *err)
{
	enum identity identity;
	struct stat status;

	if (fstat(heir->fd, &status) != 0)
		return err_set(err, ERR_SYSTEM, "cannot stat %s: %s", follow->path,
			       strerror(errno));
	if (!identity_judge(heir->fd, &follow->at, &identity, err))
		return err_while(err, "following %s", follow->path);
	if (identity == IDENTITY_COPY) { /* the same content in another file: rewritten in place */
		take(follow, heir->fd, &status, heir->at_path, false);
		return true;
	}
	if (heir->missed)
		sink->gap(sink->ctx, "the log was rotated so often that files were removed before "
				     "they were read: lines are lost");
	follow_begin(follow, heir->fd, &status, heir->at_path, finish(follow, sink));
	return true;
}

/* From the end of the file at hand to the next one, if there is one. */
static enum reading
advance(struct follow *follow, size_t *budget, const struct follow_sink *sink, struct err *err)
{
	enum reading reading;
	struct heir heir;

	if (!heir_find(follow->path, follow->fd, &follow->at, &follow->watch, &heir, err))
		return READING_ERROR;
	if (heir.fd < 0 && !heir.strayed)
		return READING_END;
	reading = *budget ? drain(follow, budget, sink, err) : READING_MORE; /* once more */
	if (reading == READING_END && heir.strayed) {
		finish(follow, sink);
		follow->stray = (struct follow_stray){ .read = true };
		return READING_STRAYED;
	}
	if (reading == READING_END) {
		reading = READING_MORE;
		if (inherit(follow, &heir, sink, err))
			return reading;
		reading = READING_ERROR;
	}
	if (heir.fd >= 0)
		close(heir.fd);
	return reading;
}

enum follow_status
follow_read(struct follow *follow, size_t budget, const struct follow_sink *sink, struct err *err)
{
	for (unsigned moves = 0; moves < MOVES; moves++) {
		enum reading reading = READING_END;

		if (follow->fd < 0)
			reading = attach(follow, sink, err);
		if (reading == READING_END && follow->fd < 0)
			return FOLLOW_IDLE;
		if (reading == READING_END)
			reading = drain(follow, &budget, sink, err);
		if (reading == READING_END)
			reading = advance(follow, &budget, sink, err);
		if (reading == READING_CHANGED || reading == READING_STRAYED)
			leave(follow);
		if (reading == READING_STRAYED)
			return FOLLOW_STRAYED;
		if (reading == READING_ERROR)
			return FOLLOW_ERROR;
		if (reading == READING_END)
			return FOLLOW_IDLE;
		if (budget == 0)
			return FOLLOW_MORE;
	}
	return FOLLOW_MORE;
}

void
follow_cursor(const struct follow *follow, struct follow_cursor *out)
{
	*out = follow->at;
}

const struct follow_stray *
follow_stray(const struct follow *follow)
{
	return &follow->stray;
}

uint64_t
follow_behind(const struct follow *follow)
{
	return follow->size > follow->at.offset ? follow->size - follow->at.offset : 0;
}
