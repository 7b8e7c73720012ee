#include "daemon/ctl/ctl_check_config.h"

#include "daemon/conf/config.h"
#include "daemon/ctl/ctl_json.h"

#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>

#define USAGE                                                                                      \
	"usage: mxsplitctl check-config [--json] FILE\n"                                           \
	"Quiet when FILE is a good configuration; else says everything that is wrong.\n"           \
	"  --json             the list of problems as JSON, empty when there is none\n"

static void
print_json(const struct config_problems *problems)
{
	fputs("{\"problems\":[", stdout);
	for (unsigned i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->list[i];

		printf("%s{\"line\":%d,\"column\":%d,\"text\":", i ? "," : "", problem->line,
		       problem->col);
		ctl_json_string(stdout, span_of(problem->text));
		putchar('}');
	}
	printf("],\"more\":%s}\n", problems->more ? "true" : "false");
}

static int
check(const char *path, bool json)
{
	struct config *config = malloc(sizeof(*config));
	struct config_problems *problems = calloc(1, sizeof(*problems));
	int status = EX_OSERR;

	if (!config || !problems) {
		fprintf(stderr, "out of memory\n");
	} else {
		status = config_read(path, config, problems) ? EX_OK
			 : problems->unreadable		     ? EX_NOINPUT
							     : EX_CONFIG;
		if (json)
			print_json(problems);
		else if (status != EX_OK)
			config_print_problems(stderr, path, problems);
	}
	free(problems);
	free(config);
	return status;
}

int
ctl_check_config(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	bool json = false;
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h')
			return fputs(USAGE, stdout) < 0 ? EX_IOERR : EX_OK;
		if (option != 'j')
			break;
		json = true;
	}
	if (option != -1 || optind + 1 != argc) {
		fputs(USAGE, stderr);
		return EX_USAGE;
	}
	return check(argv[optind], json);
}
