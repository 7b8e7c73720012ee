#include "daemon/source/brother.h"

#include "daemon/core/hash.h"
#include "daemon/source/identity.h"

#include <unistd.h>

bool
brother_fd(const struct rotated_file *file, int *fd_out, struct stat *status_out, struct err *err)
{
	if (!identity_open(file->path, fd_out, status_out, err))
		return false;
	if (*fd_out >= 0 &&
	    (status_out->st_dev != file->device || status_out->st_ino != file->inode)) {
		close(*fd_out);
		*fd_out = -1;
	}
	return true;
}

enum brother_look
brother_open(const struct rotated_file *file, struct unpack **unpack_out, struct span *head_out,
	     struct err *err)
{
	struct span path = span_of(file->path);
	struct unpack *unpack;
	struct stat status;
	int fd;

	if (file->compressed && !span_ends(path, SPAN(".gz")) && !span_ends(path, SPAN(".zst"))) {
		err_set(err, ERR_INPUT, "is compressed in a way that is not read");
		return BROTHER_CLOSED;
	}
	if (!brother_fd(file, &fd, &status, err))
		return BROTHER_CLOSED;
	if (fd < 0)
		return BROTHER_MOVED;
	unpack = unpack_open(fd, err);
	if (unpack && unpack_peek(unpack, FOLLOW_PRINT, head_out, err)) {
		*unpack_out = unpack;
		return BROTHER_OPEN;
	}
	unpack_free(unpack);
	if (err->kind == ERR_SYSTEM)
		err->kind = ERR_BUSY; /* a read error is never the end */
	return BROTHER_CLOSED;
}

bool
brother_goes_on(struct unpack *unpack, struct span before, struct err *err)
{
	char bytes[FOLLOW_PRINT];
	size_t done = 0;

	while (done < before.len) {
		ssize_t got = unpack_read(unpack, bytes + done, before.len - done, err);

		if (got < 0)
			return false;
		if (got == 0)
			return err_set(err, ERR_INPUT, "it is shorter than what was read of it");
		done += (size_t)got;
	}
	return memcmp(bytes, before.at, before.len) == 0 ||
	       err_set(err, ERR_INPUT, "it is not what was read of it before");
}

bool
brother_is(struct span head, struct span known)
{
	return known.len && span_begins(head, known) &&
	       (known.len >= IDENTITY_ENOUGH || known.len == head.len);
}

uint64_t
brother_print(struct span head)
{
	uint64_t print = hash_span(head, 0);

	return print ? print : 1;
}

uint64_t
brother_newest(const char *path)
{
	const struct rotated_file *newest = NULL;
	struct unpack *unpack;
	struct rotated list;
	struct err err = { 0 };
	struct span head;
	uint64_t print = 0;

	if (!rotated_list(path, &list, &err))
		return 0;
	for (size_t i = 0; i < list.count; i++)
		if (!newest || list.files[i].modified > newest->modified)
			newest = &list.files[i];
	if (newest && brother_open(newest, &unpack, &head, &err) == BROTHER_OPEN) {
		print = brother_print(head);
		unpack_free(unpack);
	}
	rotated_free(&list);
	return print;
}
