#include "daemon/counts.h"

#include "daemon/base/when.h"
#include "daemon/store/store.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#define SILENCE 15 /* minutes without an event that are still nought */

struct counts {
	int64_t last; /* the minute that `bounces` is of; 0: none yet */
	int64_t bounces, rows;
	bool json;
};

/* A tick has the time of its end. */
static void
put(const struct counts *counts, int64_t minute, int64_t bounces)
{
	printf(counts->json ? "{\"epoch_seconds\":%" PRId64 ",\"count\":%" PRId64 "}\n"
			    : "%" PRId64 ",%" PRId64 "\n",
	       (minute + 1) * 60, bounces > 0 ? bounces : 0);
}

/* Writes the minutes up to this one. */
static void
advance(struct counts *counts, int64_t minute)
{
	if (counts->last) {
		put(counts, counts->last, counts->bounces);
		if (minute - counts->last <= SILENCE)
			for (int64_t at = counts->last + 1; at < minute; at++)
				put(counts, at, 0);
	}
	counts->last = minute;
	counts->bounces = 0;
}

static void
take(void *ctx, int64_t minute, enum event_kind kind, int64_t count)
{
	struct counts *counts = ctx;

	counts->rows++;
	if (counts->last != minute)
		advance(counts, minute);
	if (event_loads(kind))
		counts->bounces += count;
}

static int
print(const char *path, const char *domain, int64_t from, int64_t to, bool json)
{
	struct counts counts = { .json = json };
	struct store *store = NULL;
	struct err err = { 0 };
	int64_t hours_until = 0;
	bool ok = store_open(path, STORE_READ, &store, NULL, &err) &&
		  store_counts_hours(store, &hours_until, &err);

	from = from > hours_until ? from : hours_until;
	if (ok) {
		if (!json)
			puts("epoch_seconds,count");
		ok = store_counts_series(store, domain, NULL, from / 60, to / 60, take, &counts,
					 &err);
		advance(&counts, 0);
	}
	store_close(store);
	if (!ok) {
		fprintf(stderr, "mxsplitctl counts: %s\n", err.text);
		return EX_NOINPUT;
	}
	if (counts.rows == 0) {
		fprintf(stderr, "mxsplitctl counts: %s has no minutes of '%s' in that time\n", path,
			domain);
		return EX_DATAERR;
	}
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static bool
read_time(const char *text, int64_t *out)
{
	int64_t time_us;

	if (!when_parse_rfc3339(span_of(text), &time_us))
		return false;
	*out = time_us / WHEN_SECOND_US;
	return true;
}

static const char usage[] =
	"usage: mxsplitctl counts --db FILE DOMAIN [--from 2026-11-24T16:00:00Z]\n"
	"                         [--to TIME]\n"
	"Bounces by the minute as CSV, for: mxsplitctl backtest --period 60\n"
	"With --json an object a line.\n"
	"Time of which only hours are kept is left out.\n";

int
counts(int argc, char **argv)
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, 'd' }, { "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },	{ NULL, 0, NULL, 0 }
	};
	const char *path = NULL;
	int64_t from = 0, to = INT64_MAX;
	bool ok = true, json = false;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (option == 'h') {
			fputs(usage, stdout);
			return EX_OK;
		} else if (option == 'd') {
			path = optarg;
		} else if (option == 'j') {
			json = true;
		} else if (option == 'f') {
			ok = ok && read_time(optarg, &from);
		} else {
			ok = ok && option == 't' && read_time(optarg, &to);
		}
	if (!ok || !path || optind + 1 != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return print(path, argv[optind], from, to, json);
}
