#include "daemon/ctl/ctl_explain_surge.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl_events.h"
#include "daemon/ctl/ctl_show.h"

#include <string.h>
#include <sysexits.h>
#include <time.h>

#define PATH_ROOM 512
#define BEFORE (15 * 60) /* seconds shown before a surge, and after its end */
#define NO_SURGE 3600	 /* seconds shown when there was none */
#define LINES 48	 /* of the table, about */
#define MINUTE 60

static const char usage[] =
	"usage: mxsplitctl explain-surge DOMAIN [--from TIME] [--to TIME] [--json]\n"
	"Bounces, what was expected, and the evidence over time around the last surge,\n"
	"with every sentence of the journal in between. One line is the minute with the\n"
	"most evidence, or the first of a surge: what came too many, how many of them\n"
	"last, how many must. SURGE: the detector said so; split: the zone was; SURGE S:\n"
	"both.\n"
	"  --from, --to TIME  another stretch, as 2026-11-24T16:30:00Z\n" CLIENT_USAGE;

struct wish {
	const char *domain;
	int64_t from, to; /* seconds, 0: not given */
	bool nothing;	  /* no stretch is given, and the journal has no surge */
};

static int64_t
time_of(const json_t *object, const char *name)
{
	int64_t time_us;

	return when_parse_rfc3339(span_of(ctl_show_member(object, name)), &time_us)
		       ? time_us / WHEN_SECOND_US
		       : 0;
}

/* The last surge in the journal, and its end or now. */
static void
find_surge(const json_t *events, struct wish *wish)
{
	int64_t began = 0, over = 0;
	const json_t *event;
	size_t i;

	json_array_foreach(events, i, event)
	{
		const char *kind = ctl_show_member(event, "kind");

		if (strcmp(ctl_show_member(event, "domain"), wish->domain) != 0)
			continue;
		if (strcmp(kind, "surge") == 0) {
			began = time_of(event, "time");
			over = 0;
		} else if (strcmp(kind, "calm") == 0) {
			over = time_of(event, "time");
		}
	}
	wish->nothing = !began && !wish->from && !wish->to;
	if (!wish->to)
		wish->to = began && over ? over + BEFORE : (int64_t)time(NULL);
	if (!wish->from)
		wish->from = (began && began < wish->to) ? began - BEFORE : wish->to - NO_SURGE;
}

static int
ask_series(const struct client *client, const struct wish *wish, json_t **out)
{
	int64_t step = (wish->to - wish->from) / LINES;
	char path[PATH_ROOM];
	struct text text = TEXT(path);

	step += MINUTE - (step % MINUTE ? step % MINUTE : MINUTE);
	text_add(&text, "/v1/domains/%s/series?from=%lld&to=%lld&step=%lld", wish->domain,
		 (long long)wish->from, (long long)wish->to,
		 (long long)(step < MINUTE ? MINUTE : step));
	return client_call(client, "GET", path, NULL, out);
}

static void
show_cell(const json_t *series, const char *name, size_t i, double scale, unsigned width)
{
	const json_t *value = json_array_get(json_object_get(series, name), i);
	json_t *scaled =
		json_is_number(value) ? json_real(json_number_value(value) * scale) : json_null();
	char cell[SHOW_CELL];

	ctl_show_number(scaled, "", cell);
	ctl_show_cell(cell, width, SHOW_PLAIN);
	json_decref(scaled);
}

static bool
is_on(const json_t *series, const char *name, size_t i)
{
	return json_is_true(json_array_get(json_object_get(series, name), i));
}

/* What the journal says between two instants. */
static void
show_events(const json_t *events, const char *domain, int64_t from, int64_t to)
{
	const json_t *event;
	size_t i;

	json_array_foreach(events, i, event)
	{
		int64_t at = time_of(event, "time");
		const char *kind = ctl_show_member(event, "kind");

		if (at < from || at >= to || strcmp(ctl_show_member(event, "domain"), domain) != 0)
			continue;
		printf("%.8s  ", ctl_show_member(event, "time") + 11);
		ctl_show_cell(kind, 10, SHOW_BOLD);
		putchar('\n');
		ctl_show_words("", ctl_show_member(event, "text"), SHOW_PLAIN);
	}
}

/* 17 + 8 + 9 + 8 + 9 + 7 + 8 + 7 + 7 = 80 columns. */
static void
show(const json_t *series, const json_t *events, const struct wish *wish)
{
	int64_t from = time_of(series, "from");
	int64_t step = json_integer_value(json_object_get(series, "step"));
	size_t points = json_array_size(json_object_get(series, "bounces"));

	if (wish->nothing)
		puts("There is no surge in the journal; this is the last hour.");
	printf("%-17s%-8s%-9s%-8s%-9s%-7s%-8s%s\n", "UTC", "bounces", "expected", "at most",
	       "evidence", "excess", "lasting", "needed");
	printf("%-17s%-25s%s\n", "", "a minute", "nats");
	for (size_t i = 0; i < points; i++) {
		int64_t at = from + step * (int64_t)i;
		char stamp[WHEN_TEXT];
		bool surge = is_on(series, "surge", i), split = is_on(series, "split", i);

		when_rfc3339(at * WHEN_SECOND_US, stamp);
		printf("%.10s %.5s ", stamp, stamp + 11);
		show_cell(series, "bounces", i, (double)MINUTE / (double)step, 8);
		show_cell(series, "expected_per_minute", i, 1, 9);
		show_cell(series, "upper_per_minute", i, 1, 8);
		show_cell(series, "evidence", i, 1, 9);
		show_cell(series, "excess", i, 1, 7);
		show_cell(series, "lasting", i, 1, 8);
		show_cell(series, "needed_excess", i, 1, 7);
		puts(surge && split ? "SURGE S" : surge ? "SURGE" : split ? "split" : "");
		show_events(events, wish->domain, at, at + step);
	}
}

static int
explain(const struct client *client, struct wish *wish)
{
	json_t *events = json_array(), *series = NULL, *all;
	int status = ctl_events_last(client, EVENTS_ALL, events);

	if (status == EX_OK)
		find_surge(events, wish);
	if (status == EX_OK)
		status = ask_series(client, wish, &series);
	if (status == EX_OK && client->json) {
		all = json_pack("{s:O}", "series", series);
		status = client_print(all);
		json_decref(all);
	} else if (status == EX_OK) {
		show(series, events, wish);
		status = fflush(stdout) == 0 ? EX_OK : EX_IOERR;
	}
	json_decref(series);
	json_decref(events);
	return status;
}

static bool
read_time(const char *text, int64_t *out)
{
	int64_t time_us;

	if (!when_parse_rfc3339(span_of(text), &time_us) || time_us <= 0) {
		fprintf(stderr,
			"mxsplitctl: '%s' is no time, wanted one such as 2026-11-24T16:30:00Z\n",
			text);
		return false;
	}
	*out = time_us / WHEN_SECOND_US;
	return true;
}

int
ctl_explain_surge(int argc, char **argv)
{
	static const struct option options[] = { CLIENT_OPTIONS,
						 { "from", required_argument, NULL, 'f' },
						 { "to", required_argument, NULL, 't' },
						 { NULL, 0, NULL, 0 } };
	struct client client = client_default();
	struct wish wish = { 0 };
	bool good = true;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (option == 'f' || option == 't')
			good = read_time(optarg, option == 'f' ? &wish.from : &wish.to) && good;
		else
			good = client_option(&client, option, optarg) && good;
	if (client.help && good) {
		fputs(usage, stdout);
		return EX_OK;
	}
	if (wish.to && wish.to <= wish.from) {
		fputs("mxsplitctl: --to is not later than --from\n", stderr);
		good = false;
	}
	if (!good || optind + 1 != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	wish.domain = argv[optind];
	return client_domain(wish.domain) ? explain(&client, &wish) : EX_USAGE;
}
