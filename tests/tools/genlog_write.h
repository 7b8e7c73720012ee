/*
 * For genlog: chance that a seed decides, queue ids in both forms of Postfix, and lines with their
 * stamp, written through one large buffer.
 */
#ifndef TESTS_TOOLS_GENLOG_WRITE_H
#define TESTS_TOOLS_GENLOG_WRITE_H

#include "daemon/base/when.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WRITE_BUFFER (1 << 20)
#define WRITE_LINE 4096
#define QUEUE_ID 24

struct chance {
	uint64_t state;
};

/* splitmix64 */
static inline uint64_t
chance_next(struct chance *chance)
{
	uint64_t z = (chance->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* From `low` up to and with `high`. */
static inline int
chance_between(struct chance *chance, int low, int high)
{
	return low + (int)(chance_next(chance) % (uint64_t)(high - low + 1));
}

static inline bool
chance_percent(struct chance *chance, int percent)
{
	return chance_between(chance, 0, 99) < percent;
}

struct out {
	int fd;
	bool rfc3339;
	const char *host;
	uint64_t bytes, lines;
	size_t used;
	int64_t stamp_second; /* the second that `stamp` shows */
	char stamp[32];
	char buffer[WRITE_BUFFER + WRITE_LINE];
};

static inline void
out_flush(struct out *out)
{
	for (size_t at = 0; at < out->used;) {
		ssize_t wrote = write(out->fd, out->buffer + at, out->used - at);

		if (wrote < 0) {
			perror("genlog: write");
			exit(74);
		}
		at += (size_t)wrote;
	}
	out->used = 0;
}

static inline void
out_stamp(struct out *out, int64_t second)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct when_civil at = when_civil(second);

	out->stamp_second = second;
	if (out->rfc3339)
		snprintf(out->stamp, sizeof(out->stamp), "%04d-%02u-%02uT%02u:%02u:%02u", at.year,
			 at.month, at.day, at.hour, at.minute, at.second);
	else
		snprintf(out->stamp, sizeof(out->stamp), "%.3s %2u %02u:%02u:%02u",
			 months + 3 * (at.month - 1), at.day, at.hour, at.minute, at.second);
}

/* One line: stamp, host, "postfix/DAEMON[PID]: " and what is given. */
static inline void FORMAT_LIKE_PRINTF(5, 6)
	out_line(struct out *out, int64_t time_us, const char *daemon, int pid, const char *format,
		 ...)
{
	char *line = out->buffer + out->used;
	va_list args;
	int length;

	if (time_us / WHEN_SECOND_US != out->stamp_second)
		out_stamp(out, time_us / WHEN_SECOND_US);
	length = out->rfc3339 ? snprintf(line, 256, "%s.%06d+00:00 %s postfix/%s[%d]: ", out->stamp,
					 (int)(time_us % WHEN_SECOND_US), out->host, daemon, pid)
			      : snprintf(line, 256, "%s %s postfix/%s[%d]: ", out->stamp, out->host,
					 daemon, pid);
	va_start(args, format);
	length += vsnprintf(line + length, (size_t)(WRITE_LINE - 1 - length), format, args);
	va_end(args);
	line[length++] = '\n';
	out->used += (size_t)length;
	out->bytes += (size_t)length;
	out->lines++;
	if (out->used >= WRITE_BUFFER)
		out_flush(out);
}

/* Digits of `value` in a base of at most 52, at least `width` of them. */
static inline char *
out_digits(char *at, uint64_t value, unsigned base, int width)
{
	static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	char reversed[16];
	int count = 0;

	for (; value > 0 || count < width; value /= base)
		reversed[count++] = digits[value % base];
	while (count > 0)
		*at++ = reversed[--count];
	return at;
}

/* Short: 5 hex digits of the microsecond and the inode. Long: time in base 52, "z", the inode. */
static inline void
out_queue_id(char id[QUEUE_ID], bool long_form, int64_t time_us, uint64_t inode)
{
	int us = (int)(time_us % WHEN_SECOND_US);
	char *at = id;

	if (!long_form) {
		snprintf(id, QUEUE_ID, "%05X%X", (unsigned)us & 0xfffff, (unsigned)inode);
		return;
	}
	at = out_digits(at, (uint64_t)(time_us / WHEN_SECOND_US), 52, 6);
	at = out_digits(at, (uint64_t)us, 52, 4);
	*at++ = 'z';
	at = out_digits(at, inode, 51, 1);
	*at = '\0';
}

#endif
