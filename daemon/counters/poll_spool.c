#include "daemon/counters/poll_spool.h"

#include "daemon/sys/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LOOK_AT_CLOCK 256 /* entries between two looks at the clock */

struct count {
	int64_t deadline_us;
	uint64_t entries, files;
	bool late;
};

static bool count_directory(struct count *count, int parent, const char *name, unsigned depth);

/* Hashed subdirectories have names of one character; files do not. */
static bool
count_entry(struct count *count, int directory, const struct dirent *entry, unsigned depth)
{
	if (entry->d_name[0] == '.')
		return true;
	if (++count->entries % LOOK_AT_CLOCK == 0 && clock_steady_us() > count->deadline_us) {
		count->late = true;
		return false;
	}
	if (entry->d_type == DT_REG || (entry->d_type == DT_UNKNOWN && entry->d_name[1]))
		count->files++;
	else if (depth < POLL_SPOOL_DEPTH && !entry->d_name[1])
		/* a directory that is gone meanwhile holds nothing */
		return count_directory(count, directory, entry->d_name, depth + 1) ||
		       errno == ENOENT;
	return true;
}

static bool
count_directory(struct count *count, int parent, const char *name, unsigned depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool ok = true;
	int why;

	if (!dir) {
		why = errno;
		if (fd >= 0)
			close(fd);
		errno = why;
		return false;
	}
	while (ok && (errno = 0, entry = readdir(dir)))
		ok = count_entry(count, fd, entry, depth);
	ok = ok && errno == 0;
	why = errno;
	closedir(dir);
	errno = why;
	return ok;
}

/* One queue. False: there is no time left. */
static bool
count_queue(int spool, const char *name, struct count *count, struct poll_result *out,
	    unsigned *read_out)
{
	count->files = 0;
	if (count_directory(count, spool, name, 0)) {
		poll_level(out, name, (double)count->files);
		(*read_out)++;
		return true;
	}
	if (!count->late)
		poll_note(out, "queue directory %s cannot be read: %s", name, strerror(errno));
	return !count->late;
}

bool
poll_spool_count(const char *directory, int64_t deadline_us, struct poll_result *out,
		 struct err *err)
{
	static const char *const queues[] = { "incoming", "active", "deferred", "hold",
					      "maildrop" };
	const unsigned all = sizeof(queues) / sizeof(queues[0]);
	struct count count = { .deadline_us = deadline_us };
	int spool = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned read = 0;
	double sum = 0;

	if (spool < 0)
		return err_set(err, ERR_SYSTEM, "%s cannot be read: %s", directory,
			       strerror(errno));
	for (unsigned i = 0; i < all && !count.late; i++)
		if (!count_queue(spool, queues[i], &count, out, &read))
			err_set(err, ERR_BUSY,
				"%s: %llu entries were counted when the time was over", directory,
				(unsigned long long)count.entries);
	close(spool);
	if (count.late)
		return false;
	if (read == 0)
		return err_set(err, ERR_SYSTEM, "%s: %s", directory, out->note);
	for (unsigned i = 0; i < out->count; i++)
		sum += out->list[i].sample.level;
	if (read == all)
		poll_level(out, "queue", sum);
	return true;
}
