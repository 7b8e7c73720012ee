#include "daemon/sys/log.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "daemon/sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 4	    /* short writes and interruptions of one line */
#define TAIL_ROOM 8 /* for the closing quote and the newline, kept free of values */

static const struct {
	const char *name;
	int journal; /* sd-daemon(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },   [LOG_LEVEL_WARNING] = { "warning", 4 },
	[LOG_LEVEL_NOTICE] = { "notice", 5 }, [LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

static enum log_level threshold = LOG_LEVEL_INFO;
static unsigned long dropped;

void
log_threshold(enum log_level level)
{
	threshold = level;
}

/* systemd.exec(5): JOURNAL_STREAM holds "device:inode" of the stream that the journal reads. */
static bool
read_by_journal(void)
{
	static int answer = -1;
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat status;

	if (answer >= 0)
		return answer;
	answer = 0;
	if (stream && fstat(STDERR_FILENO, &status) == 0) {
		snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)status.st_dev,
			 (uintmax_t)status.st_ino);
		answer = strcmp(stream, ours) == 0;
	}
	return answer;
}

static bool
plain(const char *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._:/@+,";

	return value[strspn(value, allowed)] == '\0';
}

static void
add_value(struct text *line, const char *value)
{
	char clean[LOG_LINE];
	struct text scrubbed = TEXT(clean);

	text_add_scrubbed(&scrubbed, span_of(value));
	if (plain(clean)) {
		text_add_span(line, span_of(clean));
		return;
	}
	text_add(line, "\"");
	for (const char *at = clean; *at;) {
		size_t run = strcspn(at, "\"\\");

		text_add_scrubbed(line, (struct span){ at, run }); /* cuts between characters */
		at += run;
		if (line->cut || line->len + 2 >= line->room)
			break;
		if (*at)
			text_add(line, "\\%c", *at++);
	}
}

static void
add_field(struct text *line, const char *name, const char *value)
{
	size_t start;

	if (!value || !*value)
		return;
	text_add(line, " %s=", name);
	start = line->len;
	add_value(line, value);
	if (line->at[start] == '"') {
		line->room += 1; /* what was kept free for it */
		text_add(line, "\"");
	}
}

/* False when nobody made room for the line in time (in a pipe it is written whole or not at all).
 */
static bool
put(const char *line, size_t length)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	size_t done = 0;

	for (unsigned tries = 0; done < length && tries < TRIES; tries++) {
		ssize_t wrote;

		if (poll(&ready, 1, dropped ? 0 : LOG_WAIT_MS) == 0)
			return false;
		wrote = write(STDERR_FILENO, line + done, length - done);
		if (wrote > 0)
			done += (size_t)wrote;
		else if (wrote < 0 && errno != EINTR && errno != EAGAIN)
			return false;
	}
	return done == length;
}

static void
begin(struct text *line, enum log_level level, const char *what)
{
	char time[WHEN_TEXT];

	if (read_by_journal()) {
		text_add(line, "<%d>%s", levels[level].journal, what);
		return;
	}
	when_rfc3339(clock_now_us(), time);
	text_add(line, "%s %s %s", time, levels[level].name, what);
}

static void
say_dropped(void)
{
	char bytes[256];
	struct text line = TEXT(bytes);
	unsigned long count = dropped;

	begin(&line, LOG_LEVEL_WARNING, "log");
	text_add(&line, " lines-dropped=%lu\n", count);
	if (put(line.at, line.len))
		dropped = 0;
}

void
log_event(enum log_level level, const char *what, const char *domain, const char *message)
{
	char bytes[LOG_LINE];
	struct text line = text_over(bytes, sizeof(bytes) - TAIL_ROOM);

	if (level > threshold)
		return;
	begin(&line, level, what);
	add_field(&line, "domain", domain);
	add_field(&line, "message", message);
	line.room = sizeof(bytes);
	text_add(&line, "\n");
	if (dropped)
		say_dropped();
	if (dropped || !put(line.at, line.len))
		dropped++;
}
