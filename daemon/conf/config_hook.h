/*
 * What the settings of a hook must be to each other.
 */
#ifndef CONF_CONFIG_HOOK_H
#define CONF_CONFIG_HOOK_H

#include "daemon/conf/config_problem.h"

struct config_hook_places {
	struct config_place entry, url, trap, secret, on;
};

void config_hook_check(const struct config_hook *hook, const struct config_hook_places *places,
		       struct config_problems *problems);

#endif
