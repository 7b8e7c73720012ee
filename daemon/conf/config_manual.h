/*
 * The settings as the manual shows them.
 */
#ifndef CONF_CONFIG_MANUAL_H
#define CONF_CONFIG_MANUAL_H

#include <stdio.h>

/* Every setting of the table as a list in mdoc(7): its name, its sentence, range and default. */
void config_manual_print(FILE *out);

#endif
