#include "daemon/base/span.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

bool
span_copy(struct span span, char *out, size_t room)
{
	size_t take = span.len < room ? span.len : room - 1;

	memcpy(out, span.at, take);
	out[take] = '\0';
	return take == span.len;
}

bool
span_copy_lower(struct span span, char *out, size_t room)
{
	bool whole = span_copy(span, out, room);

	for (char *c = out; *c; c++)
		*c = lower(*c);
	return whole;
}
