#include "daemon/ctl/ctl_status.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl_show.h"
#include "daemon/ctl/ctl_status_daemon.h"
#include "daemon/ctl/ctl_survival.h"

#include <string.h>
#include <sysexits.h>
#include <time.h>

#define PATH_ROOM 512
#define SENTENCE 1024

static const char usage[] = "usage: mxsplitctl status [DOMAIN] [--json]\n" CLIENT_USAGE;

static enum ctl_show_colour
state_colour(const char *state)
{
	return strcmp(state, "normal") == 0  ? SHOW_GREEN
	       : strcmp(state, "split") == 0 ? SHOW_RED
					     : SHOW_YELLOW;
}

static bool
is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* "14.2/12.0", as wide as it is: the end of a line. */
static void
show_evidence(const json_t *measured)
{
	char evidence[SHOW_CELL], threshold[SHOW_CELL];

	ctl_show_number(json_object_get(measured, "evidence"), "", evidence);
	ctl_show_number(json_object_get(measured, "threshold"), "", threshold);
	if (strcmp(evidence, "-") == 0)
		puts("-");
	else
		printf("%s/%s\n", evidence, threshold);
}

/* Domain, state, mode, since, bounces, expected, evidence: 27 + 10 + 8 + 8 + 9 + 9 + 9 = 80. */
static void
show_line(const json_t *domain, long long now)
{
	const json_t *measured = json_object_get(domain, "measured");
	const char *state = ctl_show_member(domain, "state");
	char age[SHOW_CELL];

	ctl_show_age(domain, "since", now, age);
	ctl_show_cell(ctl_show_member(domain, "name"), 26, SHOW_BOLD);
	putchar(' ');
	ctl_show_cell(state[0] ? state : "unknown", 10, state_colour(state));
	ctl_show_cell(ctl_show_member(domain, "mode"), 8, SHOW_PLAIN);
	ctl_show_cell(age, 8, SHOW_PLAIN);
	ctl_show_count(measured, "rate_per_minute", "/min", 9);
	ctl_show_count(measured, "expected_per_minute", "/min", 9);
	show_evidence(measured);
}

static void
show_override(const json_t *override, long long now)
{
	char sentence[SENTENCE], expires[SHOW_CELL];
	struct text text = TEXT(sentence);

	if (!json_is_object(override))
		return;
	ctl_show_time(override, "expires", now, expires);
	text_add(&text, "%s until %s, by %s: %s", ctl_show_member(override, "mode"), expires,
		 ctl_show_member(override, "by"), ctl_show_member(override, "reason"));
	ctl_show_words("override", sentence, SHOW_YELLOW);
}

static void
show_reasons(const json_t *domain, long long now)
{
	const char *why = ctl_show_member(domain, "why"), *guard = ctl_show_member(domain, "guard");
	const char *effect = ctl_show_member(json_object_get(domain, "effect"), "text");

	if (why[0])
		ctl_show_words("why", why, SHOW_PLAIN);
	if (guard[0])
		ctl_show_words("held back", guard, SHOW_YELLOW);
	if (effect[0])
		ctl_show_words("effect", effect, SHOW_YELLOW);
	show_override(json_object_get(domain, "override"), now);
}

static void
show_mx(const char *label, const json_t *mx)
{
	char sentence[SENTENCE] = "-";
	struct text text = TEXT(sentence);
	size_t i;
	json_t *record;

	if (!json_is_object(mx))
		return;
	text_add(&text, "TTL %lld:", (long long)json_integer_value(json_object_get(mx, "ttl")));
	json_array_foreach(json_object_get(mx, "records"), i, record)
	{
		text_add(&text, "%s %lld %s", i ? "," : "",
			 (long long)json_integer_value(json_object_get(record, "preference")),
			 ctl_show_member(record, "exchange"));
	}
	if (i == 0)
		text_add(&text, " no MX");
	ctl_show_words(label, sentence, SHOW_PLAIN);
}

static void
show_server(const json_t *server, long long now)
{
	char sentence[SENTENCE], asked[SHOW_CELL];
	const char *error = ctl_show_member(server, "error");
	struct text text = TEXT(sentence);

	ctl_show_time(server, "asked", now, asked);
	text_add(&text, "%s%s: ", ctl_show_member(server, "name"),
		 is_true(server, "primary") ? " (primary)" : "");
	if (is_true(server, "known"))
		text_add(&text, "serial %lld, asked %s",
			 (long long)json_integer_value(json_object_get(server, "serial")), asked);
	else
		text_add(&text, "not known");
	if (error[0])
		text_add(&text, ", %s", error);
	ctl_show_words("server", sentence, error[0] ? SHOW_RED : SHOW_PLAIN);
	show_mx("  shows", json_object_get(server, "shown"));
}

static void
show_counts(const json_t *counts)
{
	char sentence[SENTENCE];
	struct text text = TEXT(sentence);
	const char *kind;
	json_t *count;

	json_object_foreach((json_t *)counts, kind, count)
	{
		if (json_integer_value(count) > 0)
			text_add(&text, "%s%s %lld", text.len ? ", " : "", kind,
				 (long long)json_integer_value(count));
	}
	if (text.len)
		ctl_show_words("counts", sentence, SHOW_PLAIN);
}

/* What the logs say of the last bounces; what no log tells is left out. */
static void
show_clues(const json_t *evidence)
{
	static const struct {
		const char *name, *words;
	} clues[] = {
		{ "unknown_users", "to unknown users" },  { "tagged", "to tagged addresses" },
		{ "with_client", "with a known client" }, { "new_clients", "of new clients" },
		{ "asked", "of hosts we wrote to" },	  { "probes", "probes" },
		{ "sent", "messages sent by us" },
	};
	char sentence[SENTENCE];
	struct text text = TEXT(sentence);

	for (size_t i = 0; i < sizeof(clues) / sizeof(clues[0]); i++) {
		const json_t *value = json_object_get(evidence, clues[i].name);

		if (json_is_integer(value))
			text_add(&text, "%s%lld %s", text.len ? ", " : "",
				 (long long)json_integer_value(value), clues[i].words);
	}
	if (text.len) {
		text_add(&text, " in the last 10 min");
		ctl_show_words("evidence", sentence, SHOW_PLAIN);
	}
}

/* The fixed rule of a domain that has one. */
static void
show_threshold(const json_t *rule, long long now)
{
	char sentence[SENTENCE], window[WHEN_TEXT], since[SHOW_CELL];
	bool reached = is_true(rule, "reached");
	struct text text = TEXT(sentence);

	if (!json_is_object(rule))
		return;
	when_duration(json_integer_value(json_object_get(rule, "window_seconds")), window);
	ctl_show_time(rule, "since", now, since);
	if (is_true(rule, "known"))
		text_add(&text, "%lld bounces in %s",
			 (long long)json_integer_value(json_object_get(rule, "bounces")), window);
	else
		text_add(&text, "too little was heard in %s", window);
	if (reached)
		text_add(&text, ", reached since %s, over at %lld", since,
			 (long long)json_integer_value(json_object_get(rule, "leave")));
	else
		text_add(&text, ", reached at %lld",
			 (long long)json_integer_value(json_object_get(rule, "count")));
	ctl_show_words("threshold", sentence, reached ? SHOW_RED : SHOW_PLAIN);
}

static void
show_zone(const json_t *domain, long long now)
{
	static const char *const sets[] = { "wanted", "sent", "shown", "normal" };
	const json_t *list = json_object_get(domain, "servers");
	size_t i;
	json_t *one;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		show_mx(sets[i], json_object_get(domain, sets[i]));
	json_array_foreach(list, i, one)
	{
		show_server(one, now);
	}
	json_array_foreach(json_object_get(domain, "mtas"), i, one)
	{
		char sentence[SENTENCE];
		struct text text = TEXT(sentence);

		text_add(&text, "%s%s: %lld bounces, %lld mails in the last 10 min",
			 ctl_show_member(one, "name"),
			 is_true(one, "drops") ? " (a split drops it)" : "",
			 (long long)json_integer_value(json_object_get(one, "bounces")),
			 (long long)json_integer_value(json_object_get(one, "mail")));
		ctl_show_words("mta", sentence, SHOW_PLAIN);
	}
	ctl_survival_line(json_object_get(domain, "survival"));
	show_counts(json_object_get(domain, "counts"));
	show_clues(json_object_get(domain, "evidence"));
}

static void
show_heading(void)
{
	printf("%-27s%-10s%-8s%-8s%-9s%-9s%s\n", "DOMAIN", "STATE", "MODE", "FOR", "BOUNCES",
	       "EXPECTED", "EVIDENCE");
}

static void
show_all(const json_t *status, long long now)
{
	const json_t *domains = json_object_get(status, "domains");
	size_t i;
	json_t *one;

	ctl_status_daemon(status, now);
	show_heading();
	json_array_foreach(domains, i, one)
	{
		show_line(one, now);
		show_reasons(one, now);
	}
	ctl_status_daemon_inputs(status, now);
}

int
ctl_status_print(const struct client *client, const char *domain)
{
	char path[PATH_ROOM];
	struct text text = TEXT(path);
	json_t *answer = NULL;
	int status;

	if (domain && !client_domain(domain))
		return EX_DATAERR;
	text_add(&text, domain ? "/v1/domains/%s" : "/v1/status", domain);
	status = client_call(client, "GET", path, NULL, &answer);
	if (status != EX_OK)
		return status;
	if (client->json) {
		status = client_print(answer);
	} else if (domain) {
		show_heading();
		show_line(answer, time(NULL));
		show_reasons(answer, time(NULL));
		show_threshold(json_object_get(answer, "threshold"), time(NULL));
		show_zone(answer, time(NULL));
	} else {
		show_all(answer, time(NULL));
	}
	json_decref(answer);
	return fflush(stdout) == 0 ? status : EX_IOERR;
}

int
ctl_status(int argc, char **argv)
{
	static const struct option options[] = { CLIENT_OPTIONS, { NULL, 0, NULL, 0 } };
	struct client client = client_default();
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (!client_option(&client, option, optarg)) {
			fputs(usage, stderr);
			return EX_USAGE;
		}
	if (client.help) {
		fputs(usage, stdout);
		return EX_OK;
	}
	if (argc - optind > 1) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return ctl_status_print(&client, argv[optind]);
}
