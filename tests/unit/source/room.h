/*
 * A directory with a log that is written, rotated, followed and left by a small language: see
 * room_run. Every line carries its number, so that what was heard can be held against what was
 * written.
 */
#ifndef TESTS_SOURCE_ROOM_H
#define TESTS_SOURCE_ROOM_H

#include "daemon/source/files.h"
#include "daemon/source/follow.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define ROOM_LINES 200000
#define ROOM_KEPT 60 /* rotated files that stay */

struct room {
	char directory[64], path[96];
	struct config_source *config;
	struct feed *feed;
	char cursor[FEED_CURSOR];
	size_t length;
	struct err err;
	enum feed_status status;
	unsigned written, heard, odd, twice, gaps, too_long;
	unsigned char *times; /* how often each line was heard */
	bool disorder;
	unsigned last;
	char why[128];
};

static inline void
room_line(void *ctx, struct span line)
{
	struct room *room = ctx;
	char text[64];
	unsigned number;

	span_copy(line, text, sizeof(text));
	if (sscanf(text, "2026-11-24T16:36:26 line %6u of", &number) != 1 || number >= ROOM_LINES ||
	    line.len < 40) {
		room->odd++;
		return;
	}
	room->disorder = room->disorder || number < room->last;
	room->last = number;
	room->heard++;
	room->twice += room->times[number]++ != 0;
}

static inline void
room_too_long(void *ctx)
{
	((struct room *)ctx)->too_long++;
}

static inline void
room_gap(void *ctx, const char *why)
{
	struct room *room = ctx;

	room->gaps++;
	span_copy(span_of(why), room->why, sizeof(room->why));
}

static inline void
room_entry(void *ctx, const struct reader_entry *entry)
{
	(void)ctx;
	(void)entry;
	cr_assert_fail();
}

static inline void
room_follow(struct room *room, bool resume)
{
	feed_free(room->feed);
	room->feed = files_open(
		room->config, (struct span){ room->cursor, resume ? room->length : 0 }, &room->err);
	cr_assert(room->feed != NULL, "%s", room->err.text);
	room->length = feed_cursor(room->feed, room->cursor);
}

static inline struct room
room_make(void)
{
	struct room room = { .directory = "/tmp/mxsplit-follow-XXXXXX" };

	cr_assert(mkdtemp(room.directory) != NULL);
	snprintf(room.path, sizeof(room.path), "%s/mail.log", room.directory);
	room.times = calloc(ROOM_LINES, 1);
	room.config = calloc(1, sizeof(*room.config));
	span_copy(span_of(room.path), room.config->path, CONFIG_PATH);
	room.config->max_line = 300;
	room_follow(&room, false);
	return room;
}

static inline void
room_clear(struct room *room)
{
	DIR *dir = opendir(room->directory);

	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(room->directory);
	feed_free(room->feed);
	free(room->config);
	free(room->times);
}

static inline enum feed_status
room_read(struct room *room, size_t budget)
{
	struct feed_sink sink = { room, room_line, room_entry, room_too_long, room_gap };

	room->status = room->feed->ops->read(room->feed, budget, &sink, &room->err);
	room->length = feed_cursor(room->feed, room->cursor);
	return room->status;
}

/* The place in the file that is followed. */
static inline struct follow_cursor *
room_cursor(struct room *room)
{
	cr_assert(room->length == sizeof(struct follow_cursor));
	return (struct follow_cursor *)(void *)room->cursor;
}

static inline void
room_append(const char *path, const char *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0640);

	cr_assert(fd >= 0 && write(fd, bytes, length) == (ssize_t)length, "%s", path);
	close(fd);
}

static inline void
room_write(struct room *room, const char *path, unsigned lines)
{
	char line[100];

	for (; lines; lines--) {
		snprintf(line, sizeof(line), "2026-11-24T16:36:26 line %06u of the log\n",
			 room->written++);
		room_append(path, line, strlen(line));
	}
}

static inline void
room_shift(struct room *room, const char *suffix)
{
	char from[128], to[128];

	for (unsigned n = ROOM_KEPT; n > 0; n--) {
		snprintf(from, sizeof(from), "%s.%u%s", room->path, n, suffix);
		snprintf(to, sizeof(to), "%s.%u%s", room->path, n + 1, suffix);
		rename(from, to);
	}
}

static inline void
room_copy(struct room *room, const char *to)
{
	char bytes[4096];
	int fd = open(room->path, O_RDONLY);
	ssize_t got;

	unlink(to);
	room_append(to, "", 0);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		room_append(to, bytes, (size_t)got);
	close(fd);
}

/* path.N becomes path.N.gz or .zst; the time of its last change stays, as gzip and zstd have it. */
static inline void
room_compress(struct room *room, unsigned number, const char *end)
{
	static char bytes[1 << 20], packed[(1 << 20) + 10000];
	char from[128], to[140];
	struct stat status;
	ssize_t got;
	int fd;

	snprintf(from, sizeof(from), "%s.%u", room->path, number);
	snprintf(to, sizeof(to), "%s%s", from, end);
	fd = open(from, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0 && fstat(fd, &status) == 0, "%s", from);
	got = read(fd, bytes, sizeof(bytes));
	cr_assert(got >= 0 && (size_t)got < sizeof(bytes));
	if (strcmp(end, ".gz") == 0) {
		gzFile out = gzopen(to, "wb");

		cr_assert(out && gzwrite(out, bytes, (unsigned)got) == got && gzclose(out) == Z_OK);
	} else {
		room_append(to, packed,
			    ZSTD_compress(packed, sizeof(packed), bytes, (size_t)got, 1));
	}
	utimensat(AT_FDCWD, to, (struct timespec[]){ status.st_mtim, status.st_mtim }, 0);
	close(fd);
	unlink(from);
}

/*
 * One word, one deed: wN writes N lines; o1 one line to path.1; p half a line, q its other half;
 * n a run of NULs; L a line above the limit; r reads all, bN about N bytes; R goes on from the
 * stored cursor in a new process, B the same after a boot; M renames to path.1, D9 to a date, C
 * creates; T copies to path.1 and truncates; t truncates; x cuts one line off; u unlinks, UN
 * path.N; ZN compresses path.N by gzip, SN by zstd, XN in a way that is not read; HN unlinks
 * path.N.gz, aN touches it; i lets the clock go on; e rewrites the file in place of itself; s makes
 * the path a symbolic link to the file called N; l to the one with date N, of which d only creates
 * the file; k writes a line to that.
 */
static inline void
room_do(struct room *room, char word, unsigned number)
{
	static const char *const ends[] = { "", ".gz", ".zst", ".xz" };
	char one[128], other[160];
	struct stat status;

	snprintf(one, sizeof(one), "%s.1", room->path);
	switch (word) {
	case 'w':
		room_write(room, room->path, number);
		break;
	case 'o':
		room_write(room, one, number);
		break;
	case 'p':
		room_append(room->path, "2026-11-24T16:36:26 line ", 25);
		break;
	case 'q':
		snprintf(other, sizeof(other), "%06u of the log\n", room->written++);
		room_append(room->path, other, strlen(other));
		break;
	case 'n':
		room_append(room->path, "\0\0\0\0\0\0\0\0", 8);
		break;
	case 'L':
		for (unsigned i = 0; i < 301; i++)
			room_append(room->path, i == 300 ? "\n" : "y", 1);
		room_append(room->path, one,
			    strlen(one)); /* joins the next line: below the limit */
		room_append(room->path, "\n", 1);
		for (unsigned i = 0; i < 302; i++)
			room_append(room->path, i == 301 ? "\n" : "z", 1);
		break;
	case 'r':
		for (unsigned i = 0; i < 50 && room_read(room, 1 << 20) == FEED_MORE; i++)
			;
		break;
	case 'b':
		room_read(room, number);
		break;
	case 'B':
		room_cursor(room)->boot[0] ^= 1;
		room_follow(room, true);
		break;
	case 'R':
		room_follow(room, true);
		break;
	case 'M':
		for (unsigned i = 0; i < sizeof(ends) / sizeof(*ends); i++)
			room_shift(room, ends[i]);
		rename(room->path, one);
		break;
	case 'D':
		snprintf(other, sizeof(other), "%s-2026112%u", room->path, number);
		rename(room->path, other);
		break;
	case 'C':
		room_append(room->path, "", 0);
		break;
	case 'T':
		room_append(room->path, "", 0);
		for (unsigned i = 0; i < sizeof(ends) / sizeof(*ends); i++)
			room_shift(room, ends[i]);
		room_copy(room, one);
		cr_assert(truncate(room->path, 0) == 0);
		break;
	case 't':
		cr_assert(truncate(room->path, 0) == 0);
		break;
	case 'x':
		cr_assert(stat(room->path, &status) == 0 &&
			  truncate(room->path, status.st_size - 43) == 0);
		break;
	case 'u':
		unlink(room->path);
		break;
	case 'U':
	case 'H':
		snprintf(other, sizeof(other), "%s.%u%s", room->path, number,
			 word == 'H' ? ".gz" : "");
		cr_assert(unlink(other) == 0, "%s", other);
		break;
	case 'Z':
	case 'S':
		room_compress(room, number, word == 'Z' ? ".gz" : ".zst");
		break;
	case 'X':
		snprintf(one, sizeof(one), "%s.%u", room->path, number);
		snprintf(other, sizeof(other), "%s.xz", one);
		cr_assert(rename(one, other) == 0);
		break;
	case 'a':
		snprintf(other, sizeof(other), "%s.%u.gz", room->path, number);
		cr_assert(utimensat(AT_FDCWD, other, NULL, 0) == 0, "%s", other);
		break;
	case 'i':
		usleep(20000); /* coarse clocks of filesystems */
		break;
	case 'e':
		snprintf(other, sizeof(other), "%s/edited", room->directory);
		room_copy(room, other);
		rename(other, room->path);
		break;
	case 'd':
		snprintf(other, sizeof(other), "%s-2026112%u", room->path, number);
		room_append(other, "", 0);
		break;
	case 'k':
		snprintf(other, sizeof(other), "%s-2026112%u", room->path, number);
		room_write(room, other, 1);
		break;
	case 'l':
	case 's':
		snprintf(other, sizeof(other), word == 'l' ? "%s-2026112%u" : "%s/file%u",
			 word == 'l' ? room->path : room->directory, number);
		room_append(other, "", 0);
		unlink(room->path);
		cr_assert(symlink(other, room->path) == 0);
		break;
	default:
		cr_assert(word == ' ', "no such word: %c", word);
	}
}

static inline void
room_run(struct room *room, const char *script)
{
	while (*script) {
		char word = *script++;
		char *end;
		unsigned long number = strtoul(script, &end, 10);

		script = word == ' ' ? script : end;
		room_do(room, word, (unsigned)number);
	}
}

#endif
