#include "daemon/counters/poll.h"

#include "daemon/base/scan.h"

#include <stdarg.h>
#include <stdio.h>

#define DIGITS 15 /* that a double holds exactly */

void
poll_add(struct poll_result *result, const char *name, const struct counter_sample *sample)
{
	struct poll_reading *reading = &result->list[result->count];

	if (result->count == POLL_READINGS || !span_copy(span_of(name), reading->name, BOARD_NAME))
		return;
	reading->sample = *sample;
	result->count++;
}

void
poll_level(struct poll_result *result, const char *name, double level)
{
	struct counter_sample sample = { .kind = COUNTER_GAUGE, .level = level };

	poll_add(result, name, &sample);
}

void
poll_note(struct poll_result *result, const char *format, ...)
{
	va_list args;

	if (result->note[0])
		return;
	va_start(args, format);
	vsnprintf(result->note, sizeof(result->note), format, args);
	va_end(args);
}

bool
poll_decimal(struct span text, double *out)
{
	struct scan scan = scan_over(span_trimmed(text));
	bool minus = scan_maybe(&scan, SPAN("-"));
	double value = (double)scan_number(&scan, INT64_MAX), unit = 1;

	if (scan_maybe(&scan, SPAN("."))) {
		struct span digits = scan_rest(&scan);

		if (digits.len > DIGITS)
			return false;
		for (size_t i = 0; i < digits.len; i++)
			unit *= 10;
		value += (double)scan_number(&scan, INT64_MAX) / unit;
	}
	if (!scan_done(&scan))
		return false;
	*out = minus ? -value : value;
	return true;
}
