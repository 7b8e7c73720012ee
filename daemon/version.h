/*
 * What this program is made of.
 */
#ifndef VERSION_H
#define VERSION_H

#include <stdio.h>

/* The daemon's version, then a line for each library that is in use: its name, its version. */
void version_print(FILE *out);

#endif
