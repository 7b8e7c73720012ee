#include "daemon/ctl/ctl_backtest.h"

#include "daemon/base/scan.h"
#include "daemon/conf/config_value.h"
#include "daemon/core/detect_show.h"
#include "daemon/ctl/ctl_backtest_columns.h"
#include "daemon/ctl/ctl_json.h"
#include "daemon/ctl/ctl_progress.h"
#include "daemon/ctl/plot.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define BUFFER (1 << 18) /* bytes; a line may be at most so long */
#define TIME_MOST 1000000000000
#define COUNT_MOST 1000000000

struct backtest {
	struct detect_rules rules;
	unsigned period;
	bool explain, json;
	bool began; /* the first line that is no comment was read */
	struct ctl_backtest_columns columns;
	uint64_t line;
	struct detect detect;
	const char *plot_path; /* NULL: no picture is wanted */
	struct plot *plot;
	struct ctl_progress progress;
};

static bool
take_line(struct backtest *test, struct span line, struct err *err)
{
	struct span cells[CTL_BACKTEST_COLUMNS];
	uint64_t seconds, whole;
	double unused, value;
	struct detect_in in = { .period = test->period };
	struct finding finding;

	for (unsigned i = 0; i <= test->columns.last; i++)
		cells[i] = ctl_backtest_columns_cut(&line);
	if (!ctl_backtest_columns_decimal(cells[test->columns.time], TIME_MOST, &seconds, &unused))
		return err_set(err, ERR_INPUT, "line %" PRIu64 ": no time in seconds", test->line);
	if (!ctl_backtest_columns_decimal(cells[test->columns.count], COUNT_MOST, &whole, &value))
		return err_set(err, ERR_INPUT, "line %" PRIu64 ": no count of 0 to %d", test->line,
			       COUNT_MOST);
	in.time = (int64_t)seconds;
	in.count = value;
	if (test->columns.last > 1)
		ctl_backtest_columns_take(&test->columns, cells, value, &in.evidence);
	detect_step(&test->detect, &in, &finding);
	if (test->plot)
		plot_add(test->plot, in.time, in.period, in.count, &finding);
	if (finding.changed) {
		char sentence[256];
		struct text text = TEXT(sentence);

		detect_show_sentence(&finding, &text);
		if (test->json) {
			printf("{\"time\":%" PRIu64 ",\"surge\":%s,\"why\":", seconds,
			       finding.surge ? "true" : "false");
			ctl_json_string(stdout, span_of(sentence));
			puts("}");
		} else {
			printf("%" PRIu64 " %d%s%s\n", seconds, finding.surge,
			       test->explain ? " " : "", test->explain ? sentence : "");
		}
	}
	return true;
}

static bool
take_any(struct backtest *test, struct span line, struct err *err)
{
	test->line++;
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0 || line.at[0] == '#')
		return true;
	if (!test->began && (line.at[0] < '0' || line.at[0] > '9')) {
		test->began = true;
		ctl_backtest_columns_name(&test->columns, line);
		return true;
	}
	test->began = true;
	return take_line(test, line, err);
}

static bool
take_file(struct backtest *test, FILE *file, char *buffer, struct err *err)
{
	size_t held = 0, got;

	while ((got = fread(buffer + held, 1, BUFFER - held, file)) > 0 || held > 0) {
		ctl_progress_add(&test->progress, got);
		struct span rest = { buffer, held + got };
		const char *end;

		while ((end = memchr(rest.at, '\n', rest.len))) {
			size_t length = (size_t)(end - rest.at);

			if (!take_any(test, (struct span){ rest.at, length }, err))
				return false;
			rest = span_after(rest, length + 1);
		}
		if (got == 0)
			return take_any(test, rest, err);
		if (rest.len == BUFFER)
			return err_set(err, ERR_INPUT, "line %" PRIu64 " has more than %d bytes",
				       test->line + 1, BUFFER);
		memmove(buffer, rest.at, rest.len);
		held = rest.len;
	}
	return true;
}

static int
run(struct backtest *test, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char *buffer = malloc(BUFFER);
	struct err err = { ERR_NONE, "" };
	int status = EX_OK;

	if (file && !isatty(STDOUT_FILENO)) /* else the answers show it */
		ctl_progress_start(&test->progress, fileno(file));
	if (!file || !buffer) {
		fprintf(stderr, "backtest: %s: %s\n", path, strerror(errno));
		status = file ? EX_OSERR : EX_NOINPUT;
	} else if (!take_file(test, file, buffer, &err)) {
		fprintf(stderr, "backtest: %s: %s\n", path, err.text);
		status = EX_DATAERR;
	} else if (ferror(file)) {
		fprintf(stderr, "backtest: %s cannot be read\n", path);
		status = EX_IOERR;
	}
	ctl_progress_end(&test->progress);
	free(buffer);
	if (file && file != stdin)
		fclose(file);
	if (fflush(stdout) != 0 && status == EX_OK)
		status = EX_IOERR;
	return status;
}

/* Runs, and draws the picture also of what came before a line that cannot be read. */
static int
draw(struct backtest *test, const char *path)
{
	FILE *file = test->plot_path ? fopen(test->plot_path, "w") : NULL;
	int status;

	if (test->plot_path && (!file || !(test->plot = plot_new()))) {
		fprintf(stderr, "backtest: %s: %s\n", test->plot_path, strerror(errno));
		if (file)
			fclose(file);
		return EX_IOERR;
	}
	status = run(test, path);
	if (test->plot) {
		bool good = plot_write(test->plot, path, file);

		if ((fclose(file) != 0 || !good) && status == EX_OK) {
			fprintf(stderr, "backtest: %s cannot be written\n", test->plot_path);
			status = EX_IOERR;
		}
		plot_free(test->plot);
	}
	return status;
}

static const char usage[] =
	"usage: mxsplitctl backtest [--period S] [--explain] [--json] [--pure]\n"
	"                           [--least-excess N] [--prior-rate N] [--quiet TIME]\n"
	"                           [--plot FILE.svg] [FILE|-]\n"
	"  FILE      CSV, one line a tick: epoch_seconds,count, and what a header names\n"
	"  --period  seconds of a tick, 1 to 300 (10)\n"
	"  --explain says the numbers of each change\n"
	"  --json    each change with its numbers, an object a line\n"
	"  --pure    evidence alone decides, not the excess\n"
	"  --least-excess, --prior-rate, --quiet  as a domain's settings, for this run\n"
	"  --plot    draws counts, what was expected, evidence and surges\n";

static bool
take_setting(const char *name, void *value_out)
{
	const struct config_setting *row = config_table_find(CONFIG_DOMAIN, span_of(name));
	enum config_value read = config_value_read(row, span_of(optarg), value_out);
	char wanted[128];
	struct text text = TEXT(wanted);

	if (read == CONFIG_VALUE_OK)
		return true;
	if (read == CONFIG_VALUE_RANGE)
		config_value_range(row, &text);
	else
		config_value_wanted(row, &text);
	fprintf(stderr, "backtest: --%s is '%s', wanted %s\n", name, optarg, wanted);
	return false;
}

static bool
take_quiet(struct backtest *test)
{
	int64_t seconds;

	if (!take_setting("quiet", &seconds))
		return false;
	test->rules.quiet_seconds = (double)seconds;
	return true;
}

static bool
take_option(struct backtest *test, int option)
{
	uint64_t period;
	double unused;

	if (option == 'l')
		return take_setting("least-excess", &test->rules.least_excess);
	if (option == 'r')
		return take_setting("prior-rate", &test->rules.prior_rate);
	if (option == 'q')
		return take_quiet(test);
	if (option == 'e')
		test->explain = true;
	else if (option == 'j')
		test->json = true;
	else if (option == 'u')
		test->rules.pure = true;
	else if (option == 'g')
		test->plot_path = optarg;
	else if (option == 'p' &&
		 ctl_backtest_columns_decimal(span_of(optarg), DETECT_PERIOD_MOST, &period,
					      &unused) &&
		 period)
		test->period = (unsigned)period;
	else
		return false;
	return true;
}

int
ctl_backtest(int argc, char **argv)
{
	static const struct option options[] = { { "period", required_argument, NULL, 'p' },
						 { "explain", no_argument, NULL, 'e' },
						 { "json", no_argument, NULL, 'j' },
						 { "pure", no_argument, NULL, 'u' },
						 { "plot", required_argument, NULL, 'g' },
						 { "least-excess", required_argument, NULL, 'l' },
						 { "prior-rate", required_argument, NULL, 'r' },
						 { "quiet", required_argument, NULL, 'q' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	struct backtest test = { .rules = detect_default_rules,
				 .period = 10,
				 .columns = { .count = 1, .last = 1 } };
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EX_OK;
		}
		if (!take_option(&test, option)) {
			fputs(usage, stderr);
			return EX_USAGE;
		}
	}
	if (argc - optind > 1) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	detect_init(&test.detect, &test.rules);
	return draw(&test, optind < argc ? argv[optind] : "-");
}
