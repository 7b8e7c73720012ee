#include "daemon/ctl/ctl_hooks.h"

#include "daemon/base/text.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl_show.h"

#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define PATH_ROOM 512
#define WAIT_SECONDS 60 /* for the end of a test: webhooks have 30 s, unless told */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define NAP_US 200000
#define LINE_ROOM 2048

static int
usage(FILE *out, int status)
{
	fputs("usage: mxsplitctl hooks [--json]\n"
	      "       mxsplitctl hooks test NAME [--json]\n"
	      "       mxsplitctl hooks resend NAME [--json]\n"
	      "  (alone)            who is told, what waits, and what could not be told\n"
	      "  test NAME          send a notice to try it, and say what became of it\n"
	      "  resend NAME        its dead letters again, in their old order, and\n"
	      "                     what waits to be tried again, now\n" CLIENT_USAGE,
	      out);
	return status;
}

/* What a notice tells. */
static void
show_notice(const char *label, const json_t *notice, enum ctl_show_colour colour)
{
	const char *domain = ctl_show_member(notice, "domain");
	char line[LINE_ROOM];
	struct text text = TEXT(line);

	text_add(&text, "%s%s%s: %s", ctl_show_member(notice, "kind"), *domain ? " of " : "",
		 domain, ctl_show_member(notice, "text"));
	ctl_show_words(label, line, colour);
}

/* The one that the others wait for; without a failure it is told in a moment. */
static void
show_first(const json_t *first, long long now)
{
	long long attempts = json_integer_value(json_object_get(first, "attempts"));
	char since[SHOW_CELL], next[SHOW_CELL], line[LINE_ROOM];
	struct text text = TEXT(line);

	if (attempts == 0)
		return;
	show_notice("first", first, SHOW_YELLOW);
	ctl_show_time(first, "since", now, since);
	ctl_show_time(first, "next_try", now, next);
	text_add(&text, "waits since %s, %lld attempt%s, next try %s", since, attempts,
		 attempts == 1 ? "" : "s", strcmp(next, "-") == 0 ? "now" : next);
	ctl_show_words("", line, SHOW_PLAIN);
}

static void
show_dead(const json_t *hook, long long now)
{
	const json_t *list = json_object_get(hook, "dead");
	char since[SHOW_CELL], line[LINE_ROOM];
	size_t i;
	json_t *dead;

	json_array_foreach((json_t *)list, i, dead)
	{
		struct text text = TEXT(line);
		long long attempts = json_integer_value(json_object_get(dead, "attempts"));

		show_notice(i ? "" : "dead", dead, SHOW_RED);
		ctl_show_time(dead, "since", now, since);
		text_add(&text, "given up %s, %lld attempt%s: %s", since, attempts,
			 attempts == 1 ? "" : "s", ctl_show_member(dead, "why"));
		ctl_show_words("", line, SHOW_PLAIN);
	}
}

static void
show_hook(const json_t *hook, long long now)
{
	const json_t *told = json_object_get(hook, "last_success");
	const json_t *failed = json_object_get(hook, "last_failure");
	long long waiting = json_integer_value(json_object_get(hook, "waiting"));
	long long dead = json_integer_value(json_object_get(hook, "dead_letters"));
	bool failing = json_is_true(json_object_get(hook, "failing"));
	char time_text[SHOW_CELL], line[LINE_ROOM];
	struct text text = TEXT(line);

	ctl_show_cell(ctl_show_member(hook, "name"), 20, SHOW_BOLD);
	ctl_show_text(stdout, ctl_show_member(hook, "how"));
	putchar('\n');
	text_add(&text, "%lld waiting%s, %lld dead letter%s", waiting,
		 failing ? ", the first has failed and is tried again" : "", dead,
		 dead == 1 ? "" : "s");
	ctl_show_words("now", line, failing || dead ? SHOW_RED : SHOW_GREEN);
	ctl_show_time(told, "time", now, time_text);
	ctl_show_words("told", json_is_object(told) ? time_text : "nothing yet", SHOW_PLAIN);
	if (json_is_object(failed)) {
		ctl_show_time(failed, "time", now, time_text);
		text = TEXT(line);
		text_add(&text, "%s: %s", time_text, ctl_show_member(failed, "why"));
		ctl_show_words("failed", line, SHOW_PLAIN);
	}
	show_first(json_object_get(hook, "first"), now);
	show_dead(hook, now);
}

static void
show_all(const json_t *answer)
{
	const json_t *hooks = json_object_get(answer, "hooks");
	size_t i;
	json_t *hook;

	json_array_foreach((json_t *)hooks, i, hook)
	{
		show_hook(hook, time(NULL));
	}
	if (json_array_size(hooks) == 0)
		puts("no hook is configured: nobody is told of anything");
}

void
ctl_hooks_line(const json_t *hooks)
{
	char sentence[2 * SHOW_CELL];
	struct text text = TEXT(sentence);

	if (json_integer_value(json_object_get(hooks, "failed")) == 0)
		return;
	text_add(&text, "people are not told: %lld waiting; 'mxsplitctl hooks' says why",
		 (long long)json_integer_value(json_object_get(hooks, "waiting")));
	ctl_show_words("hooks", sentence, SHOW_RED);
}

static const json_t *
find(const json_t *answer, const char *name)
{
	size_t i;
	json_t *hook;

	json_array_foreach(json_object_get((json_t *)answer, "hooks"), i, hook)
	{
		if (strcmp(ctl_show_member(hook, "name"), name) == 0)
			return hook;
	}
	return NULL;
}

static bool
is_item(const json_t *hook, const char *member, json_int_t item)
{
	return json_integer_value(json_object_get(json_object_get(hook, member), "item")) == item;
}

/* What became of a test: EX_OK, EX_TEMPFAIL, or -1: nothing yet. */
static int
outcome(const json_t *answer, const char *name, json_int_t item)
{
	const json_t *hook = find(answer, name);

	if (hook && is_item(hook, "last_success", item)) {
		printf("hook %s took it\n", name);
		return EX_OK;
	}
	if (hook && is_item(hook, "last_failure", item)) {
		fprintf(stderr, "mxsplitctl: hook %s failed: ", name);
		ctl_show_text(stderr,
			      ctl_show_member(json_object_get(hook, "last_failure"), "why"));
		fputc('\n', stderr);
		return EX_TEMPFAIL;
	}
	return -1;
}

static int
wait_for(const struct client *client, const char *name, json_int_t item)
{
	time_t end = time(NULL) + WAIT_SECONDS;

	while (time(NULL) < end) {
		json_t *answer = NULL;
		int status = client_call(client, "GET", "/v1/hooks", NULL, &answer);
		int found = status == EX_OK ? outcome(answer, name, item) : status;

		json_decref(answer);
		if (found >= 0)
			return found;
		usleep(NAP_US);
	}
	fprintf(stderr, "mxsplitctl: hook %s has not ended in %d s; 'mxsplitctl hooks' shows it\n",
		name, WAIT_SECONDS);
	return EX_TEMPFAIL;
}

static void
show_resent(long long count, const char *name)
{
	if (count)
		printf("%lld dead letter%s of hook %s wait%s again\n", count, count == 1 ? "" : "s",
		       name, count == 1 ? "s" : "");
	else
		printf("hook %s has no dead letters; what waits is tried now\n", name);
}

static int
order(const struct client *client, const char *verb, const char *name)
{
	char path[PATH_ROOM];
	struct text text = TEXT(path);
	json_t *answer = NULL;
	int status;

	if (name[strspn(name, LETTERS)]) {
		fprintf(stderr,
			"mxsplitctl: a hook's name has letters, digits, '-', '_' and '.'\n");
		return EX_DATAERR;
	}
	text_add(&text, "/v1/hooks/%s/%s", name, verb);
	status = client_call(client, "POST", path, NULL, &answer);
	if (status != EX_OK)
		return status;
	if (client->json)
		status = client_print(answer);
	else if (strcmp(verb, "test") == 0)
		status =
			wait_for(client, name, json_integer_value(json_object_get(answer, "item")));
	else
		show_resent(json_integer_value(json_object_get(answer, "resent")), name);
	json_decref(answer);
	return status;
}

static int
list(const struct client *client)
{
	json_t *answer = NULL;
	int status = client_call(client, "GET", "/v1/hooks", NULL, &answer);

	if (status != EX_OK)
		return status;
	if (client->json)
		status = client_print(answer);
	else
		show_all(answer);
	json_decref(answer);
	return status;
}

int
ctl_hooks(int argc, char **argv)
{
	static const struct option options[] = { CLIENT_OPTIONS, { NULL, 0, NULL, 0 } };
	struct client client = client_default();
	int option, status = EX_USAGE;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (!client_option(&client, option, optarg))
			return usage(stderr, EX_USAGE);
	if (client.help)
		return usage(stdout, EX_OK);
	if (argc == optind)
		status = list(&client);
	else if (argc - optind == 2 &&
		 (strcmp(argv[optind], "test") == 0 || strcmp(argv[optind], "resend") == 0))
		status = order(&client, argv[optind], argv[optind + 1]);
	else
		return usage(stderr, EX_USAGE);
	return fflush(stdout) == 0 ? status : EX_IOERR;
}
