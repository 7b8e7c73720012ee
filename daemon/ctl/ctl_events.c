#include "daemon/ctl/ctl_events.h"

#include "daemon/base/scan.h"
#include "daemon/base/text.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl_show.h"

#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#define EVENTS_LIMIT 20 /* shown unless told */
#define EVENTS_MOST 100000
#define EVENTS_PAGE 500 /* what the daemon gives at once */
#define PATH_ROOM 128

static const char usage[] =
	"usage: mxsplitctl events [--after N] [--limit N] [--json]\n"
	"  --after N          entries after the one with this number, oldest first\n"
	"  --limit N          at most so many (20); without --after the last ones\n" CLIENT_USAGE;

struct wish {
	bool after_given;
	uint64_t after, limit;
};

/* Asks for one page; adds its entries to the list. Exit code. */
static int
page(const struct client *client, uint64_t after, uint64_t limit, json_t *list, uint64_t *next_out,
     bool *more_out)
{
	char path[PATH_ROOM];
	struct text text = TEXT(path);
	json_t *answer = NULL;
	int status;

	text_add(&text, "/v1/events?after=%llu&limit=%llu", (unsigned long long)after,
		 (unsigned long long)limit);
	status = client_call(client, "GET", path, NULL, &answer);
	if (status != EX_OK)
		return status;
	json_array_extend(list, json_object_get(answer, "events"));
	*next_out = (uint64_t)json_integer_value(json_object_get(answer, "next"));
	*more_out = json_is_true(json_object_get(answer, "more")) && *next_out > after;
	json_decref(answer);
	return EX_OK;
}

/* Collects what was wished for: the first entries after a number, or the last ones of all. */
static int
collect(const struct client *client, const struct wish *wish, json_t *list, uint64_t *next_out,
	bool *more_out)
{
	int status = EX_OK;

	*next_out = wish->after;
	*more_out = true;
	while (status == EX_OK && *more_out) {
		uint64_t left = EVENTS_PAGE;

		if (wish->after_given && wish->limit - json_array_size(list) < left)
			left = wish->limit - json_array_size(list);
		if (left == 0)
			break;
		status = page(client, *next_out, left, list, next_out, more_out);
		while (json_array_size(list) > wish->limit)
			json_array_remove(list, 0);
	}
	return status;
}

static void
show(const json_t *entry)
{
	const char *domain = ctl_show_member(entry, "domain");
	const char *kind = ctl_show_member(entry, "kind");

	printf("%6lld  ", (long long)json_integer_value(json_object_get(entry, "id")));
	ctl_show_cell(ctl_show_member(entry, "time"), 29, SHOW_PLAIN);
	ctl_show_cell(kind, 10, strcmp(kind, "failure") == 0 ? SHOW_RED : SHOW_BOLD);
	ctl_show_text(stdout, domain);
	putchar('\n');
	ctl_show_words("", ctl_show_member(entry, "text"), SHOW_PLAIN);
}

static int
ask(const struct client *client, const struct wish *wish)
{
	json_t *list = json_array();
	uint64_t next = 0;
	bool more = false;
	int status = collect(client, wish, list, &next, &more);
	size_t i;
	json_t *entry;

	if (status == EX_OK && client->json) {
		json_t *all = json_pack("{s:O, s:I, s:b}", "events", list, "next", (json_int_t)next,
					"more", more);

		status = client_print(all);
		json_decref(all);
	} else if (status == EX_OK) {
		json_array_foreach(list, i, entry)
		{
			show(entry);
		}
		status = fflush(stdout) == 0 ? EX_OK : EX_IOERR;
	}
	json_decref(list);
	return status;
}

int
ctl_events_newest(const struct client *client, unsigned limit)
{
	char path[PATH_ROOM];
	struct text text = TEXT(path);
	json_t *answer = NULL, *entry;
	size_t i;
	int status;

	text_add(&text, "/v1/events?last=%u", limit);
	status = client_call(client, "GET", path, NULL, &answer);
	if (status != EX_OK)
		return status;
	json_array_foreach(json_object_get(answer, "events"), i, entry)
	{
		show(entry);
	}
	json_decref(answer);
	return EX_OK;
}

int
ctl_events_last(const struct client *client, unsigned limit, json_t *list)
{
	struct wish wish = { .limit = limit };
	uint64_t next = 0;
	bool more = false;

	return collect(client, &wish, list, &next, &more);
}

static bool
read_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	struct scan scan = scan_over(span_of(text));
	uint64_t value = scan_number(&scan, most);

	if (!scan_done(&scan) || value < least)
		return false;
	*out = value;
	return true;
}

int
ctl_events(int argc, char **argv)
{
	static const struct option options[] = { CLIENT_OPTIONS,
						 { "after", required_argument, NULL, 'a' },
						 { "limit", required_argument, NULL, 'l' },
						 { NULL, 0, NULL, 0 } };
	struct client client = client_default();
	struct wish wish = { .limit = EVENTS_LIMIT };
	bool good = true;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (option == 'a')
			good = (wish.after_given =
					read_number(optarg, 0, INT64_MAX, &wish.after)) &&
			       good;
		else if (option == 'l')
			good = read_number(optarg, 1, EVENTS_MOST, &wish.limit) && good;
		else
			good = client_option(&client, option, optarg) && good;
	if (!good || (optind != argc && !client.help)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (client.help) {
		fputs(usage, stdout);
		return EX_OK;
	}
	return ask(&client, &wish);
}
