/*
 * The types of settings: how each is read, printed and asked for.
 */
#ifndef CONF_CONFIG_VALUE_H
#define CONF_CONFIG_VALUE_H

#include "daemon/conf/config_table.h"

enum config_value {
	CONFIG_VALUE_OK,
	CONFIG_VALUE_WRONG, /* not of this type */
	CONFIG_VALUE_RANGE, /* of this type, out of the row's range */
};

/* Reads text into the value at `out`, which is untouched when it is not OK. */
MUST_USE enum config_value config_value_read(const struct config_setting *row, struct span text,
					     void *out);

/* Prints a value so that it reads back the same. */
void config_value_print(const struct config_setting *row, const void *value, struct text *text);

/* Prints all of a setting: a list as [a, b]. `base` is the section's struct. */
void config_value_print_all(const struct config_setting *row, const void *base, struct text *text);

/* What is wanted, for "wanted ...": "a duration such as 300s, 5m, 12h or 7d". */
void config_value_wanted(const struct config_setting *row, struct text *text);

/* "1s to 7d", or nothing where the type has no range. */
void config_value_range(const struct config_setting *row, struct text *text);

/* The `index`th word that the type takes (modes, formats, kinds), or NULL. */
const char *config_value_choice(const struct config_setting *row, unsigned index);

#endif
