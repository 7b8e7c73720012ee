/*
 * The files that the configuration names.
 */
#ifndef CONF_CONFIG_FILES_H
#define CONF_CONFIG_FILES_H

#include "daemon/conf/config_problem.h"

/* Remembers where key files are named. */
void config_files_place(const struct config_node *root, struct config *config);

/* Key files must be there and for their owner's eyes only; the tokens file, if it is there, for its
 * owner's and group's; hooks' programs must be there, be executable, and not for everybody to
 * write. */
void config_files_check(const struct config_node *root, const struct config *config,
			struct config_problems *problems);

#endif
