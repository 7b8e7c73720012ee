/*
 * From the tree to the structs, by the table.
 */
#ifndef CONF_CONFIG_FILL_H
#define CONF_CONFIG_FILL_H

#include "daemon/conf/config_problem.h"

/* Fills in defaults and every value that is right; says what is not. Entry i of a list in the file
 * is entry i in `out`, right or wrong. */
void config_fill(const struct config_node *root, struct config *out,
		 struct config_problems *problems);

#endif
