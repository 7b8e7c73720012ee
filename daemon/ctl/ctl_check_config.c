#include "daemon/ctl/ctl_check_config.h"

#include "daemon/conf/config.h"

#include <stdlib.h>
#include <sysexits.h>

#define USAGE                                                                                      \
	"usage: mxsplitctl check-config FILE\n"                                                    \
	"Quiet when FILE is a good configuration; else says everything that is wrong with it.\n"

int
ctl_check_config(int argc, char **argv)
{
	struct config *config = NULL;
	struct config_problems *problems = NULL;
	int status = EX_OSERR;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		printf(USAGE);
		return EX_OK;
	}
	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, USAGE);
		return EX_USAGE;
	}
	config = malloc(sizeof(*config));
	problems = malloc(sizeof(*problems));
	if (!config || !problems) {
		fprintf(stderr, "out of memory\n");
	} else if (config_read(argv[1], config, problems)) {
		status = EX_OK;
	} else {
		config_print_problems(stderr, argv[1], problems);
		status = problems->unreadable ? EX_NOINPUT : EX_CONFIG;
	}
	free(problems);
	free(config);
	return status;
}
