#include "daemon/core/parse_id.h"

#include "daemon/core/eat.h"
#include "daemon/core/swar.h"

#define ID_MIN 5
#define ID_MAX 24

static inline bool
id_byte(char c)
{
	unsigned char letter = (unsigned char)(c | 0x20);

	return (unsigned char)(c - '0') <= 9 || (unsigned char)(letter - 'a') <= 'z' - 'a';
}

/* How many letters and digits begin here; those beyond ID_MAX need not be counted. */
static inline size_t
id_length(const char *at, const char *end)
{
	size_t length = 0, left = (size_t)(end - at);

	while (left - length >= SWAR_MORE && length <= ID_MAX) {
		unsigned more = swar_run_alphanumeric(at + length);

		length += more;
		if (more < SWAR_MORE)
			return length;
	}
	while (length < left && id_byte(at[length]))
		length++;
	return length;
}

static inline __attribute__((always_inline)) struct span
eat_id(struct scan *scan)
{
	size_t length = id_length(scan->at, scan->end);
	struct span id = { scan->at, length };

	if (length < ID_MIN || length > ID_MAX)
		return (struct span){ scan->at, 0 };
	scan->at += length;
	return id;
}

struct span
parse_id(struct scan *scan)
{
	return eat_id(scan);
}

bool
parse_id_colon(struct scan *scan, struct span *id_out)
{
	struct scan ahead = *scan;
	struct span id = eat_id(&ahead);

	if (id.len == 0 || !EAT(&ahead, ": "))
		return false;
	*id_out = id;
	*scan = ahead;
	return true;
}
