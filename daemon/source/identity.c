#include "daemon/source/identity.h"

#include "daemon/source/rotated.h"
#include "daemon/sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LOOKS 8 /* at a directory that is never the same twice */

size_t
identity_known(uint64_t offset)
{
	return offset < FOLLOW_PRINT ? (size_t)offset : FOLLOW_PRINT;
}

/* Not now, but perhaps at the next try. */
static bool
passing(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
}

bool
identity_open(const char *path, int *fd_out, struct stat *status_out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool absent = fd < 0 && errno == ENOENT;

	if (absent) {
		*fd_out = -1;
		return true;
	}
	if (fd < 0)
		return err_set(err, passing(errno) ? ERR_BUSY : ERR_SYSTEM, "cannot open %s: %s",
			       path, strerror(errno));
	if (fstat(fd, status_out) != 0)
		err_set(err, ERR_SYSTEM, "cannot stat %s: %s", path, strerror(errno));
	else if (!S_ISREG(status_out->st_mode))
		err_set(err, ERR_INPUT, "%s is not a regular file", path);
	else {
		*fd_out = fd;
		return true;
	}
	close(fd);
	return false;
}

bool
identity_bytes(int fd, uint64_t offset, char *out, size_t size, size_t *read_out, struct err *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(fd, out + done, size - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int why = errno;

			err_set(err, ERR_SYSTEM, "cannot read: %s", strerror(why));
			errno = why;
			return false;
		}
		if (got == 0)
			break;
		done += (size_t)got;
	}
	*read_out = done;
	return true;
}

/* Device numbers may change from boot to boot. */
static bool
same_file(const struct stat *status, const struct follow_cursor *cursor, bool same_boot)
{
	return status->st_ino == cursor->inode && (status->st_dev == cursor->device || !same_boot);
}

static enum identity
judge(const struct follow_cursor *cursor, struct span head, struct span tail, bool same_inode,
      bool same_boot)
{
	size_t known = identity_known(cursor->offset);
	size_t enough = known < IDENTITY_ENOUGH ? known : IDENTITY_ENOUGH;
	/* a cut within a short head leaves less; a long one must be whole: its first line may be
	 * one that every log of this program begins with */
	size_t first = known < FOLLOW_PRINT ? enough : known;
	struct span remembered = { cursor->head, known };

	if (span_equal(head, remembered) &&
	    span_equal(tail, (struct span){ cursor->tail, known })) {
		if (same_inode)
			return IDENTITY_SAME;
		return known < IDENTITY_ENOUGH ? IDENTITY_OTHER : IDENTITY_COPY;
	}
	if (head.len > first)
		head.len = first;
	remembered.len = head.len;
	return same_inode && span_equal(head, remembered) && (head.len >= enough || !same_boot)
		       ? IDENTITY_CUT
		       : IDENTITY_OTHER;
}

bool
identity_judge(int fd, const struct follow_cursor *cursor, enum identity *out, struct err *err)
{
	bool same_boot = strncmp(cursor->boot, clock_boot_id(), sizeof(cursor->boot)) == 0;
	size_t known = identity_known(cursor->offset), head_len, tail_len;
	char head[FOLLOW_PRINT], tail[FOLLOW_PRINT];
	struct stat status;

	if (fstat(fd, &status) != 0)
		return err_set(err, ERR_SYSTEM, "cannot stat: %s", strerror(errno));
	if (!identity_bytes(fd, 0, head, known, &head_len, err) ||
	    !identity_bytes(fd, cursor->offset - known, tail, known, &tail_len, err))
		return false;
	*out = judge(cursor, (struct span){ head, head_len }, (struct span){ tail, tail_len },
		     same_file(&status, cursor, same_boot), same_boot);
	return true;
}

/*
 * Was this file made after the cursor's was written last? Then it is another one with its number,
 * which the filesystem gives again. False where it does not keep when a file was made.
 */
static bool
born_later(int fd, const struct follow_cursor *cursor)
{
	struct statx made;

	return statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &made) == 0 &&
	       (made.stx_mask & STATX_BTIME) &&
	       made.stx_btime.tv_sec * INT64_C(1000000000) + made.stx_btime.tv_nsec >
		       cursor->modified;
}

/* Takes `fd` over: keeps it when it is the better one, else closes it. */
static bool
better(int fd, const struct follow_cursor *cursor, struct identity_found *best, struct err *err)
{
	enum identity identity;

	if (!identity_judge(fd, cursor, &identity, err)) {
		close(fd);
		return false;
	}
	if (identity <= best->identity) {
		close(fd);
		return true;
	}
	if (best->fd >= 0)
		close(best->fd);
	best->fd = fd;
	best->identity = identity;
	best->at_path = false;
	return true;
}

static bool
search_brothers(const struct rotated *list, const struct follow_cursor *cursor,
		struct identity_found *best, struct err *err)
{
	for (size_t i = 0; i < list->count && best->identity != IDENTITY_SAME; i++) {
		const char *path = list->files[i].path;
		struct err why = { 0 };
		struct stat status;
		int fd = -1;

		if (list->files[i].compressed)
			continue;
		if (!identity_open(path, &fd, &status, &why) && why.kind == ERR_BUSY)
			return err_set(err, ERR_BUSY, "%s", why.text); /* it may be ours */
		if (fd >= 0 && !better(fd, cursor, best, err))
			return err_while(err, "%s", path);
	}
	return true;
}

/* One look; `brothers` are those that it saw, if it had to. */
static bool
look(const char *path, const struct follow_cursor *cursor, struct rotated *brothers,
     struct identity_found *out, struct err *err)
{
	struct identity_found best = { .fd = -1, .at_path = true };
	struct stat status;
	bool ok;

	if (!identity_open(path, &best.fd, &status, err))
		return false;
	ok = best.fd < 0 || identity_judge(best.fd, cursor, &best.identity, err);
	if (ok && best.fd >= 0)
		best.truncated = best.identity == IDENTITY_OTHER && cursor->offset != 0 &&
				 same_file(&status, cursor, true) && !born_later(best.fd, cursor);
	if (ok && best.identity != IDENTITY_SAME)
		ok = rotated_list(path, brothers, err) &&
		     search_brothers(brothers, cursor, &best, err);
	if (!ok) {
		if (best.fd >= 0)
			close(best.fd);
		return err_while(err, "following %s", path);
	}
	*out = best;
	return true;
}

bool
identity_find(const char *path, const struct follow_cursor *cursor, struct identity_found *out,
	      struct err *err)
{
	struct rotated before = { 0 };
	bool found = false, ok = true;

	for (unsigned looks = 0; ok && !found && looks < LOOKS; looks++) {
		struct rotated now = { 0 };
		struct identity_found seen;

		ok = look(path, cursor, &now, &seen, err);
		if (looks && out->fd >= 0)
			close(out->fd);
		if (ok)
			*out = seen;
		found = ok && (seen.fd < 0 || seen.identity >= IDENTITY_COPY ||
			       (looks && rotated_same(&before, &now)));
		rotated_free(&before);
		before = now;
	}
	rotated_free(&before);
	return ok;
}
