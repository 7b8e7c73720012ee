#include "daemon/store/store_files.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FILE_MODE 0640
#define COPY_MARK ".corrupt-"
#define RESERVE 1048576	       /* bytes */
#define RESERVE_STEP 131072    /* one use; a decision and all that is told of it takes a third */
#define RESERVE_BESIDE 4194304 /* free bytes beside it that ordinary work wants */
#define COPIES_MAX 256	       /* looked at when older ones are removed */

struct path {
	char text[PATH_MAX];
};

/* store_open refuses paths that leave no room for a suffix. */
static struct path
with(const char *path, const char *suffix)
{
	struct path out;
	struct text text = TEXT(out.text);

	text_add_span(&text, span_of(path));
	text_add_span(&text, span_of(suffix));
	return out;
}

static struct path
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct path out;

	if (!slash)
		return with(".", "");
	snprintf(out.text, sizeof(out.text), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return out;
}

static bool
system_error(struct err *err, const char *doing, const char *path)
{
	return err_set(err, ERR_SYSTEM, "cannot %s %s: %s", doing, path, strerror(errno));
}

static bool
sync_directory(const char *path, struct err *err)
{
	struct path directory = directory_of(path);
	int fd = open(directory.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (!good)
		system_error(err, "sync directory", directory.text);
	if (fd >= 0)
		close(fd);
	return good;
}

bool
store_files_lock(const char *path, int *fd_out, struct err *err)
{
	struct path name = with(path, ".lock");
	int fd = open(name.text, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	char owner[16] = "";
	ssize_t got;

	if (fd < 0)
		return system_error(err, "open", name.text);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		int length = snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());

		/* Only for people: a full disk must not keep the daemon from starting. */
		if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, (size_t)length, 0) != length)
			errno = 0;
		*fd_out = fd;
		return true;
	}
	if (errno != EWOULDBLOCK) {
		system_error(err, "lock", name.text);
		close(fd);
		return false;
	}
	got = pread(fd, owner, sizeof(owner) - 1, 0);
	owner[got > 0 ? got : 0] = '\0';
	close(fd);
	return err_set(err, ERR_BUSY, "another mxsplitd uses %s (process %ld)", path,
		       strtol(owner, NULL, 10));
}

bool
store_files_share(const char *path, int *fd_out, struct err *err)
{
	struct path name = with(path, ".lock");
	int fd = open(name.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*fd_out = fd;
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0)
		return system_error(err, "open", name.text);
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return true;
	*fd_out = -1;
	close(fd);
	return err_set(err, ERR_BUSY, "an mxsplitd that runs uses %s", path);
}

int64_t
store_files_changed(const char *path, const char *suffix)
{
	struct stat is;

	return stat(with(path, suffix).text, &is) == 0 ? (int64_t)is.st_mtime : 0;
}

bool
store_files_create(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, FILE_MODE);
	struct stat is;
	bool good = false;

	if (fd < 0)
		return system_error(err, "open", path);
	if (fstat(fd, &is) != 0)
		system_error(err, "look at", path);
	else if (!S_ISREG(is.st_mode))
		err_set(err, ERR_INPUT, "%s is not a regular file", path);
	else if ((is.st_mode & 0777 & ~FILE_MODE) && fchmod(fd, is.st_mode & FILE_MODE) != 0)
		system_error(err, "take away rights from", path);
	else
		good = sync_directory(path, err);
	close(fd);
	return good;
}

void
store_files_mark_damaged(const char *path)
{
	struct path name = with(path, ".damaged");
	int fd = open(name.text, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

bool
store_files_damaged(const char *path)
{
	return access(with(path, ".damaged").text, F_OK) == 0;
}

/* Names of copies hold their time, so that their order is their age. */
static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_copy(const char *name, const char *base)
{
	size_t length = strlen(base);

	return strncmp(name, base, length) == 0 &&
	       strncmp(name + length, COPY_MARK, sizeof(COPY_MARK) - 1) == 0 &&
	       !strchr(name + length + sizeof(COPY_MARK) - 1, '-');
}

static void
remove_older_copies(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct path directory = directory_of(path);
	DIR *dir = opendir(directory.text);
	char *names[COPIES_MAX];
	struct dirent *entry;
	unsigned count = 0;

	while (dir && count < COPIES_MAX && (entry = readdir(dir)))
		if (is_copy(entry->d_name, slash ? slash + 1 : path) &&
		    (names[count] = strdup(entry->d_name)))
			count++;
	qsort(names, count, sizeof(names[0]), by_name);
	for (unsigned i = 0; i < count; i++) {
		if (dir && i + STORE_FILES_KEPT < count) {
			struct path wal = with(names[i], "-wal");

			unlinkat(dirfd(dir), names[i], 0);
			unlinkat(dirfd(dir), wal.text, 0);
		}
		free(names[i]);
	}
	if (dir)
		closedir(dir);
}

/* "PATH.corrupt-20261124T163626Z", a second later when there is one of that second. */
static struct path
free_copy_name(const char *path, int64_t now)
{
	struct path out;

	do {
		struct when_civil at = when_civil(now++);
		char suffix[64];

		snprintf(suffix, sizeof(suffix), COPY_MARK "%04d%02u%02uT%02u%02u%02uZ", at.year,
			 at.month, at.day, at.hour, at.minute, at.second);
		out = with(path, suffix);
	} while (access(out.text, F_OK) == 0);
	return out;
}

bool
store_files_move_aside(const char *path, int64_t now, struct err *err)
{
	struct path copy = free_copy_name(path, now);

	/* The database first: a log without its database is thrown away, not played back. */
	if (rename(path, copy.text) != 0 && errno != ENOENT)
		return system_error(err, "move aside", path);
	if (rename(with(path, "-wal").text, with(copy.text, "-wal").text) != 0 && errno != ENOENT)
		return system_error(err, "move aside the log of", path);
	unlink(with(path, "-shm").text);
	unlink(with(path, "-journal").text);
	remove_older_copies(path);
	if (!sync_directory(path, err))
		return false;
	unlink(with(path, ".damaged").text);
	return true;
}

bool
store_files_roomy(const char *path)
{
	struct statvfs disk;

	return statvfs(directory_of(path).text, &disk) == 0 &&
	       disk.f_bavail >= (RESERVE + RESERVE_BESIDE) / disk.f_frsize;
}

void
store_files_keep_reserve(const char *path)
{
	struct path name = with(path, ".reserve");
	int64_t size = store_files_size(path, ".reserve");
	int fd;

	if (size == RESERVE)
		return;
	fd = open(name.text, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return;
	if (posix_fallocate(fd, 0, RESERVE) != 0)
		(void)!ftruncate(fd, size);
	close(fd);
}

bool
store_files_use_reserve(const char *path, bool urgent)
{
	int64_t size = store_files_size(path, ".reserve");
	int64_t least = urgent ? RESERVE_STEP : RESERVE / 2 + RESERVE_STEP;

	return size >= least && truncate(with(path, ".reserve").text, size - RESERVE_STEP) == 0;
}

int64_t
store_files_size(const char *path, const char *suffix)
{
	struct stat is;

	return stat(with(path, suffix).text, &is) == 0 ? is.st_size : 0;
}
