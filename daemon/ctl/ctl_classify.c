#include "daemon/ctl/ctl_classify.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/core/domains.h"
#include "daemon/core/reader.h"
#include "daemon/ctl/ctl_json.h"
#include "daemon/ctl/ctl_lines.h"
#include "daemon/ctl/ctl_progress.h"
#include "daemon/sys/tz_load.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define MAX_DOMAINS 4096 /* named in a summary; what is beyond counts as "other" */

struct classify {
	struct reader_options options;
	struct tz zone;
	bool summary;
	const char *path;
	struct reader *reader;
	int64_t kinds[EVENT_KINDS];
	struct domains *domains;
	struct ctl_progress progress;
};

static int
usage(const char *why)
{
	FILE *out = why ? stderr : stdout;

	if (why)
		fprintf(out, "mxsplitctl: %s\n", why);
	fprintf(out,
		"usage: mxsplitctl classify [--format FORMAT] [--year N] [--zone ZONE]\n"
		"                           [--summary] FILE|-\n"
		"The events in a log, one JSON object a line. FILE is plain, gzip or zstd.\n"
		"  --format FORMAT    the MTA that wrote it (auto): one of\n"
		"                     %s\n"
		"  --year N           of stamps that have none (by the file's last change)\n"
		"  --zone ZONE        of stamps that name none (local)\n"
		"  --summary          one object with their numbers, by kind and domain\n"
		"  --json             the same: it is JSON anyway\n"
		"  --help             this\n",
		format_list());
	return why ? EX_USAGE : EX_OK;
}

/* On a terminal the events themselves show how far it is. */
static bool
given(void *ctx, struct span bytes, struct err *err)
{
	struct classify *classify = ctx;

	(void)err;
	ctl_progress_add(&classify->progress, bytes.len);
	return true;
}

static void
print_event(void *ctx, const struct event *event)
{
	char time[WHEN_TEXT];

	(void)ctx;
	when_rfc3339(event->time_us, time);
	/* A repeated line is so many events. */
	for (int64_t i = 0; i < event->count; i++) {
		printf("{\"time\":\"%s\",\"kind\":\"%s\"", time, event_name(event->kind));
		ctl_json_member(stdout, "domain", event->domain);
		ctl_json_member(stdout, "client", event->client);
		ctl_json_member(stdout, "queue_id", event->queue_id);
		ctl_json_member(stdout, "status", event->status);
		fputs("}\n", stdout);
	}
}

static void
count_event(void *ctx, const struct event *event)
{
	struct classify *classify = ctx;
	unsigned number;

	classify->kinds[event->kind] += event->count;
	if (event->domain.len == 0)
		return;
	number = domains_number(classify->domains, event->domain);
	domains_at(classify->domains, number)->counts[event->kind] += event->count;
}

static void
take_lines(void *ctx, const struct span *lines, size_t count)
{
	struct classify *classify = ctx;

	reader_lines(classify->reader, lines, count, classify->summary ? count_event : print_event,
		     classify);
}

static void
take_too_long(void *ctx)
{
	struct classify *classify = ctx;

	reader_too_long(classify->reader);
}

/* {"kind":N,...}: `all` of them, or those that are not zero. False when there is none. */
static void
print_kinds(const int64_t *counts, bool all)
{
	const char *comma = "";

	putchar('{');
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		if (all || counts[kind]) {
			printf("%s\"%s\":%" PRId64, comma, event_name((enum event_kind)kind),
			       counts[kind]);
			comma = ",";
		}
	putchar('}');
}

static bool
any(const int64_t *counts)
{
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		if (counts[kind])
			return true;
	return false;
}

static void
print_time(const char *name, int64_t time_us)
{
	char time[WHEN_TEXT];

	if (!time_us)
		return;
	when_rfc3339(time_us, time);
	printf(",\"%s\":\"%s\"", name, time);
}

/* Lines of each format that was found. */
static void
print_formats(const struct reader_stats *stats)
{
	const char *comma = "";

	fputs(",\"formats\":{", stdout);
	for (int i = FORMAT_AUTO + 1; i < FORMATS; i++)
		if (stats->of_format[i]) {
			printf("%s\"%s\":%" PRIu64, comma, format_name((enum format)i),
			       stats->of_format[i]);
			comma = ",";
		}
	putchar('}');
}

static void
print_summary(const struct classify *classify)
{
	const struct reader_stats *stats = reader_stats(classify->reader);
	const char *comma = "";

	printf("{\"lines\":%" PRIu64 ",\"other\":%" PRIu64 ",\"broken\":%" PRIu64, stats->lines,
	       stats->other, stats->broken);
	print_time("first", stats->first_us);
	print_time("last", stats->last_us);
	print_formats(stats);
	fputs(",\"kinds\":", stdout);
	print_kinds(classify->kinds, true);
	fputs(",\"domains\":{", stdout);
	for (unsigned i = 0; i < domains_count(classify->domains); i++) {
		const struct domains_row *row = domains_at(classify->domains, i);

		if (!any(row->counts))
			continue;
		fputs(comma, stdout);
		ctl_json_string(stdout, row->name);
		putchar(':');
		print_kinds(row->counts, false);
		comma = ",";
	}
	fputs("}}\n", stdout);
}

/* -1: go on; else an exit code. */
static int
read_options(int argc, char **argv, struct classify *out)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "year", required_argument, NULL, 'y' },
		{ "zone", required_argument, NULL, 'z' },
		{ "summary", no_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *zone = "local"; /* as mxsplitd */
	struct err err = { 0 };
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'f':
			if (!format_from_name(span_of(optarg), &out->options.format))
				return usage("--format is not known");
			break;
		case 'y':
			out->options.year = ctl_json_year(optarg);
			if (!out->options.year)
				return usage("--year wants a year from 1970 to 9998");
			break;
		case 'z':
			zone = optarg;
			break;
		case 's':
			out->summary = true;
			break;
		case 'j': /* it is */
			break;
		case 'h':
			return usage(NULL);
		default:
			return usage("an option is not known");
		}
	if (argc - optind != 1)
		return usage("classify wants one FILE, or - for standard input");
	out->path = argv[optind];
	out->options.zone = &out->zone;
	return tz_load(zone, &out->zone, &err) ? -1 : usage(err.text);
}

static bool
read_all(struct classify *classify, struct err *err)
{
	struct ctl_lines_sink sink = {
		.lines = take_lines, .too_long = take_too_long, .ctx = classify, .given = given
	};
	int64_t changed;
	bool good;
	int fd = ctl_lines_open(classify->path, &changed, err);

	if (fd < 0)
		return false;
	/* Without a year, stamps are of the year before the file was last written. */
	classify->options.reference = changed ? changed : (int64_t)time(NULL);
	classify->reader = reader_new(&classify->options);
	classify->domains = domains_new(MAX_DOMAINS);
	if (!classify->reader || !classify->domains)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (classify->summary || !isatty(STDOUT_FILENO))
		ctl_progress_start(&classify->progress, fd);
	good = ctl_lines_read(fd, &sink, err);
	ctl_progress_end(&classify->progress);
	if (!good)
		return err_while(err, "%s", classify->path);
	reader_end(classify->reader, classify->summary ? count_event : print_event, classify);
	return true;
}

int
ctl_classify(int argc, char **argv)
{
	struct classify classify = { 0 };
	struct err err = { 0 };
	int code = read_options(argc, argv, &classify);

	if (code >= 0)
		return code;
	code = EX_OK;
	if (!read_all(&classify, &err)) {
		fprintf(stderr, "mxsplitctl: classify: %s\n", err.text);
		code = err.kind == ERR_INPUT ? EX_NOINPUT : EX_IOERR;
	} else if (classify.summary) {
		print_summary(&classify);
	}
	if (fflush(stdout) != 0 && code == 0) {
		fprintf(stderr, "mxsplitctl: classify: writing the answer failed\n");
		code = EX_IOERR;
	}
	reader_free(classify.reader);
	domains_free(classify.domains);
	return code;
}
