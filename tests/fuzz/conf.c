/* Any bytes: a configuration is whole or has a problem; what is accepted prints and compares. */
#include "daemon/conf/config.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libfyaml 0.7.12 forgets 1 KiB when a flow of quotes breaks off within a key: theirs, and once a
 * reload at most. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libfyaml";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config, empty;
	static struct config_problems problems;
	bool ok = config_parse((struct span){ (const char *)data, size }, &config, &problems);
	char changes[256];
	struct text text = TEXT(changes);

	assert(ok == (problems.count == 0));
	for (unsigned i = 0; i < problems.count; i++)
		assert(problems.list[i].line > 0 && problems.list[i].col > 0 &&
		       problems.list[i].text[0]);
	if (!ok)
		return 0;
	assert(config.domain_count > 0 && config.server_count > 0);
	for (unsigned i = 0; i < config.domain_count; i++)
		assert(config.domains[i].server < config.server_count &&
		       config.domains[i].drop_count > 0);
	config_changes(&config, &config, &text);
	assert(strcmp(changes, "nothing changed") == 0);
	config_changes(&empty, &config, &text);
	return 0;
}
