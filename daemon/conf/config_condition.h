/*
 * What a domain's `when:` and `threshold:` say, checked against the rest of the configuration.
 */
#ifndef CONF_CONFIG_CONDITION_H
#define CONF_CONFIG_CONDITION_H

#include "daemon/conf/config_problem.h"

/* Where the settings of one domain stand. */
struct config_condition_places {
	struct config_place when, threshold, leave;
};

/* Parses the condition of a domain, completes its threshold, and reports what is wrong. */
void config_condition_check(const struct config *config, struct config_domain *domain,
			    const struct config_condition_places *places,
			    struct config_problems *problems);

#endif
