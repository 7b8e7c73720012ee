#include "daemon/source/history_place.h"

#include <assert.h>

/* Looks through the brothers, the newest first. */
static bool
search(const struct history_cursor *at, const struct rotated *brothers, struct history_place *out,
       struct err *err)
{
	struct span known = { at->head, (size_t)at->known };

	assert(brothers->files || brothers->count == 0);
	for (size_t i = 0; i < brothers->count && !out->found; i++) {
		const struct rotated_file *file = &brothers->files[i];
		struct err why = { 0 };
		struct unpack *unpack;
		struct span head;
		enum brother_look look = brother_open(file, &unpack, &head, &why);

		out->moved = out->moved || look == BROTHER_MOVED;
		if (look == BROTHER_CLOSED && why.kind == ERR_BUSY) /* it may be the one */
			return err_set(err, why.kind, "%s: %s", file->path, why.text);
		if (look != BROTHER_OPEN)
			continue;
		out->found = brother_is(head, known) ||
			     (known.len && file->modified >= at->modified &&
			      span_begins(head, known)); /* of one that was hardly begun */
		if (out->found || (!out->near && brother_print(head) == at->before))
			out->near = file;
		unpack_free(unpack);
	}
	return true;
}

/* That a file is gone, or the last one, is said of a directory that is the same at two looks. */
static bool
steady(const char *path, const struct rotated *brothers, bool *steady_out, struct err *err)
{
	struct rotated again;

	if (!rotated_list(path, &again, err))
		return false;
	*steady_out = rotated_same(brothers, &again);
	rotated_free(&again);
	return true;
}

bool
history_place(const char *path, const struct history_cursor *at, bool on,
	      const struct rotated *brothers, struct history_place *out, struct err *err)
{
	bool same;

	*out = (struct history_place){ .left = brothers->count };
	if (!steady(path, brothers, &same, err))
		return false;
	out->moved = !same;
	if (at->modified == INT64_MIN)
		return true;
	if (!search(at, brothers, out, err))
		return false;
	if (out->near)
		out->left = (size_t)(out->near - brothers->files) + (out->found && on);
	return true;
}

/* A brother that is left, but as old as what was read, or older. */
static bool
passes(const struct history_cursor *at, const struct history_place *place,
       const struct rotated_file *file)
{
	if (at->modified == INT64_MIN || (place->near && place->near->dated == file->dated) ||
	    (place->found && !at->stray))
		return false;
	return file->modified <= at->modified;
}

const struct rotated_file *
history_place_oldest(const struct history_cursor *at, const struct rotated *brothers,
		     const struct history_place *place, const struct stat *path, size_t *left)
{
	for (; *left; --*left) {
		const struct rotated_file *file = &brothers->files[*left - 1];

		if (path->st_dev == file->device && path->st_ino == file->inode)
			break; /* the path is a link to it: it and all younger are the follower's */
		if (!passes(at, place, file))
			return file;
	}
	return NULL;
}

uint64_t
history_place_print(const struct history_cursor *at)
{
	return at->known ? brother_print((struct span){ at->head, (size_t)at->known }) : at->before;
}
