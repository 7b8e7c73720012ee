#include "daemon/ctl/ctl_watch.h"

#include "daemon/base/scan.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl_events.h"
#include "daemon/ctl/ctl_screen.h"
#include "daemon/ctl/ctl_status.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define EVERY 2		/* seconds */
#define EVERY_MOST 3600 /* seconds */
#define COUNT_MOST 1000000000
#define NEWEST 5 /* entries of the journal under the tables */

static const char usage[] =
	"usage: mxsplitctl watch [DOMAIN] [--every S] [--count N] [--json]\n"
	"The state of every domain, or all about one, and the newest entries of the\n"
	"journal, again and again: over the whole screen of a terminal, where q ends it;\n"
	"elsewhere one after the other.\n"
	"  --every S          seconds between two (2)\n"
	"  --count N          end after so many\n" CLIENT_USAGE;

struct watch {
	struct client client;
	const char *domain; /* NULL: all */
	uint64_t every, count;
};

static int
ask(const struct watch *watch)
{
	int status = ctl_status_print(&watch->client, watch->domain);

	if (status != EX_OK || watch->client.json)
		return status;
	putchar('\n');
	return ctl_events_newest(&watch->client, NEWEST);
}

/* What `ask` writes to both standard streams, as text; the caller frees it. */
static char *
capture(const struct watch *watch, size_t *length_out)
{
	FILE *out = stdout, *err = stderr, *memory;
	char *text = NULL;

	memory = open_memstream(&text, length_out);
	if (!memory)
		return NULL;
	stdout = stderr = memory; /* variables, in glibc */
	ask(watch);
	stdout = out;
	stderr = err;
	if (fclose(memory) == 0)
		return text;
	free(text);
	return NULL;
}

static void
draw(const struct watch *watch)
{
	char last[128], clock[32] = "";
	time_t now = time(NULL);
	struct tm local;
	size_t length = 0;
	char *text = capture(watch, &length);

	if (localtime_r(&now, &local))
		strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	snprintf(last, sizeof(last), " %s, every %u s   q quit   space now ", clock,
		 (unsigned)watch->every);
	ctl_screen_draw(text ? text : "", text ? length : 0, last);
	free(text);
}

/* The whole screen. */
static int
show(const struct watch *watch)
{
	int number = 0;

	if (!ctl_screen_open()) {
		fprintf(stderr, "mxsplitctl watch: the terminal: %s\n", strerror(errno));
		return EX_IOERR;
	}
	atexit(ctl_screen_close);
	for (uint64_t drawn = 0; !watch->count || drawn < watch->count; drawn++) {
		char key = 0;
		enum ctl_screen_event event;

		draw(watch);
		event = ctl_screen_wait((int)watch->every * 1000, &key, &number);
		if (event == CTL_SCREEN_END ||
		    (event == CTL_SCREEN_KEY && (key == 'q' || key == 'Q')))
			break;
	}
	ctl_screen_close();
	if (number)
		raise(number);
	return EX_OK;
}

/* One after the other. */
static int
print(const struct watch *watch)
{
	int status = EX_OK;

	for (uint64_t shown = 0; !watch->count || shown < watch->count; shown++) {
		if (shown)
			sleep((unsigned)watch->every);
		if (shown && !watch->client.json)
			puts("");
		status = ask(watch);
		if (fflush(stdout) != 0)
			return EX_IOERR;
	}
	return status;
}

static bool
read_number(const char *text, uint64_t most, uint64_t *out)
{
	struct scan scan = scan_over(span_of(text));

	*out = scan_number(&scan, most);
	return scan_done(&scan) && *out > 0;
}

int
ctl_watch(int argc, char **argv)
{
	static const struct option options[] = { CLIENT_OPTIONS,
						 { "every", required_argument, NULL, 'e' },
						 { "count", required_argument, NULL, 'c' },
						 { NULL, 0, NULL, 0 } };
	struct watch watch = { .client = client_default(), .every = EVERY };
	bool good = true;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (option == 'e')
			good = read_number(optarg, EVERY_MOST, &watch.every) && good;
		else if (option == 'c')
			good = read_number(optarg, COUNT_MOST, &watch.count) && good;
		else
			good = client_option(&watch.client, option, optarg) && good;
	if (watch.client.help && good) {
		fputs(usage, stdout);
		return EX_OK;
	}
	if (!good || argc - optind > 1) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	watch.domain = argv[optind];
	if (ctl_screen_there() && !watch.client.json)
		return show(&watch);
	return print(&watch);
}
