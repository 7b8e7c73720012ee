/*
 * What a log was renamed to: the older brothers of a path in its directory, as logrotate,
 * newsyslog, exicyclog and `postfix logrotate` name them: path.1, path.01, path-20261124,
 * path.20261124-163212, and beside "current" @400000006b08811e20857e2c.s, which multilog calls
 * "previous" at first; each also compressed (.gz, .xz, ...).
 */
#ifndef SOURCE_ROTATED_H
#define SOURCE_ROTATED_H

#include "daemon/base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ROTATED_FILES 1024 /* more in one directory are not looked at */
#define ROTATED_KEY 40

struct rotated_file {
	char *path; /* owned */
	dev_t device;
	ino_t inode;
	int64_t modified;      /* nanoseconds; compression keeps it */
	char key[ROTATED_KEY]; /* what its name says of its age, digits first */
	bool dated; /* the key is a date, a greater one is newer; else a number, less is newer */
	bool compressed;
};

/* Numbered ones first, then dated ones; in each kind the newest first. */
struct rotated {
	struct rotated_file *files; /* owned */
	size_t count;
	bool stamped; /* multilog's: only the oldest is ever removed */
};

/*
 * Lists the brothers of `path`; none, also because the directory may not be listed, is not an
 * error. rotated_free after it.
 */
MUST_USE bool rotated_list(const char *path, struct rotated *out, struct err *err);
void rotated_free(struct rotated *list);

/* The same files under the same names: nobody rotated between the two lists. */
bool rotated_same(const struct rotated *a, const struct rotated *b);

/* The brother with this identity that is not compressed, or NULL. */
const struct rotated_file *rotated_find(const struct rotated *list, dev_t device, ino_t inode);

/* The next younger brother of the same kind, or NULL: then `path` itself is next. */
const struct rotated_file *rotated_next(const struct rotated *list,
					const struct rotated_file *file);

/* How many are younger than this one as it was seen; all, when it is not there like that. */
size_t rotated_younger(const struct rotated *list, const struct rotated_file *file);

/* The oldest brother of all, or NULL. */
const struct rotated_file *rotated_oldest(const struct rotated *list);

#endif
