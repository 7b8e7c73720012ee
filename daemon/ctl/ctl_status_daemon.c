#include "daemon/ctl/ctl_status_daemon.h"

#include "daemon/base/text.h"
#include "daemon/ctl/ctl_hooks.h"
#include "daemon/ctl/ctl_show.h"

#define SENTENCE 1024

void
ctl_status_daemon(const json_t *status, long long now)
{
	const char *degraded = ctl_show_member(status, "degraded");
	char up[SHOW_CELL], made[SHOW_CELL];

	ctl_show_age(status, "started", now, up);
	ctl_show_age(status, "made", now, made);
	fputs("mxsplitd ", stdout);
	ctl_show_text(stdout, ctl_show_member(status, "version"));
	printf(", up %s, as of %s ago\n", up, made);
	if (degraded[0])
		ctl_show_words("degraded", degraded, SHOW_RED);
	ctl_hooks_line(json_object_get(status, "hooks"));
	putchar('\n');
}

static void
show_source(const json_t *source, long long now)
{
	const char *error = ctl_show_member(source, "error");
	const char *note = ctl_show_member(source, "note");
	bool stale = json_is_true(json_object_get(source, "stale"));
	char age[SHOW_CELL], behind[SHOW_CELL], lag[SHOW_CELL], sentence[SENTENCE];
	struct text text = TEXT(sentence);

	ctl_show_age(source, "last_line", now, age);
	ctl_show_number(json_object_get(source, "bytes_behind"), " B", behind);
	ctl_show_age(source, "log_time", now, lag);
	ctl_show_cell(ctl_show_member(source, "name"), 26, SHOW_BOLD);
	putchar(' ');
	ctl_show_cell(error[0] ? "failed"
		      : stale  ? "silent"
			       : "fresh",
		      10,
		      error[0] ? SHOW_RED
		      : stale  ? SHOW_YELLOW
			       : SHOW_GREEN);
	ctl_show_cell(age, 8, SHOW_PLAIN);
	ctl_show_count(source, "lines", "", 11);
	ctl_show_count(source, "broken", "", 9);
	if (json_integer_value(json_object_get(source, "bytes_behind")))
		printf("%s, %s\n", behind, lag);
	else
		puts(behind);
	if (error[0]) {
		text_add(&text, "%s: %s", ctl_show_member(source, "path"), error);
		ctl_show_words("error", sentence, SHOW_RED);
	}
	if (note[0])
		ctl_show_words("note", note, SHOW_YELLOW);
}

static void
show_counter(const json_t *counter, long long now)
{
	const char *why = ctl_show_member(counter, "why");
	char age[SHOW_CELL];

	ctl_show_age(counter, "time", now, age);
	ctl_show_cell(ctl_show_member(counter, "mta"), 26, SHOW_BOLD);
	putchar(' ');
	ctl_show_cell(ctl_show_member(counter, "name"), 23, SHOW_PLAIN);
	putchar(' ');
	ctl_show_count(counter, "value", "", 13);
	ctl_show_cell(age, 8,
		      json_is_true(json_object_get(counter, "stale")) ? SHOW_YELLOW : SHOW_PLAIN);
	ctl_show_text(stdout, why);
	putchar('\n');
}

/* The counters, and of the agents those that fail. */
static void
show_counters(const json_t *status, long long now)
{
	const json_t *counters = json_object_get(status, "counters");
	const json_t *agents = json_object_get(status, "agents");
	char sentence[SENTENCE];
	size_t i;
	json_t *one;

	if (json_array_size(agents))
		printf("\n%-27s%-24s%-13s%-8s\n", "COUNTER OF", "NAME", "VALUE", "LAST");
	json_array_foreach(counters, i, one)
	{
		show_counter(one, now);
	}
	json_array_foreach(agents, i, one)
	{
		struct text text = TEXT(sentence);

		if (!ctl_show_member(one, "error")[0])
			continue;
		text_add(&text, "%s: %s", ctl_show_member(one, "name"),
			 ctl_show_member(one, "error"));
		ctl_show_words("error", sentence, SHOW_RED);
	}
}

void
ctl_status_daemon_inputs(const json_t *status, long long now)
{
	const json_t *sources = json_object_get(status, "sources");
	size_t i;
	json_t *one;

	if (json_array_size(sources))
		printf("\n%-27s%-10s%-8s%-11s%-9s%s\n", "SOURCE", "STATE", "LAST", "LINES",
		       "BROKEN", "BEHIND");
	json_array_foreach(sources, i, one)
	{
		show_source(one, now);
	}
	show_counters(status, now);
}
