#include "tests/tools/genlog/out.h"

#include "daemon/base/when.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER (1 << 20)
#define LINE 8192

struct out_options out_options = { .fd = 1, .host = { "mx1" } };

static struct {
	uint64_t bytes, lines;
	size_t used;
	int64_t second; /* that `stamp` shows */
	char stamp[2][40];
	size_t tag, message; /* of the last line: where they begin */
	char buffer[BUFFER + 2 * LINE];
} out = { .second = -1 };

uint64_t
out_bytes(void)
{
	return out.bytes;
}

uint64_t
out_lines(void)
{
	return out.lines;
}

void
out_flush(void)
{
	for (size_t at = 0; at < out.used;) {
		ssize_t wrote = write(out_options.fd, out.buffer + at, out.used - at);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0) {
			perror("genlog: write");
			exit(74);
		}
		at += (size_t)wrote;
	}
	out.used = 0;
}

static void
new_second(int64_t second)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct when_civil at = when_civil(second);

	out.second = second;
	snprintf(out.stamp[OUT_RFC3339], sizeof(out.stamp[0]), "%04d-%02u-%02uT%02u:%02u:%02u",
		 at.year, at.month, at.day, at.hour, at.minute, at.second);
	snprintf(out.stamp[OUT_RFC3164], sizeof(out.stamp[0]), "%.3s %2u %02u:%02u:%02u",
		 months + (size_t)3 * (at.month - 1), at.day, at.hour, at.minute, at.second);
}

/* "STAMP HOST "; what is full is written first, so that the last line stays in the buffer. */
static char *
begin(int64_t time_us, int host)
{
	enum out_stamp stamp = out_options.stamp;
	char *at;

	if (out.used >= BUFFER)
		out_flush();
	if (time_us / WHEN_SECOND_US != out.second)
		new_second(time_us / WHEN_SECOND_US);
	if (stamp == OUT_BY_HOST)
		stamp = host % 2 ? OUT_RFC3164 : OUT_RFC3339;
	at = stpcpy(out.buffer + out.used, out.stamp[stamp]);
	if (stamp == OUT_RFC3339)
		at += snprintf(at, 32, ".%06d+00:00", (int)(time_us % WHEN_SECOND_US));
	*at++ = ' ';
	at = stpcpy(at, out_options.host[host]);
	*at++ = ' ';
	return at;
}

static void
end(char *at)
{
	size_t length = (size_t)(at - (out.buffer + out.used)) + 1;

	*at = '\n';
	out.used += length;
	out.bytes += length;
	out.lines++;
}

void
out_line(int64_t time_us, int host, int instance, const char *daemon, int pid, const char *format,
	 ...)
{
	char *at = begin(time_us, host);
	va_list args;
	int length;

	out.tag = (size_t)(at - out.buffer);
	at = stpcpy(at, "postfix");
	if (instance)
		at += snprintf(at, 16, "-%d", instance);
	at += snprintf(at, 128, "/%s[%d]: ", daemon, pid);
	out.message = (size_t)(at - out.buffer);
	va_start(args, format);
	length = vsnprintf(at, LINE - 512, format, args);
	va_end(args);
	end(at + (length < LINE - 512 ? length : LINE - 513));
}

void
out_other(int64_t time_us, int host, const char *tag, const char *text)
{
	char *at = begin(time_us, host);

	end(at + snprintf(at, LINE - 512, "%s: %s", tag, text));
}

void
out_repeated(int64_t time_us, int host, int times, bool with_text)
{
	size_t tag = out.tag, message = out.message, last = out.used - 1;
	static char kept[LINE];
	char *at;

	memcpy(kept, out.buffer + tag, last - tag);
	kept[last - tag] = '\0';
	at = begin(time_us, host);
	if (with_text)
		at += snprintf(at, LINE, "%.*smessage repeated %d times: [ %s]",
			       (int)(message - tag), kept, times, kept + (message - tag));
	else
		at += snprintf(at, LINE, "last message repeated %d times", times);
	end(at);
}

/* Digits of `value` in a base of at most 52, at least `width` of them. */
static char *
digits(char *at, uint64_t value, unsigned base, int width)
{
	static const char all[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	char reversed[16];
	int count = 0;

	for (; value > 0 || count < width; value /= base)
		reversed[count++] = all[value % base];
	while (count > 0)
		*at++ = reversed[--count];
	return at;
}

void
out_queue_id(char id[OUT_ID], bool long_form, int64_t time_us, uint64_t inode)
{
	int us = (int)(time_us % WHEN_SECOND_US);
	char *at = id;

	if (!long_form) {
		snprintf(id, OUT_ID, "%05X%X", (unsigned)us & 0xfffff, (unsigned)inode);
		return;
	}
	at = digits(at, (uint64_t)(time_us / WHEN_SECOND_US), 52, 6);
	at = digits(at, (uint64_t)us, 52, 4);
	*at++ = 'z';
	at = digits(at, inode, 51, 1);
	*at = '\0';
}
