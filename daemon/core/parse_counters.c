#include "daemon/core/parse_counters.h"

struct parse_counters
parse_counters(struct span text)
{
	struct parse_counters counters = { true, true };
	const char *end = text.at + text.len;
	const char *at = text.len ? memrchr(text.at, ']', text.len) : NULL;

	if (!at || end - at < 6)
		return counters;
	counters = (struct parse_counters){ false, false };
	for (at++; end - at > 6; at++) {
		if (memcmp(at, " data=", 6) == 0 || memcmp(at, " bdat=", 6) == 0) {
			counters.data_tried = true;
			counters.data_good = counters.data_good || at[6] != '0';
		}
		for (at += 5; end - at > 6 && at[1] != ' '; at++)
			; /* no name is shorter than four letters */
	}
	return counters;
}
