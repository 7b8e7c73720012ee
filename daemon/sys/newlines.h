/*
 * Where the lines of a block of text end.
 */
#ifndef SYS_NEWLINES_H
#define SYS_NEWLINES_H

#include <stddef.h>
#include <stdint.h>

#define NEWLINES_BLOCK 8192 /* bytes looked through at once; fits the first-level cache */

/* Writes the places of all newlines of at most NEWLINES_BLOCK bytes; how many. */
size_t newlines_find(const char *block, size_t length, uint16_t out[NEWLINES_BLOCK]);

#endif
