#include "daemon/core/parse_counters.h"

#include "daemon/core/eat.h"

/* Where the counters begin: behind "name[address]" or, with smtpd_client_port_logging, its port. */
static const char *
behind_client(struct span text)
{
	const char *at = text.len ? memrchr(text.at, ']', text.len) : NULL;
	struct scan scan = { .at = at ? at + 1 : text.at, .end = text.at + text.len };

	if (EAT(&scan, ":"))
		scan_number(&scan, 65535);
	return at && !scan.failed && EAT(&scan, " ") ? scan.at - 1 : NULL;
}

struct parse_counters
parse_counters(struct span text)
{
	static const struct parse_counters unknown = { true, true };
	struct parse_counters counters = { false, false };
	const char *end = text.at + text.len;
	bool whole = false; /* what comes last is there */

	for (const char *at = behind_client(text); at && end - at > 6; at++) {
		if (memcmp(at, " data=", 6) == 0 || memcmp(at, " bdat=", 6) == 0) {
			counters.data_tried = true;
			counters.data_good = counters.data_good || at[6] != '0';
		}
		whole = whole || (end - at > 10 && memcmp(at, " commands=", 10) == 0);
		while (end - at > 6 && at[1] != ' ')
			at++;
	}
	return whole ? counters : unknown;
}
