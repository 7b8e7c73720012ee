#include "daemon/source/heir.h"

#include "daemon/source/brother.h"
#include "daemon/source/identity.h"
#include "daemon/source/rotated.h"

#include <errno.h>
#include <unistd.h>

static bool
same(const struct stat *a, dev_t device, ino_t inode)
{
	return a->st_dev == device && a->st_ino == inode;
}

/* Opens the file that was seen under this name; `*fd_out` is -1 when it is another one by now. */
static bool
open_seen(const char *path, dev_t device, ino_t inode, int *fd_out, struct err *err)
{
	struct stat status;

	if (!identity_open(path, fd_out, &status, err))
		return false;
	if (*fd_out >= 0 && !same(&status, device, inode)) {
		close(*fd_out);
		*fd_out = -1;
	}
	return true;
}

/* An empty file is nobody's heir yet: whoever writes may not have turned to it. */
static void
wait_for_content(int *fd)
{
	struct stat status;

	if (*fd < 0 || fstat(*fd, &status) != 0 || status.st_size)
		return;
	close(*fd);
	*fd = -1;
}

/* Is this brother the file at hand, or the one before it? BROTHER_OPEN: no, it is another. */
static enum brother_look
other_than(const struct rotated_file *brother, const struct follow_cursor *at, bool *ours_out)
{
	struct span known = { at->head, identity_known(at->offset) }, head;
	struct err err = { 0 };
	struct unpack *unpack;
	enum brother_look look = brother_open(brother, &unpack, &head, &err);

	if (look != BROTHER_OPEN)
		return look;
	*ours_out = *ours_out || brother_is(head, known) || brother_print(head) == at->before;
	unpack_free(unpack);
	return look;
}

/*
 * The file at hand is not among the brothers as it was: compressed, or removed. Were others rotated
 * since? Then the youngest brother is neither it nor the one before it.
 */
static bool
rotated_again(const struct rotated *brothers, const struct follow_cursor *at, bool *moving_out)
{
	bool ours = false, younger = false;

	for (size_t i = 0; i < brothers->count; i++) {
		const struct rotated_file *brother = &brothers->files[i];
		enum brother_look look;

		if (i && brother->dated == brother[-1].dated)
			continue; /* not the youngest of its kind */
		look = other_than(brother, at, &ours);
		*moving_out = *moving_out || look == BROTHER_MOVED;
		younger = younger || (look == BROTHER_OPEN && brother->modified > at->modified);
	}
	return younger && !ours;
}

/*
 * Of multilog's only the oldest is ever removed, so that all that are left are younger; two at
 * least, as a rule. Else a processor ("!cat") has put what it made of the file at hand in its
 * place, which is not to be read: `*missed_out` when it may have done so with more files since.
 */
static bool
removed_as_oldest(const struct rotated *brothers, const struct follow_cursor *at, bool *missed_out)
{
	size_t older = 0, younger = 0;

	for (size_t i = 0; i < brothers->count; i++) {
		older += brothers->files[i].modified < at->modified;
		younger += brothers->files[i].modified > at->modified;
	}
	*missed_out = younger > 1 || brothers->count < 2;
	return older == 0 && brothers->count > 1;
}

/* `now` is what the path names; nothing: st_ino is 0. */
static bool
choose(const char *path, const struct stat *ours, const struct stat *now,
       const struct rotated *brothers, const struct follow_cursor *at, struct heir_watch *watch,
       struct heir *out, struct err *err)
{
	const struct rotated_file *mine = rotated_find(brothers, ours->st_dev, ours->st_ino);
	bool seen = same(now, watch->next.st_dev, watch->next.st_ino);
	bool gone = brothers->stamped && !mine && ours->st_nlink == 0, missed = false;
	bool removed = gone && removed_as_oldest(brothers, at, &missed) && !seen;
	bool known = mine || (watch->current && !removed) || seen;
	const struct rotated_file *next = mine	    ? rotated_next(brothers, mine)
					  : removed ? rotated_oldest(brothers)
						    : NULL;
	bool moving = false;

	out->missed = (removed || missed) && !seen;
	if (next && !same(now, next->device, next->inode)) { /* the path may be a link to it */
		out->strayed = next->compressed;
		if (out->strayed)
			return true;
		if (!open_seen(next->path, next->device, next->inode, &out->fd, err))
			return false;
		if (now->st_ino == 0 && !rotated_next(brothers, next))
			wait_for_content(&out->fd); /* the link to it may come next */
		return true;
	}
	if (now->st_ino == 0)
		return true;
	if (!gone && !mine)
		out->strayed = !known || (watch->current && rotated_again(brothers, at, &moving));
	out->strayed = out->strayed && !moving;
	if (out->strayed || moving)
		return true;
	if (known)
		watch->next = *now;
	watch->current = false;
	out->at_path = true;
	return now->st_size == 0 || open_seen(path, now->st_dev, now->st_ino, &out->fd, err);
}

/*
 * Lists the brothers. `*moving_out`: a second look saw others. They are being renamed just now, and
 * one may have been overlooked, or the directory was shut for a moment.
 */
static bool
list(const char *path, struct rotated *out, bool *moving_out, struct err *err)
{
	struct rotated again;

	*moving_out = false;
	if (!rotated_list(path, out, err) || !rotated_list(path, &again, err))
		return false;
	*moving_out = !rotated_same(out, &again);
	rotated_free(&again);
	return true;
}

bool
heir_find(const char *path, int ours, const struct follow_cursor *at, struct heir_watch *watch,
	  struct heir *out, struct err *err)
{
	struct stat mine, now = { 0 };
	struct rotated brothers;
	bool moving, ok;

	*out = (struct heir){ .fd = -1 };
	if (fstat(ours, &mine) != 0 || (stat(path, &now) != 0 && errno != ENOENT))
		return err_set(err, ERR_SYSTEM, "cannot stat %s: %s", path, strerror(errno));
	if (same(&now, mine.st_dev, mine.st_ino)) {
		watch->current = true;
		return true;
	}
	ok = list(path, &brothers, &moving, err);
	fstat(ours, &mine); /* whether it has a name, when it is not in the list */
	ok = ok && (moving || choose(path, &mine, &now, &brothers, at, watch, out, err));
	rotated_free(&brothers);
	return ok;
}
