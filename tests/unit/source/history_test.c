#include "daemon/source/history.h"
#include "tests/unit/source/room.h"

/* As the other rooms, but with its history. */
static struct room
past_make(void)
{
	struct room room = room_make();

	room.config->history = true;
	room_follow(&room, false);
	return room;
}

static void
check(const struct room *room, unsigned gaps, const char *what)
{
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
			struct room room = past_make();
			char what[64];
			unsigned reads = 0;

			snprintf(what, sizeof(what), "budget %zu, rotated at read %u", budget,
				 when);
			room_run(&room, "w9 M w9 M w9 M w9");
			room_compress(&room, 3, ".gz");
			room_compress(&room, 2, ".gz");
			room_follow(&room, true);
			while (room_read(&room, budget) == FEED_MORE && reads < 10000) {
				if (reads++ == when) {
					room_shift(&room, ".gz");
					room_run(&room, "M w9");
					room_compress(&room, 2, ".gz");
				}
				room_follow(&room, true);
			}
			room_run(&room, "w2");
			room_read(&room, 100000);
			check(&room, 0, what);
			room_clear(&room);
		}
}

/* The follower has the file at the path; whatever is rotated while the last brother is read, is
 * read. */
Test(history, misses_no_file_that_is_rotated_meanwhile)
{
	struct room room = past_make();

	room_run(&room, "w9 M w9");
	room_follow(&room, true);
	for (unsigned i = 0; i < 12; i++) {
		room_read(&room, 1);
		room_run(&room, "M w9");
	}
	while (room_read(&room, 100000) == FEED_MORE)
		;
	check(&room, 0, "rotated at each read");
	room_clear(&room);
}

Test(history, a_brother_that_is_gone_is_a_gap)
{
	struct room room = past_make();
	char path[128];

	room_run(&room, "w9 M w9 M w9");
	room_follow(&room, true);
	room_read(&room, 1); /* takes it up */
	room_read(&room, 1);
	snprintf(path, sizeof(path), "%s.2", room.path);
	unlink(path);
	room_follow(&room, true);
	while (room_read(&room, 100000) == FEED_MORE)
		;
	cr_assert(room.gaps >= 1 && room.twice == 0, "%u gaps", room.gaps);
	room_clear(&room);
}

Test(history, what_cannot_be_read_is_told_and_passed_over)
{
	struct room room = past_make();
	char path[128];

	room_run(&room, "w9 M w9");
	snprintf(path, sizeof(path), "%s.2.xz", room.path);
	room_append(path,
		    "\xfd"
		    "7zXZ",
		    6);
	snprintf(path, sizeof(path), "%s.3.gz", room.path);
	room_append(path, "\x1f\x8b\x08nonsense", 11);
	room_follow(&room, true);
	while (room_read(&room, 100000) == FEED_MORE)
		;
	check(&room, 2, "an xz and a broken gz");
	room_clear(&room);
}

Test(history, what_is_passed_over_while_there_is_no_log_is_told_once)
{
	struct room room = past_make();

	room_run(&room, "w9 M X1 b1 b1 b1");
	cr_assert(room.gaps == 1 && room.status == FEED_IDLE, "%u gaps", room.gaps);
	room_run(&room, "w9 M X1 b1 b1");
	cr_assert(room.gaps == 2, "another one: %u gaps", room.gaps);
	room_run(&room, "w9 r");
	cr_assert(room.heard == 9 && room.times[18] == 1 && room.gaps == 2, "%u gaps", room.gaps);
	room_clear(&room);
}

Test(history, a_cursor_of_another_way_is_refused)
{
	struct room room = past_make();
	struct err err = { 0 };

	cr_assert(!files_open(room.config, SPAN("journal 1 s=abc"), &err));
	cr_assert(strstr(err.text, "another way"), "%s", err.text);
	room_clear(&room);
}

/* Cursors of before 27 November 2026: the last fields were not there, and history counted seconds.
 */
static void
make_older(struct room *room)
{
	struct history_cursor history;
	struct follow_cursor follow;

	if (room->length == sizeof(follow)) {
		memcpy(&follow, room->cursor, sizeof(follow));
		follow.version = 1;
		room->length = FOLLOW_CURSOR_1;
		memcpy(room->cursor, &follow, room->length);
	} else {
		memcpy(&history, room->cursor, sizeof(history));
		history.version = 101;
		if (history.modified != INT64_MIN)
			history.modified /= 1000000000;
		room->length = HISTORY_CURSOR_1;
		memcpy(room->cursor, &history, room->length);
	}
}

Test(history, goes_on_at_the_cursors_of_before)
{
	struct room room = past_make();

	room_run(&room, "w9 M Z1 w9 M Z1 w9");
	for (unsigned reads = 0; reads < 1000; reads++) {
		make_older(&room);
		room_follow(&room, true);
		if (room_read(&room, 100) == FEED_IDLE)
			break;
	}
	check(&room, 0, "history");
	room_run(&room, "w2 M Z1 i w2 M Z1 w4");
	make_older(&room);
	room_run(&room, "R r");
	check(&room, 0, "compressed meanwhile");
	room_run(&room, "w2 M Z1 H1 i w2 M Z1 w4");
	make_older(&room);
	room_run(&room, "R r");
	cr_assert(room.gaps == 1 && room.twice == 0 && room.heard == room.written - 4,
		  "gone: nothing else is taken for younger, as before: %u of %u, %u gaps",
		  room.heard, room.written, room.gaps);
	room_clear(&room);
}

/* The loop has other things to do than to wait until a large file is unpacked up to there. */
Test(history, goes_to_a_place_far_in_a_compressed_file_in_steps)
{
	static const char *const ends[] = { "Z", "S" };

	for (unsigned i = 0; i < 2; i++) {
		struct room room = room_make();
		unsigned heard, steps = 0;

		room_run(&room, "w20000 b700000 M");
		room_do(&room, *ends[i], 1);
		room_run(&room, "w9 R");
		heard = room.heard;
		cr_assert(heard > 16000 && heard < 20000, "%u", heard);
		while (room_read(&room, 1000) == FEED_MORE && room.heard == heard)
			steps++;
		cr_assert(steps == 2, "%s: %u steps of 256 KB, wanted 2 of 700 KB", ends[i], steps);
		room_run(&room, "R r");
		check(&room, 0, ends[i]);
		room_clear(&room);
	}
}

/* What stands before the place is looked at after those steps, too. */
Test(history, of_another_file_that_begins_alike_no_place_is_taken)
{
	struct room room = room_make();
	char path[128], *bytes;
	long size;
	FILE *file;

	room_run(&room, "w20000 b700000 M");
	snprintf(path, sizeof(path), "%s.1", room.path);
	file = fopen(path, "r+");
	cr_assert(file && fseek(file, 0, SEEK_END) == 0);
	size = ftell(file);
	bytes = malloc((size_t)size);
	rewind(file);
	cr_assert(bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size);
	memmove(bytes + 600000, bytes + 600043, (size_t)size - 600043);
	rewind(file);
	cr_assert(fwrite(bytes, 1, (size_t)size, file) == (size_t)size && fclose(file) == 0);
	free(bytes);
	room_run(&room, "Z1 w9 r");
	cr_assert(room.gaps == 1 && strstr(room.why, "passed over") && room.twice == 0,
		  "%u gaps (%s), %u twice", room.gaps, room.why, room.twice);
	cr_assert(room.times[20008] == 1, "the log goes on");
	room_clear(&room);
}
