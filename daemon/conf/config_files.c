#include "daemon/conf/config_files.h"

#include "daemon/base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A key is for the daemon alone. The tokens file holds hashes that another user may write. */
#define KEY_OTHERS (S_IRWXG | S_IRWXO)
#define TOKENS_OTHERS S_IRWXO

/* The place of a setting; of the map where it was left out. */
static struct config_place
place(const struct config_node *map, const char *name)
{
	const struct config_node *value = config_tree_value(map, name);

	return value ? value->place : map->place;
}

static void
check_secret(const char *what, const char *path, mode_t others, struct config_place where,
	     struct config_problems *problems)
{
	char seen[CONFIG_PROBLEM_SHOWN];
	struct stat status;

	if (!*path)
		return;
	config_problem_show(span_of(path), seen);
	if (stat(path, &status) != 0) {
		if (others != TOKENS_OTHERS || errno != ENOENT)
			config_problem_add(problems, where, "%s %s cannot be read: %s", what, seen,
					   strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		config_problem_add(problems, where, "%s %s is not a file", what, seen);
	} else if (status.st_mode & others & secret_others(path, getenv(CONFIG_CREDENTIALS))) {
		config_problem_add(problems, where,
				   "%s %s is open to others (mode %03o), wanted mode 600", what,
				   seen, (unsigned)(status.st_mode & 0777));
	} else if (access(path, R_OK) != 0) {
		config_problem_add(problems, where, "%s %s cannot be read: %s", what, seen,
				   strerror(errno));
	}
}

static void
check_program(const char *path, struct config_place where, struct config_problems *problems)
{
	char seen[CONFIG_PROBLEM_SHOWN];
	struct stat status;

	if (*path != '/')
		return;
	config_problem_show(span_of(path), seen);
	if (stat(path, &status) != 0)
		config_problem_add(problems, where, "program %s cannot be run: %s", seen,
				   strerror(errno));
	else if (!S_ISREG(status.st_mode) || access(path, X_OK) != 0)
		config_problem_add(problems, where,
				   "program %s cannot be run, wanted an executable file", seen);
	else if (status.st_mode & S_IWOTH)
		config_problem_add(
			problems, where,
			"program %s can be changed by everybody (mode %03o), wanted mode 755", seen,
			(unsigned)(status.st_mode & 0777));
}

static void
check_zone(const char *name, struct config_place where, struct config_problems *problems)
{
	char path[sizeof(TZ_DIRECTORY) + 1 + TZ_NAME], seen[CONFIG_PROBLEM_SHOWN];
	struct stat status;
	int64_t offset;

	if (tz_kind(span_of(name), &offset) != TZ_NAMED)
		return;
	snprintf(path, sizeof(path), TZ_DIRECTORY "/%s", name);
	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		config_problem_add(problems, where,
				   "zone %s is not known, wanted a file below " TZ_DIRECTORY,
				   config_problem_show(span_of(name), seen));
}

void
config_files_place(const struct config_node *root, struct config *config)
{
	const struct config_node *servers = config_tree_value(root, "servers");

	for (unsigned i = 0; i < config->server_count; i++) {
		struct config_server *server = &config->servers[i];
		const struct config_node *value =
			config_tree_value(config_tree_entry(servers, i), "key-file");

		for (unsigned k = 0; k < server->key_count; k++) {
			const struct config_node *one = config_tree_entry(value, k);
			const struct config_node *at = one ? one : value;

			if (!at)
				continue;
			server->key_at[k].line = at->place.line;
			server->key_at[k].col = at->place.col;
		}
	}
}

void
config_files_check(const struct config_node *root, const struct config *config,
		   struct config_problems *problems)
{
	const struct config_node *servers = config_tree_value(root, "servers");
	const struct config_node *counters = config_tree_value(root, "counters");
	const struct config_node *sources = config_tree_value(root, "sources");
	const struct config_node *hooks = config_tree_value(root, "hooks");

	if (root->kind != CONFIG_NODE_MAP)
		return;
	check_secret("tokens file", config->tokens, TOKENS_OTHERS, place(root, "tokens"), problems);
	check_secret("certificate", config->tls_cert, 0, place(root, "tls-cert"), problems);
	check_secret("key file", config->tls_key, KEY_OTHERS, place(root, "tls-key"), problems);
	for (unsigned i = 0; i < config->server_count; i++)
		for (unsigned k = 0; k < config->servers[i].key_count; k++)
			check_secret("key file", config->servers[i].key_file[k], KEY_OTHERS,
				     place(config_tree_entry(servers, i), "key-file"), problems);
	for (unsigned i = 0; i < config->counter_count; i++)
		check_secret("secret file", config->counters[i].secret_file, KEY_OTHERS,
			     place(config_tree_entry(counters, i), "secret-file"), problems);
	for (unsigned i = 0; i < config->source_count; i++)
		check_zone(config->sources[i].zone, place(config_tree_entry(sources, i), "zone"),
			   problems);
	for (unsigned i = 0; i < config->hook_count; i++) {
		const struct config_node *hook = config_tree_entry(hooks, i);
		const struct config_node *program =
			config_tree_entry(config_tree_value(hook, "run"), 0);

		check_secret("secret file", config->hooks[i].secret_file, KEY_OTHERS,
			     place(hook, "secret-file"), problems);
		check_secret("CA file", config->hooks[i].ca_file, 0, place(hook, "ca-file"),
			     problems);
		if (program)
			check_program(config->hooks[i].run[0], program->place, problems);
	}
}
