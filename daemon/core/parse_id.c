#include "daemon/core/parse_id.h"

#include "daemon/core/eat.h"

#define ID_MIN 5
#define ID_MAX 24

static inline bool
id_byte(char c)
{
	unsigned char letter = (unsigned char)(c | 0x20);

	return (unsigned char)(c - '0') <= 9 || (unsigned char)(letter - 'a') <= 'z' - 'a';
}

struct span
parse_id(struct scan *scan)
{
	const char *from = scan->at, *at = from;

	while (at < scan->end && id_byte(*at))
		at++;
	if (at - from < ID_MIN || at - from > ID_MAX)
		return (struct span){ from, 0 };
	scan->at = at;
	return (struct span){ from, (size_t)(at - from) };
}

bool
parse_id_colon(struct scan *scan, struct span *id_out)
{
	struct scan ahead = *scan;
	struct span id = parse_id(&ahead);

	if (id.len == 0 || !EAT(&ahead, ": "))
		return false;
	*id_out = id;
	*scan = ahead;
	return true;
}
