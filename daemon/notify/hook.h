/*
 * Runs one program for one notice, on the loop: JSON on its standard input, facts in its
 * environment, PATH and nothing else beside them. No shell; working directory /; a session and
 * process group of its own; no descriptor of ours but 0, 1 and 2.
 *
 * After `term_ms` the group gets TERM, after `kill_ms` KILL; when the program has ended, what it
 * left behind in its group is killed too. Whoever uses this ignores SIGPIPE: a program may close
 * its input unread. A process that makes itself a session of its own escapes; nothing waits for it.
 */
#ifndef NOTIFY_HOOK_H
#define NOTIFY_HOOK_H

#include "daemon/base/err.h"

#include <stdint.h>
#include <uv.h>

#define HOOK_OUTPUT 1024	/* bytes of output that are kept, terminator included */
#define HOOK_BACKOFF_MAX 900	/* seconds */
#define HOOK_GRACE_MS 1000	/* for a killed program to go, and for the end of its output */
#define HOOK_TERM_MS 10000	/* used for 0 */
#define HOOK_KILL_AFTER_MS 5000 /* after TERM; used when kill_ms is not greater than term_ms */

struct hook_job {
	const char *const *argv;  /* NULL-terminated; the first is the program's path */
	const char *json;	  /* to standard input, which is then closed */
	const char *const *env;	  /* NULL-terminated "MXSPLIT_...=..."; NULL: none */
	int64_t term_ms, kill_ms; /* since the start */
};

struct hook_result {
	bool ok;		  /* it ended by itself with status 0 */
	int exit_code;		  /* -1: it did not exit */
	int signal;		  /* that killed it; 0: none */
	bool timed_out;		  /* it got a signal from us */
	char output[HOOK_OUTPUT]; /* the first of stdout and stderr as it came, scrubbed */
	char why[256];		  /* a sentence; empty when ok */
};

struct hook_run;

/*
 * Starts it; `job` is copied. `done` is called once from the loop, also when the program cannot
 * be run; the run is freed after that. NULL with `err` only when nothing was started.
 */
MUST_USE struct hook_run *hook_start(uv_loop_t *loop, const struct hook_job *job,
				     void (*done)(void *ctx, const struct hook_result *result),
				     void *ctx, struct err *err);

/* Kills it without a word: `done` is not called. The loop has to turn on to clean up. NULL is fine.
 */
void hook_cancel(struct hook_run *run);

/*
 * Seconds to wait after this many failed attempts: 1 doubling to 15 minutes, less up to an eighth
 * that depends on the number only.
 */
int64_t hook_backoff(unsigned attempts);

#endif
