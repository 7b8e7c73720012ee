#include "daemon/notify/hook.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STALL_NS 50000000

struct room {
	char directory[64], program[96], mark[96];
	uv_loop_t loop;
	struct hook_result result;
	unsigned said;
	uv_prepare_t prepare;	/* the loop goes to sleep */
	uv_check_t check;	/* it has woken up */
	uint64_t woke, longest; /* ns: the longest that it was busy, and deaf to others */
	unsigned stalls;
};

static void
busy_until_now(struct room *room)
{
	uint64_t busy = uv_hrtime() - room->woke;

	if (room->woke && busy > room->longest)
		room->longest = busy;
	room->stalls += room->woke && busy > STALL_NS;
	room->woke = 0;
}

static void
sleeps(uv_prepare_t *prepare)
{
	busy_until_now(prepare->data);
}

static void
wakes(uv_check_t *check)
{
	((struct room *)check->data)->woke = uv_hrtime();
}

static void
watch(struct room *room)
{
	uv_prepare_init(&room->loop, &room->prepare);
	uv_check_init(&room->loop, &room->check);
	room->prepare.data = room->check.data = room;
	uv_prepare_start(&room->prepare, sleeps);
	uv_check_start(&room->check, wakes);
	uv_unref((uv_handle_t *)&room->prepare);
	uv_unref((uv_handle_t *)&room->check);
}

static void
unwatch(struct room *room)
{
	uv_close((uv_handle_t *)&room->prepare, NULL);
	uv_close((uv_handle_t *)&room->check, NULL);
	uv_run(&room->loop, UV_RUN_DEFAULT);
}

static void
done(void *ctx, const struct hook_result *result)
{
	struct room *room = ctx;

	room->result = *result;
	room->said++;
}

static struct room *
make(void)
{
	struct room *room = calloc(1, sizeof(*room));

	signal(SIGPIPE, SIG_IGN);
	snprintf(room->directory, sizeof(room->directory), "/tmp/mxsplit-hook-XXXXXX");
	cr_assert(mkdtemp(room->directory) != NULL && uv_loop_init(&room->loop) == 0);
	snprintf(room->program, sizeof(room->program), "%s/hook", room->directory);
	snprintf(room->mark, sizeof(room->mark), "%s/mark", room->directory);
	return room;
}

static void
clear(struct room *room)
{
	cr_assert(uv_loop_close(&room->loop) == 0, "a handle is left");
	unlink(room->program);
	unlink(room->mark);
	rmdir(room->directory);
	free(room);
}

static void
write_script(struct room *room, const char *first, const char *body)
{
	FILE *file = fopen(room->program, "w");

	fprintf(file, "%s\n%s\n", first, body);
	cr_assert(fclose(file) == 0 && chmod(room->program, 0700) == 0);
}

static void
write_program(struct room *room, const char *body)
{
	write_script(room, "#!/bin/sh", body);
}

static struct hook_run *
start_for(struct room *room, const char *json, unsigned term_ms)
{
	const char *argv[] = { room->program, "$(touch no)", NULL };
	char mark[128];
	const char *env[] = { "MXSPLIT_KIND=split", mark, NULL };
	struct hook_job job = {
		.argv = argv, .json = json, .env = env, .term_ms = term_ms, .kill_ms = 2 * term_ms
	};
	struct err err = { 0 };
	struct hook_run *run;

	snprintf(mark, sizeof(mark), "MXSPLIT_MARK=%s", room->mark);
	run = hook_start(&room->loop, &job, done, room, &err);
	cr_assert(run != NULL, "%s", err.text);
	return run;
}

static struct hook_run *
start(struct room *room, const char *json)
{
	return start_for(room, json, 30000);
}

static char
state_of(int pid)
{
	char path[64], state = 'X';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 'X';
	if (fscanf(file, "%*d %*s %c", &state) != 1)
		state = 'X';
	fclose(file);
	return state;
}

/* The process whose id the hook left in its mark goes; a killed one needs a moment. */
static bool
gone(const struct room *room)
{
	FILE *file = fopen(room->mark, "r");
	int pid = 0;

	if (!file)
		return true;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0; /* it was ended before it had written */
	fclose(file);
	if (pid == 0)
		return true;
	cr_assert(pid > 1);
	for (unsigned i = 0; i < 500; i++) {
		if (strchr("ZX", state_of(pid)))
			return true;
		usleep(10000);
	}
	return false;
}

static const struct {
	const char *what, *body;
	bool ok, timed_out;
	int exit_code, signal;
	const char *output, *why;
} hooks[] = {
	{ "reads its notice", "cat; echo \" $MXSPLIT_KIND $# $1\"", true, false, 0, 0,
	  "{\"kind\":\"split\"} split 1 $(touch no)", "" },
	{ "has a clean world", "pwd; env | grep -v -e ^PWD= -e ^_= -e ^MXSPLIT_ -e ^SHLVL= | sort",
	  true, false, 0, 0, "/\xEF\xBF\xBDPATH=/usr/local/sbin", "" },
	{ "has three descriptors", "ls /proc/self/fd | tr '\\n' ' '", true, false, 0, 0, "0 1 2 3 ",
	  "" },
	{ "leads its own group", "test $(ps -o sid= -p $$) = $$ && echo yes", true, false, 0, 0,
	  "yes", "" },
	{ "says no", "echo out; echo err >&2; exit 3", false, false, 3, 0, "err",
	  "exited with status 3" },
	{ "does not read", "exec 0<&-; echo done", true, false, 0, 0, "done", "" },
	{ "kills itself", "kill -SEGV $$", false, false, -1, SIGSEGV, "", "signal 11" },
	{ "hangs", "exec sleep 60", false, true, -1, SIGTERM, "", "did not end within " },
	{ "hangs with a child", "sleep 60 & echo $! >$MXSPLIT_MARK; wait", false, true, -1, SIGTERM,
	  "", "did not end" },
	{ "ignores TERM", "trap '' TERM; echo $$ >$MXSPLIT_MARK; while :; do sleep 60; done", false,
	  true, -1, SIGKILL, "", "had to be killed" },
	{ "ends well when told to", "trap 'exit 0' TERM; sleep 60 & wait", false, true, 0, 0, "",
	  "did not end" },
	{ "leaves a child behind", "sleep 60 & echo $! >$MXSPLIT_MARK; echo left", true, false, 0,
	  0, "left", "" },
	{ "leaves one that ignores TERM", "(trap '' TERM; exec sleep 60) & echo $! >$MXSPLIT_MARK",
	  true, false, 0, 0, "", "" },
	{ "floods", "yes '\x1b[31mred\xff'", false, true, -1, SIGTERM, "red", "did not end" },
	{ "closes its output", "exec >&- 2>&-; exec sleep 60", false, true, -1, SIGTERM, "",
	  "did not end" },
};

#define HOOKS (sizeof(hooks) / sizeof(*hooks))

static bool
as_wanted(const struct hook_result *result, size_t i)
{
	return result->ok == hooks[i].ok && result->timed_out == hooks[i].timed_out &&
	       result->exit_code == hooks[i].exit_code && result->signal == hooks[i].signal &&
	       strstr(result->output, hooks[i].output) && strstr(result->why, hooks[i].why);
}

static void
survive_all(struct room *room)
{
	for (size_t i = 0; i < HOOKS; i++) {
		const struct hook_result *result = &room->result;
		const char *what = hooks[i].what;

		write_program(room, hooks[i].body);
		/* a busy machine may need longer until the program is where it is to be ended */
		for (unsigned ms = 300; ms < 30000; ms *= 5) {
			unlink(room->mark);
			room->said = 0;
			room->woke = uv_hrtime(); /* the start is the loop's work, too */
			start_for(room, "{\"kind\":\"split\"}", ms);
			uv_run(&room->loop, UV_RUN_DEFAULT);
			if (as_wanted(result, i))
				break;
		}
		cr_assert(room->said == 1, "%s: said %u times", what, room->said);
		cr_assert(as_wanted(result, i),
			  "%s: ok %d, timed out %d, exit code %d, signal %d: %s; %s", what,
			  result->ok, result->timed_out, result->exit_code, result->signal,
			  result->why, result->output);
		cr_assert(strchr(result->output, '\x1b') == NULL && !strchr(result->output, '\n'));
		cr_assert(!result->ok || !result->why[0], "%s: %s", what, result->why);
		cr_assert(gone(room), "%s: an orphan", what);
	}
}

/* LONG=1: a thousand of them. How long they keep the loop is printed; a busy machine adds to it. */
Test(hook, survives_every_hostile_program)
{
	struct room *room = make();
	int spare = open("/dev/null", O_RDONLY); /* not close-on-exec, as a library may open it */
	size_t rounds = getenv("LONG") ? (1000 + HOOKS - 1) / HOOKS : 1;

	watch(room);
	for (size_t i = 0; i < rounds; i++)
		survive_all(room);
	printf("%zu hostile programs: the loop was busy for at most %.1f ms at a time, %u "
	       "times above 50 ms\n",
	       rounds * HOOKS, (double)room->longest / 1e6, room->stalls);
	unwatch(room);
	close(spare);
	clear(room);
}

Test(hook, tells_what_cannot_be_run)
{
	static const struct {
		const char *what;
		mode_t mode;
		const char *first, *why;
		bool interpreter; /* that may be what is missing */
	} cases[] = {
		{ "missing", 0, "", "no such file", false },
		{ "not executable", 0600, "#!/bin/sh", "permission denied", false },
		{ "a directory", S_IFDIR, "", "permission denied", false },
		{ "no interpreter", 0700, "#!/nowhere/sh", "no such file", true },
		{ "lines of another system", 0700, "#!/bin/sh\r", "no such file", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct room *room = make();

		if (cases[i].mode == S_IFDIR)
			cr_assert(mkdir(room->program, 0700) == 0);
		else if (cases[i].mode) {
			write_script(room, cases[i].first, "true");
			chmod(room->program, cases[i].mode);
		}
		start(room, "{}");
		cr_assert(room->said == 0, "only from the loop");
		uv_run(&room->loop, UV_RUN_DEFAULT);
		cr_assert(room->said == 1 && !room->result.ok && room->result.exit_code == -1, "%s",
			  cases[i].what);
		cr_assert(strstr(room->result.why, cases[i].why) != NULL, "%s: %s", cases[i].what,
			  room->result.why);
		cr_assert_eq(strstr(room->result.why, "the interpreter of its first line") != NULL,
			     cases[i].interpreter, "%s: %s", cases[i].what, room->result.why);
		rmdir(room->program);
		clear(room);
	}
}

Test(hook, is_silent_when_cancelled)
{
	struct room *room = make();

	write_program(room, "trap '' TERM; sleep 60 & echo $! >$MXSPLIT_MARK; wait");
	hook_cancel(start(room, "{}"));
	uv_run(&room->loop, UV_RUN_DEFAULT);
	cr_assert(room->said == 0 && gone(room));
	unlink(room->program);
	hook_cancel(start(room, "{}"));
	uv_run(&room->loop, UV_RUN_DEFAULT);
	cr_assert(room->said == 0);
	hook_cancel(NULL);
	clear(room);
}

/* More than a pipe holds, to a program that reads it late or not at all. */
Test(hook, gives_a_long_notice)
{
	struct room *room = make();
	size_t length = 1 << 20;
	char *json = malloc(length + 1);

	memset(json, 'j', length);
	json[length] = '\0';
	write_program(room, "wc -c");
	start(room, json);
	uv_run(&room->loop, UV_RUN_DEFAULT);
	cr_assert(room->result.ok && atoll(room->result.output) == (long long)length, "%s",
		  room->result.output);
	write_program(room, "exit 0");
	start(room, json);
	uv_run(&room->loop, UV_RUN_DEFAULT);
	cr_assert(room->said == 2 && room->result.ok, "%s", room->result.why);
	free(json);
	clear(room);
}

Test(hook, waits_longer_after_each_failure)
{
	cr_assert_eq(hook_backoff(0), 1);
	cr_assert_eq(hook_backoff(1), 1);
	for (unsigned n = 1; n < 10; n++)
		cr_assert(hook_backoff(n + 1) > hook_backoff(n), "%u", n);
	for (unsigned n = 11; n < 300; n++)
		cr_assert(hook_backoff(n) <= HOOK_BACKOFF_MAX &&
				  hook_backoff(n) > HOOK_BACKOFF_MAX * 7 / 8 - 2,
			  "%u: %lld", n, (long long)hook_backoff(n));
	cr_assert(hook_backoff(UINT32_MAX) <= HOOK_BACKOFF_MAX);
}
