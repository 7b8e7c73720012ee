#include "daemon/core/tz.h"

#include "daemon/base/scan.h"

#define DAY INT64_C(86400)

int64_t
tz_offset(const struct tz *tz, int64_t instant)
{
	unsigned low = 0, high;

	if (!tz)
		return 0;
	for (high = tz->count; low < high;) {
		unsigned middle = (low + high) / 2;

		if (tz->changes[middle].at <= instant)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? tz->changes[low - 1].offset : tz->offset;
}

/* Is a line of this local time, first shown at `early` and again at `late`, of the second pass? */
static bool
second_pass(int64_t early, int64_t late, int64_t last)
{
	return last - early > TZ_DISORDER && last - early < 2 * (late - early);
}

int64_t
tz_instant(const struct tz *tz, int64_t local, int64_t last)
{
	int64_t before, after, early, late;
	bool early_is, late_is;

	if (!tz || tz->count == 0)
		return local - (tz ? tz->offset : 0);
	/* No offset is more than a day: these are those on either side of a change near it. */
	before = tz_offset(tz, local - DAY);
	after = tz_offset(tz, local + DAY);
	early = local - before;
	late = local - after;
	if (before == after)
		return early;
	early_is = tz_offset(tz, early) == before;
	late_is = tz_offset(tz, late) == after;
	if (early_is && late_is)
		return second_pass(early, late, last) ? late : early;
	return late_is ? late : early;
}

static enum tz_kind
fixed(struct scan *scan, int64_t *offset_out)
{
	int64_t sign = scan_maybe(scan, SPAN("-")) ? -1 : 1, hours, minutes;

	if (sign > 0)
		scan_text(scan, SPAN("+"));
	hours = scan_digits(scan, 2, 23);
	scan_maybe(scan, SPAN(":"));
	minutes = scan_digits(scan, 2, 59);
	if (!scan_done(scan))
		return TZ_BAD;
	*offset_out = sign * (hours * 3600 + minutes * 60);
	return TZ_FIXED;
}

static bool
name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '+' || c == '/';
}

enum tz_kind
tz_kind(struct span name, int64_t *offset_out)
{
	struct scan scan = scan_over(name);

	if (name.len == 0 || name.len >= TZ_NAME || *name.at == '/')
		return TZ_BAD;
	if (span_equal(name, SPAN("local")))
		return TZ_LOCAL;
	*offset_out = 0;
	if (span_equal(name, SPAN("UTC")))
		return TZ_FIXED;
	if (*name.at == '+' || *name.at == '-')
		return fixed(&scan, offset_out);
	for (size_t i = 0; i < name.len; i++) /* no dot, so no way up */
		if (!name_character(name.at[i]))
			return TZ_BAD;
	return TZ_NAMED;
}
