#include "daemon/notify/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define ENDS 2

/*
 * Between fork and exec of a process with threads: only what a signal handler may call. First all
 * ends are brought above 2, where no dup2 closes one that is still to come.
 */
static _Noreturn void
become(const char *const *argv, char *const *env, int (*pipes)[ENDS])
{
	int ends[SPAWN_PIPES + 1], failed;
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	setsid();
	for (int i = SPAWN_PIPES; i >= 0; i--)
		ends[i] = fcntl(pipes[i][i ? 1 : 0], F_DUPFD_CLOEXEC, SPAWN_PIPES);
	for (int i = 0; i < SPAWN_PIPES; i++)
		if (dup2(ends[i], i) < 0)
			goto out;
	close_range(SPAWN_PIPES, ~0U, CLOSE_RANGE_CLOEXEC); /* what a library opened without */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir("/") == 0)
		execvpe(argv[0], (char *const *)argv, env);
out:
	failed = errno;
	if (write(ends[SPAWN_PIPES], &failed, sizeof(failed)) < 0)
		_exit(126);
	_exit(127);
}

static pid_t
fork_quietly(const char *const *argv, char *const *env, int (*pipes)[ENDS])
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all); /* our handlers would run in the new process, too */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(argv, env, pipes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int
spawn_start(const char *const *argv, char *const *env, struct spawn *out)
{
	int pipes[][ENDS] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	int failed = 0;
	pid_t pid = -1;

	for (int i = 0; i <= SPAWN_PIPES && !failed; i++)
		if (pipe2(pipes[i], O_CLOEXEC | (i == SPAWN_PIPES ? O_NONBLOCK : 0)) != 0)
			failed = errno;
	if (!failed) {
		pid = fork_quietly(argv, env, pipes);
		failed = pid < 0 ? errno : 0;
	}
	for (int i = 0; i <= SPAWN_PIPES; i++) {
		int ours = i == 0 ? 1 : 0;

		if (pipes[i][!ours] >= 0)
			close(pipes[i][!ours]);
		if (!failed && i < SPAWN_PIPES)
			out->pipes[i] = pipes[i][ours];
		else if (failed && pipes[i][ours] >= 0)
			close(pipes[i][ours]);
	}
	if (failed)
		return failed;
	out->report = pipes[SPAWN_PIPES][0];
	out->pid = pid;
	return 0;
}

int
spawn_failure(struct spawn *spawn)
{
	int failed = 0;

	if (read(spawn->report, &failed, sizeof(failed)) != sizeof(failed))
		failed = 0;
	close(spawn->report);
	return failed;
}
