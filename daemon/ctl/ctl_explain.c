#include "daemon/ctl/ctl_explain.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/core/reader.h"
#include "daemon/ctl/ctl_json.h"
#include "daemon/ctl/ctl_lines.h"
#include "daemon/sys/tz_load.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>

struct explain {
	struct reader_options options;
	struct tz zone;
	struct reader *reader;
	bool json;
	uint64_t number;
	uint64_t of_format[FORMATS]; /* lines of each so far */
	const char *comma;
};

static int
usage(const char *why)
{
	FILE *out = why ? stderr : stdout;

	if (why)
		fprintf(out, "mxsplitctl: %s\n", why);
	fputs("usage: mxsplitctl explain [--json] [--year N] [--zone ZONE] LINE... | -\n"
	      "How lines of a log are read, one after the other, and why.\n"
	      "  --json             one object a line\n"
	      "  --year N           of stamps that have none (this one)\n"
	      "  --zone ZONE        of stamps that name none (local)\n"
	      "  --help             this\n",
	      out);
	return why ? EX_USAGE : EX_OK;
}

/* Foreign bytes for a terminal. */
static void
show(const char *label, struct span value)
{
	char buffer[CTL_JSON_TEXT];
	struct text text = TEXT(buffer);

	if (value.len == 0)
		return;
	text_add_scrubbed(&text, value);
	printf("  %-10s %s\n", label, buffer);
}

static void
show_event(void *ctx, const struct event *event)
{
	struct explain *explain = ctx;

	explain->comma = ",";
	printf("  event      %s", event_name(event->kind));
	if (event->count != 1)
		printf(", %" PRId64 " times", event->count);
	putchar('\n');
	show("  domain", event->domain);
	show("  client", event->client);
	show("  queue id", event->queue_id);
	show("  status", event->status);
}

static void
print_event(void *ctx, const struct event *event)
{
	struct explain *explain = ctx;

	printf("%s{\"kind\":\"%s\",\"count\":%" PRId64, explain->comma, event_name(event->kind),
	       event->count);
	ctl_json_member(stdout, "domain", event->domain);
	ctl_json_member(stdout, "client", event->client);
	ctl_json_member(stdout, "queue_id", event->queue_id);
	ctl_json_member(stdout, "status", event->status);
	putchar('}');
	explain->comma = ",";
}

static const char *
text_name(enum record_kind kind)
{
	return kind == RECORD_DISCONNECTED ? "session"
	       : kind == RECORD_RECIPIENT  ? "others"
					   : "message_id";
}

/* The fields that were read, with their names. */
static void
each_field(const struct reader_view *view, void (*field)(const char *name, struct span value))
{
	const struct envelope *envelope = &view->envelope;
	const struct record *record = &view->record;

	field("host", envelope->host);
	field("instance", envelope->program->instance);
	field("daemon", envelope->program->daemon);
	field("message", envelope->message);
	field("queue_id", record->queue_id);
	field("client", record->client);
	field("recipient", record->recipient);
	field("status", record->status);
	field(text_name(record->kind), record->text);
	field("next_id", record->next_id);
}

static void
member(const char *name, struct span value)
{
	ctl_json_member(stdout, name, value);
}

static const char *
verdict(const struct reader_view *view)
{
	if (!view->readable)
		return "broken";
	if (view->record.kind == RECORD_BROKEN)
		return "broken";
	return view->record.kind == RECORD_OTHER ? "other" : "used";
}

/* The same for people, before the sentence. */
static const char *
verdict_words(const struct reader_view *view)
{
	if (!view->readable || view->record.kind == RECORD_BROKEN)
		return "NOT READABLE: ";
	return view->record.kind == RECORD_OTHER ? "of no interest: " : "";
}

static const char *
sentence(const struct reader_view *view)
{
	return view->readable ? view->record.why : "its time, host and program are not readable";
}

enum sender { SENDER_NO_WORD, SENDER_NULL, SENDER_OTHER, SENDER_NOT_HERE };

static enum sender
sender_of(const struct reader_view *view)
{
	static const bool tells[] = { [RECORD_ARRIVED] = true,
				      [RECORD_QUEUED] = true,
				      [RECORD_NO_MESSAGE] = true,
				      [RECORD_REFUSED] = true,
				      [RECORD_GAP] = false };
	const struct record *record = &view->record;

	if (!view->readable || !tells[record->kind])
		return SENDER_NO_WORD;
	if (record->sender_never || record->sender_later)
		return SENDER_NOT_HERE;
	return record->null_sender ? SENDER_NULL : SENDER_OTHER;
}

/* Whose line it was, or "". */
static struct span
format_of(struct explain *explain)
{
	const struct reader_stats *stats = reader_stats(explain->reader);
	struct span name = { "", 0 };

	for (int i = FORMAT_AUTO + 1; i < FORMATS; i++) {
		if (stats->of_format[i] != explain->of_format[i])
			name = span_of(format_name((enum format)i));
		explain->of_format[i] = stats->of_format[i];
	}
	return name;
}

static void
explain_json(struct explain *explain, struct span line)
{
	static const char *const json[] = {
		[SENDER_NULL] = "true", [SENDER_OTHER] = "false", [SENDER_NOT_HERE] = "null"
	};
	const struct reader_view *view = reader_view(explain->reader);
	char time[WHEN_TEXT];

	explain->comma = "";
	printf("{\"line\":%" PRIu64 ",\"events\":[", explain->number);
	reader_line(explain->reader, line, print_event, explain);
	printf("],\"read\":\"%s\",\"why\":", verdict(view));
	ctl_json_string(stdout, span_of(sentence(view)));
	if (view->joined)
		ctl_json_member(stdout, "joined", span_of(view->joined));
	if (view->readable) {
		when_rfc3339(view->envelope.time_us, time);
		printf(",\"time\":\"%s\",\"repeat\":%u", time, view->envelope.repeat);
		member("format", format_of(explain));
		each_field(view, member);
	}
	if (sender_of(view) != SENDER_NO_WORD)
		printf(",\"null_sender\":%s", json[sender_of(view)]);
	puts("}");
}

static void
explain_text(struct explain *explain, struct span line)
{
	static const char *const words[] = { [SENDER_NULL] = "null, <>",
					     [SENDER_OTHER] = "not null",
					     [SENDER_NOT_HERE] = "not said in this line" };
	const struct reader_view *view = reader_view(explain->reader);
	char time[WHEN_TEXT];

	printf("line %" PRIu64 "\n", explain->number);
	explain->comma = "";
	reader_line(explain->reader, line, show_event, explain);
	if (!*explain->comma)
		puts("  event      none: nothing is counted at this line");
	printf("  read as    %s%s\n", verdict_words(view), sentence(view));
	if (view->joined)
		printf("  together   %s\n", view->joined);
	if (view->readable) {
		when_rfc3339(view->envelope.time_us, time);
		printf("  time       %s\n", time);
		if (view->envelope.repeat != 1)
			printf("  repeated   %u times\n", view->envelope.repeat);
		show("format", format_of(explain));
		each_field(view, show);
	}
	if (sender_of(view) != SENDER_NO_WORD)
		printf("  sender     %s\n", words[sender_of(view)]);
}

static void
take_line(struct explain *explain, struct span line)
{
	explain->number++;
	if (explain->json)
		explain_json(explain, line);
	else
		explain_text(explain, line);
}

static void
take_lines(void *ctx, const struct span *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		take_line(ctx, lines[i]);
}

static void
take_too_long(void *ctx)
{
	struct explain *explain = ctx;

	explain->number++;
	reader_too_long(explain->reader);
	printf(explain->json ? "{\"line\":%" PRIu64 ",\"events\":[],\"read\":\"broken\","
			       "\"why\":\"too long\"}\n"
			     : "line %" PRIu64 "\n  read as    NOT READABLE: too long\n",
	       explain->number);
}

/* What is still open at the end counts without a domain. */
static void
print_rest(struct explain *explain)
{
	if (reader_stats(explain->reader)->open == 0)
		return;
	explain->comma = "";
	fputs(explain->json ? "{\"end\":true,\"events\":[" : "at the end\n", stdout);
	reader_end(explain->reader, explain->json ? print_event : show_event, explain);
	fputs(explain->json ? "]}\n" : "", stdout);
}

static bool
read_standard_input(struct explain *explain, struct err *err)
{
	struct ctl_lines_sink sink = { .lines = take_lines,
				       .too_long = take_too_long,
				       .ctx = explain };
	int64_t changed;
	int fd = ctl_lines_open("-", &changed, err);

	return fd >= 0 && ctl_lines_read(fd, &sink, err);
}

/* -1: go on; else an exit code. */
static int
read_options(int argc, char **argv, struct explain *out)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "year", required_argument, NULL, 'y' },
		{ "zone", required_argument, NULL, 'z' },
		{ 0 },
	};
	const char *zone = "local"; /* as mxsplitd */
	struct err err = { 0 };
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			out->json = true;
		else if (option == 'z')
			zone = optarg;
		else if (option == 'h')
			return usage(NULL);
		else if (option != 'y')
			return usage("an option is not known");
		else if ((out->options.year = ctl_json_year(optarg)) == 0)
			return usage("--year wants a year from 1970 to 9998");
	}
	if (optind == argc)
		return usage("explain wants lines of a log, or - for standard input");
	out->options.zone = &out->zone;
	return tz_load(zone, &out->zone, &err) ? -1 : usage(err.text);
}

int
ctl_explain(int argc, char **argv)
{
	struct explain explain = { 0 };
	struct err err = { 0 };
	int code = read_options(argc, argv, &explain);

	if (code >= 0)
		return code;
	code = EX_OK;
	explain.options.reference = (int64_t)time(NULL);
	explain.reader = reader_new(&explain.options);
	if (!explain.reader) {
		fprintf(stderr, "mxsplitctl: explain: out of memory\n");
		return EX_OSERR;
	}
	for (; optind < argc && code == 0; optind++)
		if (strcmp(argv[optind], "-") != 0) {
			take_line(&explain, span_of(argv[optind]));
		} else if (!read_standard_input(&explain, &err)) {
			fprintf(stderr, "mxsplitctl: explain: %s\n", err.text);
			code = EX_IOERR;
		}
	print_rest(&explain);
	reader_free(explain.reader);
	return fflush(stdout) == 0 ? code : EX_IOERR;
}
