#include "daemon/check_config.h"

#include "daemon/authority.h"
#include "daemon/ctl/ctl_check_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

/* A key that cannot be read is the daemon's to refuse. */
static void
warn(const char *path, const struct config_server *server, unsigned index)
{
	char sentence[512], name[CONFIG_PATH];
	struct text text = TEXT(sentence), shown = TEXT(name);
	struct tsig_key key = { 0 };
	struct err err = { 0 };

	if (key_read(server->key_file[index], &key, &err) &&
	    authority_out_of_date(server, &key, &text)) {
		text_add_scrubbed(&shown, span_of(path));
		fprintf(stderr, "%s:%d:%d: warning: %s\n", name, server->key_at[index].line,
			server->key_at[index].col, sentence);
	}
	key_wipe(&key);
}

static void
warn_all(const char *path)
{
	struct config *config = malloc(sizeof(*config));
	struct config_problems *problems = malloc(sizeof(*problems));

	if (config && problems && config_read(path, config, problems))
		for (unsigned i = 0; i < config->server_count; i++)
			for (unsigned k = 0; k < config->servers[i].key_count; k++)
				warn(path, &config->servers[i], k);
	free(problems);
	free(config);
}

int
check_config(int argc, char **argv)
{
	int status = ctl_check_config(argc, argv);

	if (status == EX_OK && argv[argc - 1][0] != '-')
		warn_all(argv[argc - 1]);
	return status;
}
