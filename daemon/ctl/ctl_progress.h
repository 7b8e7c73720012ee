/*
 * How far long work is: one line on standard error, only on a terminal, gone when the work is done.
 */
#ifndef CTL_CTL_PROGRESS_H
#define CTL_CTL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ctl_progress {
	bool on;
	int fd;	      /* what is read; its position says how far it is when it is a regular file */
	int64_t size; /* bytes of it, 0: not known */
	uint64_t taken; /* bytes, as they were read */
	int64_t told_us;
};

/* A value of zeros shows nothing. `fd` must stay open until the end. */
void ctl_progress_start(struct ctl_progress *progress, int fd);

void ctl_progress_add(struct ctl_progress *progress, size_t bytes);

/* Clears the line. */
void ctl_progress_end(struct ctl_progress *progress);

#endif
