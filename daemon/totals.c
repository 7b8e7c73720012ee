#include "daemon/totals.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/store/store.h"
#include "daemon/store/store_counts.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

static void
add(void *ctx, struct span domain, enum event_kind kind, int64_t count)
{
	json_t *domains = ctx, *kinds;
	char name[1024];
	struct text text = TEXT(name);

	text_add_scrubbed(&text, domain);
	kinds = json_object_get(domains, name);
	if (!kinds) {
		kinds = json_object();
		json_object_set_new(domains, name, kinds);
	}
	json_object_set_new(kinds, event_name(kind), json_integer(count));
}

static bool
minute(const char *text, int64_t *minute_out)
{
	int64_t time_us;

	if (!when_parse_rfc3339(span_of(text), &time_us))
		return false;
	*minute_out = time_us / WHEN_SECOND_US / 60;
	return true;
}

static int
print(const char *path, int64_t from, int64_t to)
{
	json_t *domains = json_object(), *all = json_pack("{s:o}", "domains", domains);
	struct store *store = NULL;
	struct err err = { 0 };
	bool ok = all && store_open(path, STORE_READ, &store, NULL, &err) &&
		  store_counts_totals(store, from, to, add, domains, &err);

	if (ok) {
		json_dumpf(all, stdout, JSON_COMPACT | JSON_SORT_KEYS);
		putchar('\n');
	} else {
		fprintf(stderr, "mxsplitctl totals: %s\n", err.text);
	}
	store_close(store);
	json_decref(all);
	return ok ? EX_OK : EX_NOINPUT;
}

static const char usage[] =
	"usage: mxsplitctl totals --db FILE [--from 2026-11-24T16:00:00Z] [--to TIME]\n"
	"What the database counted, by domain and kind, as JSON (with --json, too).\n"
	"  --db FILE          the database\n"
	"  --from, --to TIME  only the minutes from the one on, and before the other\n";

int
totals(int argc, char **argv)
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, 'd' }, { "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },	{ NULL, 0, NULL, 0 }
	};
	const char *path = NULL;
	int64_t from = 0, to = 0;
	bool ok = true;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'd':
			path = optarg;
			break;
		case 'f':
			ok = ok && minute(optarg, &from);
			break;
		case 't':
			ok = ok && minute(optarg, &to);
			break;
		case 'j': /* it is */
			break;
		case 'h':
			fputs(usage, stdout);
			return EX_OK;
		default:
			ok = false;
			break;
		}
	if (!ok || !path || optind != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return print(path, from, to);
}
