#include "daemon/ctl/ctl_progress.h"

#include "daemon/sys/clock.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVERY_US 200000
#define BAR 40
#define MEGABYTE (1 << 20)

void
ctl_progress_start(struct ctl_progress *progress, int fd)
{
	struct stat about;

	*progress = (struct ctl_progress){ .fd = fd, .told_us = clock_steady_us() };
	progress->on = isatty(STDERR_FILENO) == 1 && fstat(fd, &about) == 0;
	if (progress->on && S_ISREG(about.st_mode))
		progress->size = about.st_size;
}

static void
tell(const struct ctl_progress *progress)
{
	off_t at = progress->size > 0 ? lseek(progress->fd, 0, SEEK_CUR) : -1;
	int part = 0;

	if (at < 0) {
		fprintf(stderr, "\r%llu MB\033[K",
			(unsigned long long)(progress->taken / MEGABYTE));
		return;
	}
	if (at > progress->size) /* it grew */
		at = progress->size;
	part = (int)(at * BAR / progress->size);
	fprintf(stderr, "\r[%.*s%*s] %3d %% of %lld MB\033[K", part,
		"########################################", BAR - part, "",
		(int)(at * 100 / progress->size), (long long)(progress->size / MEGABYTE));
}

void
ctl_progress_add(struct ctl_progress *progress, size_t bytes)
{
	int64_t now;

	progress->taken += bytes;
	if (!progress->on)
		return;
	now = clock_steady_us();
	if (now - progress->told_us < EVERY_US)
		return;
	progress->told_us = now;
	tell(progress);
}

void
ctl_progress_end(struct ctl_progress *progress)
{
	if (progress->on)
		fputs("\r\033[K", stderr);
	progress->on = false;
}
