#include "daemon/conf/config_check.h"
#include "daemon/conf/config_files.h"
#include "daemon/conf/config_fill.h"

#include <errno.h>
#include <stdlib.h>

static const struct config_place whole_file = { 0, 0 };

static void
point_arguments(struct config *config)
{
	for (unsigned i = 0; i < config->hook_count; i++) {
		struct config_hook *hook = &config->hooks[i];

		memset(hook->run_argv, 0, sizeof(hook->run_argv));
		for (unsigned j = 0; j < hook->run_count; j++)
			hook->run_argv[j] = hook->run[j];
	}
}

static bool
load(struct span text, bool files, struct config *out, struct config_problems *problems)
{
	struct config *config = calloc(1, sizeof(*config));
	struct config_node *root = NULL;

	if (!config) {
		config_problem_add(problems, whole_file, "out of memory");
		return false;
	}
	root = config_tree_read(text, problems);
	if (root) {
		config_fill(root, config, problems);
		config_files_place(root, config);
		config_check(root, config, problems);
		if (files)
			config_files_check(root, config, problems);
		config_problem_sort(problems);
	}
	if (problems->count == 0) {
		*out = *config;
		point_arguments(out);
	}
	config_tree_free(root);
	free(config);
	return problems->count == 0;
}

bool
config_parse(struct span text, struct config *out, struct config_problems *problems)
{
	problems->count = 0;
	problems->more = problems->unreadable = false;
	return load(text, false, out, problems);
}

/* The file's bytes, for the caller to free; NULL when a problem was added. */
static char *
read_file(const char *path, size_t *length_out, struct config_problems *problems)
{
	FILE *file = fopen(path, "re");
	char *bytes = file ? malloc(CONFIG_BYTES + 1) : NULL;
	size_t length = bytes ? fread(bytes, 1, CONFIG_BYTES + 1, file) : 0;
	bool failed = !bytes || ferror(file);

	if (failed) {
		problems->unreadable = true;
		config_problem_add(problems, whole_file, "cannot be read: %s", strerror(errno));
	} else if (length > CONFIG_BYTES) {
		config_problem_add(problems, whole_file, "is too large, wanted at most 1 MiB");
		failed = true;
	}
	if (file)
		fclose(file);
	*length_out = length;
	if (!failed)
		return bytes;
	free(bytes);
	return NULL;
}

bool
config_read(const char *path, struct config *out, struct config_problems *problems)
{
	size_t length;
	bool ok = false;
	char *bytes;

	problems->count = 0;
	problems->more = problems->unreadable = false;
	bytes = read_file(path, &length, problems);
	if (bytes)
		ok = load((struct span){ bytes, length }, true, out, problems);
	free(bytes);
	return ok;
}

bool
config_drops(const struct config_domain *domain, const char *host)
{
	for (unsigned i = 0; i < domain->drop_count; i++)
		if (strcmp(domain->drop[i], host) == 0)
			return true;
	return false;
}

const char *
config_probe_at(const struct config *config, const char *host)
{
	for (unsigned i = 0; i < config->probe_at_count; i++) {
		const char *at = config->probe_at[i];
		size_t length = strcspn(at, "=");

		if (strlen(host) == length && memcmp(host, at, length) == 0)
			return at + length + 1;
	}
	return "";
}
