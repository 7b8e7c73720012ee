/*
 * Tables of names for enums: one row a value, found both ways. A test walks each table and sees
 * that every value has exactly one row.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include "daemon/base/span.h"

struct name {
	int value;
	const char *name;
};

/* The name of a value, or "unknown". */
const char *names_name(const struct name *table, size_t rows, int value);

/* The value of a name. False when the table has no such name. */
bool names_value(const struct name *table, size_t rows, struct span name, int *value_out);

#endif
