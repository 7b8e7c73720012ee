#include "daemon/notify/hook.h"

#include "daemon/base/text.h"
#include "daemon/notify/spawn.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_ONLY "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENV_MAX 32
#define PIPES SPAWN_PIPES

enum stage {
	STAGE_RUNNING,
	STAGE_TERM,  /* TERM was sent */
	STAGE_KILL,  /* KILL was sent */
	STAGE_ENDED, /* it has gone; the end of its output is awaited */
};

struct hook_run {
	struct spawn spawn; /* its pid is 0 before and after it is ours */
	uv_signal_t child;
	uv_pipe_t pipes[PIPES];
	uv_timer_t timer;
	uv_write_t write;
	unsigned handles; /* that are not closed yet */
	unsigned outputs; /* that have not ended yet */
	enum stage stage;
	int64_t term_ms, kill_ms;
	char *json, *path;
	void (*done)(void *ctx, const struct hook_result *result); /* NULL: said, or not wanted */
	void *ctx;
	struct hook_result result;
	char raw[HOOK_OUTPUT];
	size_t kept;
	char waste[4096];
};

static void
say(struct hook_run *run)
{
	void (*done)(void *ctx, const struct hook_result *result) = run->done;
	struct text output = TEXT(run->result.output);

	run->done = NULL;
	if (!done)
		return;
	text_add_scrubbed(&output, (struct span){ run->raw, run->kept });
	done(run->ctx, &run->result);
}

static void
free_run(struct hook_run *run)
{
	if (!run)
		return;
	free(run->json);
	free(run->path);
	free(run);
}

static void
closed(uv_handle_t *handle)
{
	struct hook_run *run = handle->data;

	if (--run->handles)
		return;
	say(run);
	free_run(run);
}

static void
close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, closed);
}

/* The last step: what is still open is closed, then the result is said and the run freed. */
static void
finish(struct hook_run *run)
{
	for (unsigned i = 0; i < PIPES; i++)
		close_handle((uv_handle_t *)&run->pipes[i]);
	close_handle((uv_handle_t *)&run->timer);
	close_handle((uv_handle_t *)&run->child);
}

static void
signal_group(const struct hook_run *run, int number)
{
	if (run->spawn.pid <= 1)
		return;
	if (kill(-run->spawn.pid, number) != 0)
		kill(run->spawn.pid, number); /* it has not come to make its group yet */
}

static void
time_is_up(uv_timer_t *timer)
{
	struct hook_run *run = timer->data;
	struct text why = TEXT(run->result.why);

	switch (run->stage) {
	case STAGE_RUNNING:
		text_add(&why, "it did not end within %lld ms", (long long)run->term_ms);
		run->result.timed_out = true;
		run->stage = STAGE_TERM;
		signal_group(run, SIGTERM);
		uv_timer_start(timer, time_is_up, (uint64_t)(run->kill_ms - run->term_ms), 0);
		break;
	case STAGE_TERM:
		run->stage = STAGE_KILL;
		signal_group(run, SIGKILL);
		uv_timer_start(timer, time_is_up, HOOK_GRACE_MS, 0);
		break;
	case STAGE_KILL: /* it hangs in the kernel; nobody has to wait for that */
		say(run);
		break;
	case STAGE_ENDED:
		finish(run);
		break;
	}
}

static void
cannot_run(struct hook_run *run, int failed)
{
	struct text why = TEXT(run->result.why);

	text_add(&why, "cannot run %s: %s", run->path, uv_strerror(failed));
	if (failed == UV_ENOENT && access(run->path, F_OK) == 0) /* ENOENT of execve(2) */
		text_add(&why, "; it is there, but perhaps not the interpreter of its first line");
}

static void
judge(struct hook_run *run, int status)
{
	struct text why = TEXT(run->result.why);
	int failed = spawn_failure(&run->spawn);

	run->result.exit_code = WIFEXITED(status) && !failed ? WEXITSTATUS(status) : -1;
	run->result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	run->result.ok = status == 0 && !run->result.timed_out;
	if (failed)
		cannot_run(run, -failed);
	else if (run->result.timed_out)
		text_add(&why, "it did not end within %lld ms%s", (long long)run->term_ms,
			 run->stage == STAGE_KILL ? " and had to be killed" : "");
	else if (run->result.signal)
		text_add(&why, "it was killed by signal %d (%s)", run->result.signal,
			 strsignal(run->result.signal));
	else if (run->result.exit_code)
		text_add(&why, "it exited with status %d", run->result.exit_code);
}

/* Some child ended: ours? Waited for only when its group was killed: until then the id is ours. */
static void
ended(uv_signal_t *child, int number)
{
	struct hook_run *run = child->data;
	siginfo_t info = { 0 };
	int status;

	(void)number;
	if (run->spawn.pid == 0 ||
	    waitid(P_PID, (id_t)run->spawn.pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	    info.si_pid == 0)
		return;
	signal_group(run, SIGKILL); /* its children */
	if (waitpid(run->spawn.pid, &status, 0) < 0)
		return;
	run->spawn.pid = 0;
	judge(run, status);
	run->stage = STAGE_ENDED;
	if (run->outputs)
		uv_timer_start(&run->timer, time_is_up, HOOK_GRACE_MS, 0);
	else
		finish(run);
}

static void
give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct hook_run *run = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(run->waste, sizeof(run->waste));
}

static void
heard(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct hook_run *run = stream->data;
	size_t room = sizeof(run->raw) - run->kept;

	if (got > 0) {
		if ((size_t)got < room)
			room = (size_t)got;
		memcpy(run->raw + run->kept, buffer->base, room);
		run->kept += room;
	}
	if (got >= 0)
		return;
	close_handle((uv_handle_t *)stream);
	if (--run->outputs == 0 && run->stage == STAGE_ENDED)
		finish(run);
}

static void
written(uv_write_t *write, int status)
{
	struct hook_run *run = write->data;

	(void)status; /* who does not want to read need not */
	close_handle((uv_handle_t *)&run->pipes[0]);
}

static void
feed(struct hook_run *run)
{
	uv_buf_t buffer = uv_buf_init(run->json, (unsigned)strlen(run->json));

	run->write.data = run;
	if (uv_write(&run->write, (uv_stream_t *)&run->pipes[0], &buffer, 1, written) != 0)
		close_handle((uv_handle_t *)&run->pipes[0]);
	for (unsigned i = 1; i < PIPES; i++) {
		if (uv_read_start((uv_stream_t *)&run->pipes[i], give_room, heard) == 0)
			run->outputs++;
		else
			close_handle((uv_handle_t *)&run->pipes[i]);
	}
}

static int
spawn(struct hook_run *run, const struct hook_job *job)
{
	char *env[ENV_MAX + 2] = { (char[]){ PATH_ONLY } };
	int failed;

	for (unsigned i = 0; job->env && job->env[i] && i < ENV_MAX; i++)
		env[i + 1] = (char *)job->env[i];
	failed = uv_signal_start(&run->child, ended, SIGCHLD);
	if (!failed)
		failed = -spawn_start(job->argv, env, &run->spawn);
	if (failed)
		return failed;
	for (unsigned i = 0; i < PIPES; i++)
		if (uv_pipe_open(&run->pipes[i], run->spawn.pipes[i]) != 0)
			close(run->spawn.pipes[i]);
	return 0;
}

static void
open_handles(struct hook_run *run, uv_loop_t *loop)
{
	uv_timer_init(loop, &run->timer);
	run->timer.data = run;
	for (unsigned i = 0; i < PIPES; i++) {
		uv_pipe_init(loop, &run->pipes[i], 0);
		run->pipes[i].data = run;
	}
	uv_signal_init(loop, &run->child);
	run->child.data = run;
	run->handles = PIPES + 2;
}

struct hook_run *
hook_start(uv_loop_t *loop, const struct hook_job *job,
	   void (*done)(void *ctx, const struct hook_result *result), void *ctx, struct err *err)
{
	struct hook_run *run = calloc(1, sizeof(*run));
	int failed;

	if (run) {
		run->json = strdup(job->json);
		run->path = strdup(job->argv[0]);
	}
	if (!run || !run->json || !run->path) {
		free_run(run);
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	run->done = done;
	run->ctx = ctx;
	run->result.exit_code = -1;
	run->term_ms = job->term_ms > 0 ? job->term_ms : HOOK_TERM_MS;
	run->kill_ms =
		job->kill_ms > run->term_ms ? job->kill_ms : run->term_ms + HOOK_KILL_AFTER_MS;
	open_handles(run, loop);
	failed = spawn(run, job);
	if (failed) {
		cannot_run(run, failed);
		finish(run);
		return run;
	}
	uv_timer_start(&run->timer, time_is_up, (uint64_t)run->term_ms, 0);
	feed(run);
	return run;
}

void
hook_cancel(struct hook_run *run)
{
	if (!run)
		return;
	run->done = NULL;
	signal_group(run, SIGKILL);
}

int64_t
hook_backoff(unsigned attempts)
{
	int64_t seconds =
		attempts > 10 ? HOOK_BACKOFF_MAX : (int64_t)1 << (attempts ? attempts - 1 : 0);

	if (seconds > HOOK_BACKOFF_MAX)
		seconds = HOOK_BACKOFF_MAX;
	return seconds - seconds / 8 * (attempts * 2654435761U % 16) / 16;
}
