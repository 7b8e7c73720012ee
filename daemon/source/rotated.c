#include "daemon/source/rotated.h"

#include "daemon/base/span.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STAMP_DIGITS 24 /* TAI64N */
#define UNSTAMPED "g"	/* younger than any stamp */
#define NUMBER_DIGITS 4 /* path.9999; more digits are a date or a time */

static const struct span compressions[] = {
	{ ".gz", 3 }, { ".xz", 3 }, { ".bz2", 4 }, { ".zst", 4 }, { ".lz4", 4 }, { ".Z", 2 },
};

/*
 * "@400000006b08811e20857e2c.s" beside "current": multilog's, svlogd's and s6-log's. The stamp is
 * of the rotation; .u is one that was not finished, and multilog's "previous" has no stamp yet.
 */
static bool
read_stamp(struct span name, struct rotated_file *out)
{
	if (span_equal(name, SPAN("previous"))) {
		out->dated = span_copy(SPAN(UNSTAMPED), out->key, sizeof(out->key));
		return out->dated;
	}
	if (name.len != STAMP_DIGITS + 3 || name.at[0] != '@' || name.at[STAMP_DIGITS + 1] != '.' ||
	    !strchr("su", name.at[STAMP_DIGITS + 2]) ||
	    !span_copy((struct span){ name.at + 1, STAMP_DIGITS }, out->key, sizeof(out->key)))
		return false;
	out->dated = true;
	return out->key[strspn(out->key, "0123456789abcdef")] == '\0';
}

/* Reads what follows the log's own name in a brother's. False when it is no brother. */
static bool
read_suffix(struct span suffix, struct rotated_file *out)
{
	char separator = suffix.len ? suffix.at[0] : '\0';

	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++) {
		if (!span_ends(suffix, compressions[i]))
			continue;
		suffix.len -= compressions[i].len;
		out->compressed = true;
		break;
	}
	suffix = span_after(suffix, 1);
	if (!strchr(".-_", separator) || suffix.len == 0 || suffix.at[0] < '0' ||
	    suffix.at[0] > '9' || !span_copy(suffix, out->key, sizeof(out->key)))
		return false;
	out->dated = suffix.len > NUMBER_DIGITS;
	return out->key[strspn(out->key, out->dated ? "0123456789-_.T:" : "0123456789")] == '\0';
}

static int
by_age(const void *left, const void *right)
{
	const struct rotated_file *a = left, *b = right;
	int order;

	if (a->dated != b->dated)
		return a->dated ? 1 : -1;
	if (a->dated) {
		order = strcmp(b->key, a->key);
	} else {
		long one = strtol(a->key, NULL, 10), other = strtol(b->key, NULL, 10);

		order = (one > other) - (one < other);
	}
	return order ? order : (int)a->compressed - (int)b->compressed;
}

static bool
add(struct rotated *list, int directory, struct span folder, const char *name,
    const struct rotated_file *as, struct err *err)
{
	struct rotated_file *files, *file;
	struct stat status;

	if (list->count == ROTATED_FILES || fstatat(directory, name, &status, 0) != 0 ||
	    !S_ISREG(status.st_mode))
		return true;
	files = realloc(list->files, (list->count + 1) * sizeof(*files));
	if (!files)
		return err_set(err, ERR_SYSTEM, "out of memory");
	list->files = files;
	file = &files[list->count];
	*file = *as;
	file->device = status.st_dev;
	file->inode = status.st_ino;
	file->modified = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
	if (asprintf(&file->path, "%.*s/%s", (int)folder.len, folder.at, name) < 0)
		return err_set(err, ERR_SYSTEM, "out of memory");
	list->count++;
	return true;
}

static bool
same_file(const struct rotated_file *a, const struct rotated_file *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/*
 * A file that is being compressed exists twice for a while; the readable one speaks for both. So
 * does "previous", which gets its stamp as a second name first.
 */
static void
drop_doubles(struct rotated *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct rotated_file *file = &list->files[i];

		if ((kept && file->compressed && file->dated == list->files[kept - 1].dated &&
		     strcmp(file->key, list->files[kept - 1].key) == 0) ||
		    (i + 1 < list->count && same_file(file, &list->files[i + 1])))
			free(file->path);
		else
			list->files[kept++] = *file;
	}
	list->count = kept;
}

bool
rotated_list(const char *path, struct rotated *out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct span folder = slash ? (struct span){ path, (size_t)(slash - path) } : SPAN(".");
	struct span base = span_of(slash ? slash + 1 : path);
	char *where = slash == path ? strdup("/") : strndup(folder.at, folder.len);
	DIR *directory = where ? opendir(where) : NULL;
	int why = errno;
	struct dirent *entry;
	bool ok = true;

	*out = (struct rotated){ .stamped = span_equal(base, SPAN("current")) };
	free(where);
	if (!directory && (why == EACCES || why == ENOENT))
		return true;
	if (!directory)
		return err_set(err, ERR_SYSTEM, "cannot list %.*s: %s", (int)folder.len, folder.at,
			       strerror(why));
	while (ok && (entry = readdir(directory))) {
		struct span name = span_of(entry->d_name);
		struct rotated_file file = { 0 };

		if ((out->stamped && read_stamp(name, &file)) ||
		    (span_begins(name, base) && read_suffix(span_after(name, base.len), &file)))
			ok = add(out, dirfd(directory), folder, entry->d_name, &file, err);
	}
	closedir(directory);
	if (!ok) {
		rotated_free(out);
		return false;
	}
	if (out->count)
		qsort(out->files, out->count, sizeof(*out->files), by_age);
	drop_doubles(out);
	return true;
}

void
rotated_free(struct rotated *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->files[i].path);
	free(list->files);
	*list = (struct rotated){ 0 };
}

bool
rotated_same(const struct rotated *a, const struct rotated *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++) {
		const struct rotated_file *one = &a->files[i], *other = &b->files[i];

		same = same_file(one, other) && strcmp(one->path, other->path) == 0;
	}
	return same;
}

const struct rotated_file *
rotated_find(const struct rotated *list, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct rotated_file *file = &list->files[i];

		if (!file->compressed && file->device == device && file->inode == inode)
			return file;
	}
	return NULL;
}

const struct rotated_file *
rotated_next(const struct rotated *list, const struct rotated_file *file)
{
	return file > list->files && file[-1].dated == file->dated ? file - 1 : NULL;
}

size_t
rotated_younger(const struct rotated *list, const struct rotated_file *file)
{
	size_t count = 0;

	while (count < list->count && !(same_file(&list->files[count], file) &&
					list->files[count].modified == file->modified))
		count++;
	return count;
}

const struct rotated_file *
rotated_oldest(const struct rotated *list)
{
	return list->count ? &list->files[list->count - 1] : NULL;
}
