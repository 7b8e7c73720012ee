#include "daemon/base/names.h"

const char *
names_name(const struct name *table, size_t rows, int value)
{
	for (size_t i = 0; i < rows; i++)
		if (table[i].value == value)
			return table[i].name;
	return "unknown";
}

bool
names_value(const struct name *table, size_t rows, struct span name, int *value_out)
{
	for (size_t i = 0; i < rows; i++)
		if (span_equal(span_of(table[i].name), name)) {
			*value_out = table[i].value;
			return true;
		}
	return false;
}
