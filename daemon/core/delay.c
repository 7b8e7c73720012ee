#include "daemon/core/delay.h"

#include "daemon/base/scan.h"

#include <math.h>

#define STEP 1.25
#define FIRST 0.01		/* seconds */
#define MOST (INT64_C(1) << 32) /* seconds */

/* Digits, and perhaps a fraction of at most nine more. */
static double
decimal(struct scan *scan)
{
	double value = (double)scan_number(scan, MOST), unit = 1;
	const char *from;

	if (!scan_maybe(scan, SPAN(".")))
		return value;
	from = scan->at;
	value *= 1e9;
	value += (double)scan_number(scan, 999999999) * pow(10, 9 - (double)(scan->at - from));
	if (scan->at - from > 9)
		scan_fail(scan);
	for (unsigned i = 0; i < 9; i++)
		unit *= 10;
	return value / unit;
}

/* "05:00:07" or "2+05:00:07", what stands before the first ':' or '+' being read already. */
static bool
of_clock(struct scan *scan, double first, double *seconds_out)
{
	double days = 0;
	unsigned minutes, seconds;

	if (scan_maybe(scan, SPAN("+"))) {
		days = first;
		first = scan_digits(scan, 2, 23);
	}
	scan_text(scan, SPAN(":"));
	minutes = scan_digits(scan, 2, 59);
	scan_text(scan, SPAN(":"));
	seconds = scan_digits(scan, 2, 59);
	*seconds_out = days * 86400 + first * 3600 + minutes * 60 + seconds;
	return scan_done(scan);
}

static bool
units(struct scan *scan, double value, double *seconds_out)
{
	static const struct {
		struct span name;
		double seconds;
	} names[] = { { { "w", 1 }, 604800 },
		      { { "d", 1 }, 86400 },
		      { { "h", 1 }, 3600 },
		      { { "m", 1 }, 60 },
		      { { "s", 1 }, 1 } };
	double sum = 0;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!scan_maybe(scan, names[i].name))
			continue;
		sum += value * names[i].seconds;
		if (scan_done(scan)) {
			*seconds_out = sum;
			return true;
		}
		value = decimal(scan);
	}
	return false;
}

bool
delay_parse(struct span text, double *seconds_out)
{
	struct scan scan = scan_over(text);
	double value = decimal(&scan), seconds;
	bool read;

	if (scan_done(&scan)) {
		*seconds_out = value;
		return true;
	}
	if (scan.failed)
		return false;
	read = *scan.at == ':' || *scan.at == '+' ? of_clock(&scan, value, &seconds)
						  : units(&scan, value, &seconds);
	if (read)
		*seconds_out = seconds;
	return read;
}

static bool
value(struct span fields, const char *at, double *seconds_out)
{
	struct span text = span_after(fields, (size_t)(at - fields.at));
	size_t length = 0;

	while (length < text.len && text.at[length] != ',' && text.at[length] != ' ')
		length++;
	return delay_parse((struct span){ text.at, length }, seconds_out);
}

/* Exim's own fields come last; what a remote host said stands in quotes before them. */
static bool
read_exim(struct span fields, double *seconds_out)
{
	for (const char *at = fields.at + fields.len - 1; at - fields.at >= 4; at--) {
		if (*at == '"')
			return false;
		if (memcmp(at - 3, " QT=", 4) == 0)
			return value(fields, at + 1, seconds_out);
	}
	return false;
}

bool
delay_read(struct span fields, double *seconds_out)
{
	const char *found;

	if (span_begins(fields, SPAN("delay=")))
		return value(fields, fields.at + 6, seconds_out);
	found = memmem(fields.at, fields.len, " delay=", 7);
	if (found)
		return value(fields, found + 7, seconds_out);
	return fields.len > 4 && read_exim(fields, seconds_out);
}

static unsigned
step_of(double seconds)
{
	double step = seconds > FIRST ? ceil(log(seconds / FIRST) / log(STEP)) : 0;

	return step < DELAY_STEPS ? (unsigned)step : DELAY_STEPS - 1;
}

/* The middle of a step. */
static double
middle(unsigned step)
{
	return FIRST * pow(STEP, (double)step - 0.5);
}

void
delay_add(struct delay *delay, int64_t minute, double seconds)
{
	uint32_t *count;

	if (minute > delay->minute + DELAY_MINUTES || minute < delay->minute - DELAY_MINUTES)
		*delay = (struct delay){ .minute = minute };
	while (delay->minute < minute)
		memset(delay->count[++delay->minute % DELAY_MINUTES], 0, sizeof(delay->count[0]));
	count = &delay->count[delay->minute % DELAY_MINUTES][step_of(seconds)];
	*count += *count < UINT32_MAX;
}

static double
of_step(const struct delay *delay, int64_t minute, unsigned step)
{
	double sum = 0;

	for (int64_t i = 0; i < DELAY_MINUTES; i++)
		if (delay->minute - i > minute - DELAY_MINUTES && delay->minute - i >= 0)
			sum += delay->count[(delay->minute - i) % DELAY_MINUTES][step];
	return sum;
}

bool
delay_quantile(const struct delay *const *list, unsigned count, int64_t minute, double quantile,
	       double *seconds_out)
{
	double of[DELAY_STEPS] = { 0 }, all = 0, below = 0;
	unsigned step = 0;

	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < DELAY_STEPS; j++)
			of[j] += of_step(list[i], minute, j);
	for (unsigned j = 0; j < DELAY_STEPS; j++)
		all += of[j];
	if (all < DELAY_FEWEST)
		return false;
	for (step = 0; step < DELAY_STEPS - 1; step++) {
		below += of[step];
		if (below >= quantile * all)
			break;
	}
	*seconds_out = middle(step);
	return true;
}
