/*
 * Collecting what is wrong with a configuration.
 */
#ifndef CONF_CONFIG_PROBLEM_H
#define CONF_CONFIG_PROBLEM_H

#include "daemon/conf/config.h"
#include "daemon/conf/config_tree.h"

#define CONFIG_PROBLEM_SHOWN 96

/* A foreign text for a sentence: quoted, scrubbed, cut. Returns `out`. */
const char *config_problem_show(struct span text, char out[CONFIG_PROBLEM_SHOWN]);

/* Adds a sentence about this place. Foreign bytes in it went through config_problem_show. */
void config_problem_add(struct config_problems *problems, struct config_place place,
			const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* Brings them into the order of the file. */
void config_problem_sort(struct config_problems *problems);

#endif
