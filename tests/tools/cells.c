/*
 * cells [--year N] [--domain NAME] LOG|- TRUTH: reads a log in the daemon's way (a bounce counts at
 * once for the default domain NAME, and is moved when its recipient appears) and compares each cell
 * of minute, domain and kind with the truth that genlog wrote. 1 when any is wrong.
 */
#include "daemon/core/reader.h"
#include "daemon/core/tally.h"
#include "daemon/ctl/ctl_lines.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DOMAINS 16384
#define SHOWN 20 /* wrong cells that are printed */

struct cells {
	struct reader *reader;
	struct tally *tally;   /* what was read, less what is true */
	uint64_t right, wrong; /* cells */
};

static void
take_event(void *ctx, const struct event *event)
{
	struct cells *cells = ctx;

	tally_add(cells->tally, event, INT64_MAX);
}

static void
take_lines(void *ctx, const struct span *lines, size_t count)
{
	struct cells *cells = ctx;

	reader_lines(cells->reader, lines, count, take_event, cells);
}

static void
take_too_long(void *ctx)
{
	struct cells *cells = ctx;

	reader_too_long(cells->reader);
}

static void
fail(const char *path, const char *why)
{
	fprintf(stderr, "cells: %s: %s\n", path, why);
	exit(2);
}

/* "MINUTE\tDOMAIN\tKIND\tCOUNT": taken away from what was read. */
static void
take_truth(struct cells *cells, const char *path)
{
	char line[512], domain[256], name[64];
	FILE *file = fopen(path, "r");
	struct event event = { 0 };
	int64_t minute;

	if (!file)
		fail(path, "cannot be read");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNd64 "\t%255[^\t]\t%63[^\t]\t%" SCNd64, &minute, domain,
			   name, &event.count) != 4 ||
		    !event_from_name(span_of(name), &event.kind))
			fail(path, "a line is not a cell");
		event.time_us = minute * 60000000;
		event.domain = span_of(domain);
		event.count = -event.count;
		tally_add(cells->tally, &event, INT64_MAX);
		cells->right++;
	}
	fclose(file);
}

static void
show_wrong(void *ctx, int64_t minute, struct span domain, enum event_kind kind, int64_t delta)
{
	struct cells *cells = ctx;

	if (cells->wrong++ < SHOWN)
		printf("wrong: minute %" PRId64 " %.*s %s: %+" PRId64 " beside the truth\n", minute,
		       (int)domain.len, domain.at, event_name(kind), delta);
}

static void
read_log(struct cells *cells, const char *path, struct reader_options *options)
{
	struct ctl_lines_sink sink = { .lines = take_lines,
				       .too_long = take_too_long,
				       .ctx = cells };
	struct err err = { 0 };
	int64_t changed;
	int fd = ctl_lines_open(path, &changed, &err);

	options->at_once = true;
	options->reference = changed ? changed : 4102444800; /* 2100: any year is before it */
	cells->reader = reader_new(options);
	cells->tally = tally_new(DOMAINS);
	if (!cells->reader || !cells->tally)
		fail(path, "out of memory");
	if (fd < 0 || !ctl_lines_read(fd, &sink, &err))
		fail(path, err.text);
	reader_end(cells->reader, take_event, cells);
}

int
main(int argc, char **argv)
{
	static const struct option names[] = { { "year", 1, NULL, 'y' },
					       { "domain", 1, NULL, 'd' },
					       { NULL, 0, NULL, 0 } };
	struct reader_options options = { 0 };
	struct cells cells = { 0 };
	const struct reader_stats *stats;

	for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;)
		if (option == 'y')
			options.year = (int)strtol(optarg, NULL, 10);
		else if (option == 'd')
			span_copy_lower(span_of(optarg), options.default_domain,
					sizeof(options.default_domain));
		else
			return 64;
	if (argc - optind != 2)
		fail("usage", "cells [--year N] [--domain NAME] LOG|- TRUTH");
	read_log(&cells, argv[optind], &options);
	take_truth(&cells, argv[optind + 1]);
	tally_each(cells.tally, show_wrong, &cells);
	stats = reader_stats(cells.reader);
	printf("%" PRIu64 " lines, %" PRIu64 " broken, %" PRIu64 " ids dropped, %" PRIu64
	       " cells, wrong cells %" PRIu64 "\n",
	       stats->lines, stats->broken, stats->dropped, cells.right, cells.wrong);
	reader_free(cells.reader);
	tally_free(cells.tally);
	return cells.wrong ? 1 : 0;
}
