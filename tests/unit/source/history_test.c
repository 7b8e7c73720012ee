#include "daemon/source/files.h"
#include "tests/unit/source/room.h"

#include <zlib.h>

/* As the other rooms, but read through the feed with history. */
struct past {
	struct room room;
	struct config_source *config;
	struct feed *feed;
	char cursor[FEED_CURSOR];
	size_t length;
};

static void
no_entry(void *ctx, const struct reader_entry *entry)
{
	(void)ctx;
	(void)entry;
	cr_assert_fail();
}

static void
past_open(struct past *past)
{
	struct err err = { 0 };

	feed_free(past->feed);
	past->feed = files_open(past->config, (struct span){ past->cursor, past->length }, &err);
	cr_assert(past->feed != NULL, "%s", err.text);
}

static enum feed_status
past_read(struct past *past, size_t budget)
{
	struct feed_sink sink = { &past->room, room_line, no_entry, room_too_long, room_gap };
	enum feed_status status = past->feed->ops->read(past->feed, budget, &sink, &past->room.err);

	cr_assert(status != FEED_ERROR, "%s", past->room.err.text);
	past->length = feed_cursor(past->feed, past->cursor);
	return status;
}

static struct past
past_make(void)
{
	struct past past = { .room = room_make(), .config = calloc(1, sizeof(*past.config)) };

	span_copy(span_of(past.room.path), past.config->path, CONFIG_PATH);
	past.config->max_line = 300;
	past.config->history = true;
	return past;
}

static void
past_clear(struct past *past)
{
	feed_free(past->feed);
	free(past->config);
	room_clear(&past->room);
}

/* mail.log.N, a plain file, becomes mail.log.N.gz. */
static void
compress_brother(struct past *past, unsigned number)
{
	char from[128], to[140], bytes[4096];
	gzFile packed;
	ssize_t got;
	int fd;

	snprintf(from, sizeof(from), "%s.%u", past->room.path, number);
	snprintf(to, sizeof(to), "%s.gz", from);
	fd = open(from, O_RDONLY | O_CLOEXEC);
	packed = gzopen(to, "wb");
	cr_assert(fd >= 0 && packed);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		gzwrite(packed, bytes, (unsigned)got);
	gzclose(packed);
	close(fd);
	unlink(from);
}

static void
check(const struct past *past, unsigned gaps, const char *what)
{
	const struct room *room = &past->room;

	cr_assert(room->heard == room->written && room->twice == 0 && !room->disorder &&
			  room->gaps == gaps && room->odd == 0,
		  "%s: %u written, %u heard, %u twice, %u gaps (%s), %u odd", what, room->written,
		  room->heard, room->twice, room->gaps, room->why, room->odd);
}

/* Any restart at any place, and a rotation and a compression in between. */
Test(history, is_read_once_from_the_oldest_over_restarts_and_rotations)
{
	for (size_t budget = 1; budget < 3000; budget = budget * 2 + 1)
		for (unsigned when = 0; when < 8; when++) {
			struct past past = past_make();
			char what[64];
			unsigned reads = 0;

			snprintf(what, sizeof(what), "budget %zu, rotated at read %u", budget,
				 when);
			room_run(&past.room, "w9 M w9 M w9 M w9");
			compress_brother(&past, 3);
			compress_brother(&past, 2);
			past_open(&past);
			while (past_read(&past, budget) == FEED_MORE && reads < 10000) {
				if (reads++ == when) {
					room_shift(&past.room, ".gz");
					room_run(&past.room, "M w9");
					compress_brother(&past, 2);
				}
				past_open(&past);
			}
			room_run(&past.room, "w2");
			past_read(&past, 100000);
			check(&past, 0, what);
			past_clear(&past);
		}
}

/* The follower has the file at the path; whatever is rotated while the last brother is read, is
 * read. */
Test(history, misses_no_file_that_is_rotated_meanwhile)
{
	struct past past = past_make();

	room_run(&past.room, "w9 M w9");
	past_open(&past);
	for (unsigned i = 0; i < 12; i++) {
		past_read(&past, 1);
		room_run(&past.room, "M w9");
	}
	while (past_read(&past, 100000) == FEED_MORE)
		;
	check(&past, 0, "rotated at each read");
	past_clear(&past);
}

Test(history, a_brother_that_is_gone_is_a_gap)
{
	struct past past = past_make();
	char path[128];

	room_run(&past.room, "w9 M w9 M w9");
	past_open(&past);
	past_read(&past, 1); /* takes it up */
	past_read(&past, 1);
	snprintf(path, sizeof(path), "%s.2", past.room.path);
	unlink(path);
	past_open(&past);
	while (past_read(&past, 100000) == FEED_MORE)
		;
	cr_assert(past.room.gaps >= 1 && past.room.twice == 0, "%u gaps", past.room.gaps);
	past_clear(&past);
}

Test(history, what_cannot_be_read_is_told_and_passed_over)
{
	struct past past = past_make();
	char path[128];

	room_run(&past.room, "w9 M w9");
	snprintf(path, sizeof(path), "%s.2.xz", past.room.path);
	room_append(path,
		    "\xfd"
		    "7zXZ",
		    6);
	snprintf(path, sizeof(path), "%s.3.gz", past.room.path);
	room_append(path, "\x1f\x8b\x08nonsense", 11);
	past_open(&past);
	while (past_read(&past, 100000) == FEED_MORE)
		;
	check(&past, 2, "an xz and a broken gz");
	past_clear(&past);
}

Test(history, a_cursor_of_another_way_is_refused)
{
	struct past past = past_make();
	struct err err = { 0 };

	cr_assert(!files_open(past.config, SPAN("journal 1 s=abc"), &err));
	cr_assert(strstr(err.text, "another way"), "%s", err.text);
	past_clear(&past);
}
