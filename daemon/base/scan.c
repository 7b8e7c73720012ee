#include "daemon/base/scan.h"

struct scan
scan_over(struct span span)
{
	return (struct scan){ .at = span.at, .end = span.at + span.len };
}

bool
scan_fail(struct scan *scan)
{
	scan->failed = true;
	return false;
}

bool
scan_maybe(struct scan *scan, struct span text)
{
	if (scan->failed || !span_begins(scan_rest(scan), text))
		return false;
	scan->at += text.len;
	return true;
}

void
scan_text(struct scan *scan, struct span text)
{
	if (!scan_maybe(scan, text))
		scan_fail(scan);
}

static bool
digit_next(const struct scan *scan)
{
	return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

uint64_t
scan_number(struct scan *scan, uint64_t max)
{
	uint64_t value = 0;

	if (scan->failed || !digit_next(scan))
		return scan_fail(scan);
	while (digit_next(scan)) {
		unsigned digit = (unsigned)(*scan->at - '0');

		if (digit > max || value > (max - digit) / 10)
			return scan_fail(scan);
		value = value * 10 + digit;
		scan->at++;
	}
	return value;
}

unsigned
scan_digits(struct scan *scan, unsigned digits, unsigned max)
{
	unsigned value = 0;

	if (scan->failed)
		return 0;
	for (unsigned i = 0; i < digits; i++) {
		if (!digit_next(scan))
			return scan_fail(scan);
		value = value * 10 + (unsigned)(*scan->at++ - '0');
	}
	if (value > max)
		return scan_fail(scan);
	return value;
}

struct span
scan_until(struct scan *scan, char stop)
{
	struct span rest = scan_rest(scan);
	const char *found = scan->failed || rest.len == 0 ? NULL : memchr(rest.at, stop, rest.len);

	if (!found) {
		scan_fail(scan);
		return (struct span){ scan->at, 0 };
	}
	scan->at = found + 1;
	return (struct span){ rest.at, (size_t)(found - rest.at) };
}

bool
scan_done(const struct scan *scan)
{
	return !scan->failed && scan->at == scan->end;
}
