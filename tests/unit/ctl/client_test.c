/* The commands against a real web, each in a child; this process turns the loop meanwhile. */
#include "daemon/ctl/ctl_events.h"
#include "daemon/ctl/ctl_override.h"
#include "daemon/ctl/ctl_status.h"
#include "daemon/ctl/ctl_token.h"
#include "tests/unit/web/room.h"
#include "web/tokens.h"

#include <jansson.h>
#include <sys/wait.h>
#include <sysexits.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define ARGS 12

static struct room room;
static char said[1 << 16], complained[1 << 13];

static void
slurp(FILE *file, char *out, size_t space)
{
	rewind(file);
	out[fread(out, 1, space - 1, file)] = '\0';
	fclose(file);
}

/* Runs a command; what it wrote is in `said` and `complained`. Returns its exit code. */
static int
run(int (*command)(int, char **), const char *const *args)
{
	FILE *out = tmpfile(), *complaint = tmpfile();
	char *argv[ARGS + 1] = { NULL };
	int argc = 0, status = 0;
	pid_t child;

	for (; args[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc];
	fflush(NULL);
	child = fork();
	if (child == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(complaint), STDERR_FILENO);
		status = command(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (room.web)
			uv_run(&room.loop, UV_RUN_NOWAIT);
		poll(NULL, 0, 1);
	}
	slurp(out, said, sizeof(said));
	slurp(complaint, complained, sizeof(complained));
	cr_assert(WIFEXITED(status), "%s was killed", args[0]);
	return WEXITSTATUS(status);
}

static void
open_room(void)
{
	room_open(&room, 0);
	setenv("MXSPLIT_SOCKET", room.socket, 1);
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	unsetenv("SUDO_USER");
}

static void
close_room(void)
{
	room_close(&room);
}

TestSuite(ctl, .init = open_room, .fini = close_room);

struct row {
	int (*command)(int, char **);
	const char *args[ARGS];
	int status;
	const char *fragment;
};

static void
check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = run(rows[i].command, rows[i].args);
		const char *text = rows[i].status == EX_OK ? said : complained;

		cr_assert_eq(status, rows[i].status, "row %zu: %d: %s%s", i, status, said,
			     complained);
		cr_assert(strstr(text, rows[i].fragment) != NULL, "row %zu: no '%s' in: %s", i,
			  rows[i].fragment, text);
		cr_assert((complained[0] == '\0') == (status == EX_OK), "row %zu: %s", i,
			  complained);
		for (const char *at = said, *end; (end = strchr(at, '\n')); at = end + 1)
			cr_assert(end - at <= 80 || strstr(at, "\xEF\xBF\xBD") ||
					  strstr(said, "\": "),
				  "row %zu: too wide: %.*s", i, (int)(end - at), at);
		cr_assert(strchr(said, '\033') == NULL, "row %zu: colours without a terminal", i);
	}
}

Test(ctl, commands)
{
	static const struct row rows[] = {
		{ ctl_status,
		  { "status" },
		  EX_OK,
		  "example.jp                 split     observe " },
		{ ctl_status, { "status" }, EX_OK, "41.5/min" },
		{ ctl_status, { "status" }, EX_OK, "mta1-log" },
		{ ctl_status, { "status", "example.jp" }, EX_OK, "TTL 300: 20 mta2.example.jp." },
		{ ctl_status,
		  { "status", "example.jp", "--json" },
		  EX_OK,
		  "\"name\": \"example.jp\"" },
		{ ctl_status, { "status", "no.example" }, EX_DATAERR, "no domain 'no.example'" },
		{ ctl_status, { "status", "../x" }, EX_DATAERR, "no domain name" },
		{ ctl_status, { "status", "a", "b" }, EX_USAGE, "usage: " },
		{ ctl_status, { "status", "--nonsense" }, EX_USAGE, "usage: " },
		{ ctl_status, { "status", "--help" }, EX_OK, "usage: " },
		{ ctl_status,
		  { "status", "--socket", "/nonexistent" },
		  EX_UNAVAILABLE,
		  "mxsplitd -f -c FILE" },
		{ ctl_status, { "status", "--url", "file:///etc/passwd" }, EX_USAGE, "http://" },
		{ ctl_events, { "events" }, EX_OK, "entry 7" },
		{ ctl_events, { "events", "--limit", "2", "--json" }, EX_OK, "\"id\": 6" },
		{ ctl_events,
		  { "events", "--after", "2", "--limit", "2", "--json" },
		  EX_OK,
		  "\"next\": 4,\n  \"more\": true" },
		{ ctl_events, { "events", "--after", "-1" }, EX_USAGE, "usage: " },
		{ ctl_override,
		  { "split", "example.jp", "--for", "2h", "--reason", "flood", "--by", "anna" },
		  EX_OK,
		  "example.jp: split until " },
		{ ctl_override,
		  { "normal", "example.jp", "--for", "2h", "--reason", "x", "--json" },
		  EX_OK,
		  "\"mode\": \"normal\"" },
		{ ctl_override, { "auto", "example.jp" }, EX_OK, "the daemon decides" },
		{ ctl_override, { "split", "example.jp", "--for", "2h" }, EX_USAGE, "--reason" },
		{ ctl_override, { "split", "--for", "2h", "--reason", "x" }, EX_USAGE, "usage: " },
		{ ctl_override,
		  { "split", "example.jp", "--for", "8d", "--reason", "x" },
		  EX_DATAERR,
		  "at most 7d" },
		{ ctl_override,
		  { "split", "example.jp", "--for", "2h", "--reason", "\xff" },
		  EX_DATAERR,
		  "not UTF-8" },
	};

	check(rows, ROWS(rows));
	cr_assert_eq(room.orders, 3u);
	cr_assert(room.last.by[0] != '\0', "who ordered is not known");
}

Test(ctl, over_tcp_with_a_token)
{
	char url[64], path[128];
	const struct row rows[] = {
		{ ctl_status, { "status", "--url", url }, EX_OK, "example.jp" },
		{ ctl_override, { "auto", "example.jp", "--url", url }, EX_NOPERM, "want a token" },
		{ ctl_override,
		  { "auto", "example.jp", "--url", url, "--token-file", path },
		  EX_OK,
		  "" },
		{ ctl_status,
		  { "status", "--url", url, "--token-file", "/nonexistent" },
		  EX_NOINPUT,
		  "" },
	};
	FILE *file;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u", room.port);
	snprintf(path, sizeof(path), "%s/token", room.folder);
	file = fopen(path, "w");
	cr_assert(file != NULL);
	fputs("operator\n", file);
	fclose(file);
	check(rows, ROWS(rows));
	unlink(path);
}

Test(ctl, what_the_daemon_answers_becomes_an_exit_code)
{
	static const struct {
		enum err_kind kind;
		int status;
	} kinds[] = { { ERR_REFUSED, EX_NOPERM },
		      { ERR_INPUT, EX_DATAERR },
		      { ERR_BUSY, EX_TEMPFAIL },
		      { ERR_SYSTEM, EX_TEMPFAIL } };

	for (size_t i = 0; i < ROWS(kinds); i++) {
		const struct row row = { ctl_override,
					 { "auto", "example.jp" },
					 kinds[i].status,
					 "the order is not taken" };

		room.answer = kinds[i].kind;
		check(&row, 1);
	}
}

/* A token that the command makes is one that the API knows. */
Test(ctl, a_token_is_made_once)
{
	char path[128];
	const char *const add[] = {
		"token", "add", "eve", "--role", "operate", "--file", path, NULL
	};
	const char *const role[] = { "token", "add", "x", "--role", "root", "--file", path, NULL };
	const char *const blank[] = {
		"token", "add", "a b", "--role", "read", "--file", path, NULL
	};
	struct tokens tokens;
	const struct token *found;
	struct stat about;
	struct err err = { 0 };

	snprintf(path, sizeof(path), "%s/made", room.folder);
	cr_assert_eq(run(ctl_token, add), EX_OK, "%s", complained);
	cr_assert(stat(path, &about) == 0 && (about.st_mode & 07777) == 0600);
	cr_assert(tokens_read(path, &tokens, &err), "%s", err.text);
	found = tokens_find(&tokens, (struct span){ said, strcspn(said, "\n") });
	cr_assert(found && strcmp(found->name, "eve") == 0 && found->role == ROLE_OPERATE);
	cr_assert_eq(run(ctl_token, add), EX_DATAERR, "the same name again");
	cr_assert_eq(run(ctl_token, role), EX_USAGE);
	cr_assert_eq(run(ctl_token, blank), EX_USAGE);
	chmod(path, 0644);
	cr_assert_eq(run(ctl_token, add), EX_NOPERM, "%s", complained);
	unlink(path);
}
