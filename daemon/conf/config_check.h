/*
 * What one setting cannot know by itself: settings that must fit each other, and the files that
 * they name. Places come from the tree.
 */
#ifndef CONF_CONFIG_CHECK_H
#define CONF_CONFIG_CHECK_H

#include "daemon/conf/config_problem.h"

/* References, names given twice, zones, ranges between settings. Sets what follows from others:
 * each domain's `server`, the default domain when there is only one domain. */
void config_check(const struct config_node *root, struct config *config,
		  struct config_problems *problems);

#endif
