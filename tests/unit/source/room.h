/*
 * A directory with a log that is written, rotated, followed and left by a small language: see
 * room_run. Every line carries its number, so that what was heard can be held against what was
 * written.
 */
#ifndef TESTS_SOURCE_ROOM_H
#define TESTS_SOURCE_ROOM_H

#include "daemon/source/follow.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM_LINES 200000
#define ROOM_KEPT 60 /* rotated files that stay */

struct room {
	char directory[64], path[96];
	struct follow *follow;
	struct follow_cursor cursor;
	struct err err;
	enum follow_status status;
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
room_follow(struct room *room, bool resume)
{
	struct follow_options options = { .path = room->path, .max_line = 300 };

	follow_free(room->follow);
	room->follow = follow_open(&options, resume ? &room->cursor : NULL, &room->err);
	cr_assert(room->follow != NULL, "%s", room->err.text);
	follow_cursor(room->follow, &room->cursor);
}

static inline struct room
room_make(void)
{
	struct room room = { .directory = "/tmp/mxsplit-follow-XXXXXX" };

	cr_assert(mkdtemp(room.directory) != NULL);
	snprintf(room.path, sizeof(room.path), "%s/mail.log", room.directory);
	room.times = calloc(ROOM_LINES, 1);
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
	follow_free(room->follow);
	free(room->times);
}

static inline enum follow_status
room_read(struct room *room, size_t budget)
{
	struct follow_sink sink = {
		.ctx = room, .line = room_line, .too_long = room_too_long, .gap = room_gap
	};

	room->status = follow_read(room->follow, budget, &sink, &room->err);
	follow_cursor(room->follow, &room->cursor);
	return room->status;
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

/*
 * One word, one deed: wN writes N lines; o1 one line to path.1; p half a line, q its other half;
 * n a run of NULs; L a line above the limit; r reads all, b a little; R goes on from the stored
 * cursor in a new process, B the same after a boot; M renames to path.1, D9 to a date, C creates;
 * T copies to path.1 and truncates; t truncates; x cuts one line off; u unlinks; Z "compresses"
 * path.1; e rewrites the file in place of itself; s makes the path a symbolic link to the file
 * called N; l to the one with date N, of which d only creates the file; k writes a line to that.
 */
static inline void
room_do(struct room *room, char word, unsigned number)
{
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
		for (unsigned i = 0; i < 50 && room_read(room, 1 << 20) == FOLLOW_MORE; i++)
			;
		break;
	case 'b':
		room_read(room, number);
		break;
	case 'B':
		room->cursor.boot[0] ^= 1;
		room_follow(room, true);
		break;
	case 'R':
		room_follow(room, true);
		break;
	case 'M':
		room_shift(room, "");
		room_shift(room, ".gz");
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
		room_shift(room, "");
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
	case 'Z':
		snprintf(other, sizeof(other), "%s.gz", one);
		rename(one, other);
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
