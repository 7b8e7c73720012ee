/*
 * A program as a process of its own, in a session of its own, started without a wait: uv_spawn
 * stays until the new process has become the program, and a busy machine gives it its turn late.
 */
#ifndef NOTIFY_SPAWN_H
#define NOTIFY_SPAWN_H

#include "daemon/base/err.h"

#include <sys/types.h>

#define SPAWN_PIPES 3 /* its stdin, stdout, stderr */

struct spawn {
	pid_t pid;
	int pipes[SPAWN_PIPES]; /* our ends, the caller closes them */
	int report;		/* for spawn_failure */
};

/*
 * Descriptors 0 to 2 are pipes, all others are closed; working directory /, signals as after a
 * login. 0, or an errno when no process was made. Whether the program could be run shows only when
 * the process has ended (spawn_failure). It is the caller's to wait for.
 */
MUST_USE int spawn_start(const char *const *argv, char *const *env, struct spawn *out);

/* For a process that has ended, once: the errno for which it never became the program, or 0. */
int spawn_failure(struct spawn *spawn);

#endif
