#include "tests/unit/source/room.h"

/* In the scripts (see room.h): w writes, r reads, R restarts, M renames, C creates, T
 * copytruncates. */
static const struct {
	const char *what;
	const char *script;
	unsigned lost, gaps, odd, too_long;
} rotations[] = {
	{ "nothing but growth", "w3 r w2 r w1 R r", 0, 0, 0, 0 },
	{ "a log that comes later", "r r w2 r", 0, 0, 0, 0 },
	{ "a log that comes after a restart", "r R r w2 r", 0, 0, 0, 0 },
	{ "rename and create", "w3 r w2 M C r w4 r", 0, 0, 0, 0 },
	{ "the writer turns late", "w3 r M C r o2 r o1 w4 r w1 r", 0, 0, 0, 0 },
	{ "lines just before the new file's first", "w3 r M C o2 w4 r", 0, 0, 0, 0 },
	{ "rename while down", "w3 r w2 M C w4 R r", 0, 0, 0, 0 },
	{ "rename while down, nothing new", "w3 r w2 M C R r w2 r", 0, 0, 0, 0 },
	{ "rename without create", "w3 r w2 M r R r w2 r", 0, 0, 0, 0 },
	{ "three renames while down", "w3 r w2 M w2 M w1 M w4 R r", 0, 0, 0, 0 },
	{ "three renames in one tick", "w3 r w2 M w2 M w1 M w4 r", 0, 0, 0, 0 },
	{ "no file at the path, younger brothers", "w3 r w2 M w2 M w1 M r w2 r", 0, 0, 0, 0 },
	{ "an empty brother between", "w3 r M C M w2 r", 0, 0, 0, 0 },
	{ "dates", "w3 r w2 D1 w2 D2 w1 D3 w4 R r", 0, 0, 0, 0 },
	{ "dates in one tick", "w3 r w2 D1 w2 D2 w1 D3 w4 r", 0, 0, 0, 0 },
	{ "the cursor of an empty file", "C r w2 M w3 M w1 R r", 0, 0, 0, 0 },
	{ "copytruncate", "w3 r w2 T r w4 r", 0, 1, 0, 0 },
	{ "copytruncate, nothing unread", "w3 r T r w4 r", 0, 1, 0, 0 },
	{ "copytruncate while down", "w3 r w2 T w4 R r", 0, 1, 0, 0 },
	{ "copytruncate twice while down", "w3 r w2 T w4 T w3 R r", 0, 1, 0, 0 },
	{ "copytruncate, grown past the place", "w3 r w2 T w9 r", 0, 1, 0, 0 },
	{ "truncated", "w3 r t r w4 r", 0, 1, 0, 0 },
	{ "truncated with lines unread", "w3 r w2 t w1 r", 2, 1, 0, 0 },
	{ "truncated, grown to the same size", "w3 r t w3 r", 0, 1, 0, 0 },
	{ "truncated, grown past the place", "w3 r w2 t w9 r", 2, 1, 0, 0 },
	{ "truncated and grown while down", "w3 r w2 t w9 R r", 2, 1, 0, 0 },
	{ "deleted and created", "w3 r w2 u C w4 r", 0, 0, 0, 0 },
	{ "deleted and created while down", "w3 r u C w4 R r", 0, 1, 0, 0 },
	{ "deleted and created while down, unread", "w3 r w2 u C w9 R r", 2, 1, 0, 0 },
	{ "compressed while down", "w3 r i w2 M Z1 w4 R r", 0, 0, 0, 0 },
	{ "compressed while down, by zstd", "w3 r w2 M S1 w4 R r", 0, 0, 0, 0 },
	{ "compressed while down, nothing unread", "w3 r M Z1 w4 R r", 0, 0, 0, 0 },
	{ "compressed while down, no file at the path", "w3 r i w2 M Z1 R r r w4 r", 0, 0, 0, 0 },
	{ "compressed at once", "w3 r i w2 M Z1 w4 r", 0, 0, 0, 0 },
	{ "compressed at once in a way that is not read", "w3 r w2 M X1 w4 r", 0, 0, 0, 0 },
	{ "two renames, both compressed, in one look", "w3 r w2 M Z1 i w2 M Z1 i w4 r", 0, 0, 0,
	  0 },
	{ "two renames, the younger compressed", "w3 r w2 M w2 M Z1 w4 r", 0, 0, 0, 0 },
	{ "two renames while down, both compressed", "w3 r i w2 M Z1 w2 M Z1 w4 R r", 0, 0, 0, 0 },
	{ "two renames while down, the older compressed", "w3 r i w2 M Z1 w2 M w4 R r", 0, 0, 0,
	  0 },
	{ "two renames while down, the younger compressed", "w3 r w2 M w2 M Z1 w4 R r", 0, 0, 0,
	  0 },
	{ "many renames while down", "w3 r i w2 M Z1 w9 M S1 w2 M w2 M Z1 w1 M w4 R r w1 r", 0, 0,
	  0, 0 },
	{ "hardly begun when compressed", "w1 r i w2 M Z1 w2 M Z1 w4 R r", 0, 0, 0, 0 },
	{ "hardly begun, behind another", "w3 r M w1 r i w2 M Z1 w2 M Z1 w4 R r", 0, 0, 0, 0 },
	{ "the cursor of an empty file, compressed", "C r i w2 M Z1 i w2 M Z1 w4 R r", 0, 1, 0, 0 },
	{ "removed while down, the younger compressed", "w3 r w2 i M U1 i w2 M Z1 w4 R r", 2, 1, 0,
	  0 },
	{ "removed while down, older ones left", "w3 r M Z1 i w3 r w2 i M U1 i w2 M Z1 w4 R r", 2,
	  1, 0, 0 },
	{ "removed while down, with the one before it",
	  "w3 r w2 M w3 r w2 i M U1 U2 i w2 M Z1 w2 M w4 R r", 2, 1, 0, 0 },
	{ "older ones, compressed again without their time", "w3 r M Z1 w3 r w2 M U1 i a2 w4 R r",
	  2, 1, 0, 0 },
	{ "older ones from before the first start", "w3 M Z1 w3 M Z1 w3 r w2 M U1 i a2 a3 w4 R r",
	  8, 1, 0, 0 },
	{ "compressed while down in a way that is not read", "w3 r w2 i M X1 i w2 M Z1 w4 R r", 2,
	  2, 0, 0 },
	{ "a younger one compressed so", "w3 r w2 M Z1 i w2 M X1 i w2 M Z1 w4 R r", 2, 1, 0, 0 },
	{ "copytruncate while down, compressed", "w3 r w2 T Z1 w4 R r", 0, 1, 0, 0 },
	{ "copytruncate twice while down, compressed", "w3 r w2 T Z1 w4 T Z1 w3 R r", 0, 1, 0, 0 },
	{ "truncated with compressed older ones", "w3 r M Z1 i w4 r w2 t w1 r", 2, 1, 0, 0 },
	{ "a log that was cut, then compressed", "w9 r x w3 i M Z1 w4 R r", 3, 1, 0, 0 },
	{ "half a line when compressed", "w1 p r M Z1 w2 R r", 0, 0, 1, 0 },
	{ "a line above the limit when compressed", "w1 L r w1 M Z1 w2 R r", 0, 0, 2, 1 },
	{ "a link to another file", "s1 w3 r w2 s2 w4 r s3 w1 r", 0, 0, 0, 0 },
	{ "a link to the next of its brothers", "l1 w3 r l2 w2 r l3 w1 l4 w2 R r", 0, 0, 0, 0 },
	{ "the writer turns late to a link", "l1 w3 r l2 r k1 r k1 k2 r w3 r", 0, 0, 0, 0 },
	{ "no link for a moment", "l1 w3 r d2 u r k1 r l2 r w3 R r", 0, 0, 0, 0 },
	{ "rewritten in place", "w3 r w2 e w1 r", 0, 0, 0, 0 },
	{ "half a line", "w1 p r r q w1 r", 0, 0, 0, 0 },
	{ "half a line over a restart", "w1 p r R r q w1 R r", 0, 0, 0, 0 },
	{ "half a line when rotated", "w1 p r M w2 r", 0, 0, 1, 0 },
	{ "half a line when rotated while down", "w1 p r M w2 R r", 0, 0, 1, 0 },
	{ "NULs before a line", "w1 n w2 r n r w1 r", 0, 0, 0, 0 },
	{ "NULs at the end of a rotated file", "w1 n r M w2 r", 0, 0, 0, 0 },
	{ "lines above the limit", "w1 L w1 r", 0, 0, 2, 1 },
	{ "a cut log after a boot", "w5 r x B r w2 r", 0, 1, 0, 0 },
	{ "a cut log after a boot, one line more", "w5 r x w1 B r w2 r", 1, 1, 0, 0 },
	{ "a cut log after a boot, grown past", "w5 r x w3 B r w2 r", 1, 1, 0, 0 },
	{ "a log cut in the same boot", "w9 r x R r w2 r", 0, 1, 0, 0 },
	{ "a log cut under our eyes", "w9 r x r w2 r", 0, 1, 0, 0 },
	{ "rotated over a boot", "w5 r w2 M w3 B r", 0, 0, 0, 0 },
	{ "an emptied log after a boot", "w5 r t B r w2 r", 0, 1, 0, 0 },
};

Test(follow, gives_each_line_once_however_the_log_is_rotated)
{
	for (size_t i = 0; i < sizeof(rotations) / sizeof(*rotations); i++) {
		struct room room = room_make();
		const char *what = rotations[i].what;

		room_run(&room, rotations[i].script);
		cr_assert(room.status == FEED_IDLE, "%s: %s", what, room.err.text);
		cr_assert(room.heard == room.written - rotations[i].lost && room.twice == 0 &&
				  !room.disorder,
			  "%s: %u written, %u heard, %u twice", what, room.written, room.heard,
			  room.twice);
		cr_assert(room.gaps == rotations[i].gaps, "%s: %u gaps: %s", what, room.gaps,
			  room.why);
		cr_assert(room.odd == rotations[i].odd, "%s: %u odd lines", what, room.odd);
		cr_assert(room.too_long == rotations[i].too_long, "%s: %u too long", what,
			  room.too_long);
		cr_assert(room.feed->ops->behind(room.feed) <= 25, "%s", what);
		room_clear(&room);
	}
}

/* Any restart at any place within a few lines, some of them above the limit. */
Test(follow, goes_on_at_every_place)
{
	for (size_t budget = 1; budget < 400; budget += 7) {
		struct room room = room_make();
		unsigned reads = 0;

		room_run(&room, "w1 r w3 L w2 M w1 L M w4");
		while (room_read(&room, budget) == FEED_MORE && reads++ < 1000)
			room_follow(&room, true);
		cr_assert(room.heard == 11 && room.twice == 0 && room.gaps == 0 && room.odd == 4 &&
				  room.too_long == 2,
			  "budget %zu: %u heard, %u twice, %u gaps, %u odd, %u too long", budget,
			  room.heard, room.twice, room.gaps, room.odd, room.too_long);
		room_clear(&room);
	}
}

/* A line longer than one read, met by many small ones. */
Test(follow, tells_a_line_without_end_once)
{
	struct room room = room_make();
	size_t length = 3 << 20;
	char *bytes = malloc(length);

	memset(bytes, 'x', length);
	room_run(&room, "w1 r");
	for (unsigned i = 0; i < 3; i++) {
		room_append(room.path, bytes, length / 3);
		room_run(&room, "r R r");
	}
	room_append(room.path, "\n", 1);
	room_run(&room, "w2 r");
	cr_assert(room.heard == 3 && room.too_long == 1 && room.odd == 0, "%u heard, %u too long",
		  room.heard, room.too_long);
	free(bytes);
	room_clear(&room);
}

Test(follow, tells_what_it_cannot_open_and_tries_again)
{
	struct room room = room_make();
	struct follow_cursor bad = { .version = FOLLOW_CURSOR + 1 };
	struct follow_options options = { .path = room.path };

	cr_assert(follow_open(&options, &bad, &room.err) == NULL);
	cr_assert(mkdir(room.path, 0700) == 0);
	cr_assert(room_read(&room, 1000) == FEED_ERROR);
	cr_assert(strstr(room.err.text, "not a regular file") != NULL, "%s", room.err.text);
	cr_assert(rmdir(room.path) == 0);
	room_run(&room, "w2 r w1 M w1");
	chmod(room.path, 0);
	if (geteuid() == 0) /* who may read everything */
		cr_assert(chmod(room.directory, 0755) == 0 && seteuid(65534) == 0);
	cr_assert(room_read(&room, 1000) == FEED_ERROR);
	cr_assert(strstr(room.err.text, "Permission denied") != NULL, "%s", room.err.text);
	cr_assert(room.heard == 3, "the rest of what is open already: %u", room.heard);
	cr_assert(getuid() != 0 || seteuid(0) == 0);
	chmod(room.path, 0640);
	room_run(&room, "r");
	cr_assert(room.heard == 4 && room.gaps == 0 && room.twice == 0);
	room_clear(&room);
}

/* /proc/self/mem is a regular file whose first byte gives EIO. */
Test(follow, never_takes_a_read_error_for_the_end)
{
	struct room room = room_make();

	cr_assert(symlink("/proc/self/mem", room.path) == 0);
	for (unsigned i = 0; i < 3; i++) {
		cr_assert(room_read(&room, 1000) == FEED_ERROR);
		cr_assert(strstr(room.err.text, "Input/output error") != NULL, "%s", room.err.text);
		cr_assert(room_cursor(&room)->offset == 0 &&
			  room.heard + room.gaps + room.odd == 0);
	}
	room_clear(&room);
}

static unsigned
dice(uint64_t *state, unsigned sides)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*state >> 33) % sides;
}

/* One rotation of any style that loses nothing. */
static void
rotate(struct room *room, uint64_t *seed)
{
	/* copytruncate tells itself only by bytes that were read: something must have been */
	bool told = room_cursor(room)->offset >= 64;

	switch (dice(seed, 4)) {
	case 0:
		room_run(room, told ? "T" : "M");
		break;
	case 1:
		room_run(room, "M C");
		break;
	default:
		room_run(room, "M");
		break;
	}
	room_write(room, room->path, dice(seed, 4));
}

Test(follow, loses_and_doubles_nothing_in_1000_rotations_with_restarts)
{
	uint64_t seed = 20261124;
	struct room room = room_make();
	unsigned rotated = 0, restarts = 0;

	room_run(&room, "w1 r"); /* the first start reads the path only */
	while (rotated < 1000) {
		room_write(&room, room.path, 1 + dice(&seed, 12));
		for (unsigned ticks = dice(&seed, 3); ticks; ticks--)
			room_read(&room, 1 + dice(&seed, 500));
		if (dice(&seed, 3) == 0) {
			room_follow(&room, true);
			restarts++;
		}
		for (unsigned n = dice(&seed, 4); n; n--, rotated++)
			rotate(&room, &seed);
		if (dice(&seed, 2)) /* what is unread must not fall off the end of the kept ones */
			room_run(&room, "r");
	}
	room_run(&room, "w1 r");
	cr_assert(room.status == FEED_IDLE, "%s", room.err.text);
	cr_assert(room.heard == room.written && room.twice == 0 && !room.disorder && room.odd == 0,
		  "%u rotations, %u restarts: %u written, %u heard, %u twice, last gap: %s",
		  rotated, restarts, room.written, room.heard, room.twice, room.why);
	room_clear(&room);
}

static void
take_directory_away(struct room *room)
{
	cr_assert(unlink(room->path) == 0 && rmdir(room->directory) == 0);
}

/* The file that is open is read to its end; what comes back under the path is another. */
Test(follow, outlives_its_directory)
{
	for (unsigned restart = 0; restart < 2; restart++) {
		struct room room = room_make();

		room_run(&room, "w3 r w2");
		take_directory_away(&room);
		room_run(&room, "r r");
		cr_assert(room.status == FEED_IDLE && room.heard == 5, "%u heard: %s", room.heard,
			  room.err.text);
		if (restart)
			room_run(&room, "R r");
		cr_assert(mkdir(room.directory, 0700) == 0);
		room_run(&room, "r w4 r w1 r");
		cr_assert(room.status == FEED_IDLE && room.heard == 10 && room.twice == 0,
			  "%u heard, %u twice: %s", room.heard, room.twice, room.err.text);
		cr_assert(room.gaps == restart, "%u gaps: %s", room.gaps, room.why);
		room_clear(&room);
	}
}

/* Many files one after another at the same path, most of them with the same inode number. */
Test(follow, is_not_deceived_by_an_inode_that_is_used_again)
{
	struct room room = room_make();
	unsigned reused = 0;
	ino_t last = 0;

	for (unsigned i = 0; i < 50; i++) {
		struct stat status;

		room_run(&room, "w3 r");
		cr_assert(stat(room.path, &status) == 0);
		reused += status.st_ino == last;
		last = status.st_ino;
		room_run(&room, i % 2 ? "u R" : "R u");
	}
	cr_assert(room.heard == 150 && room.twice == 0, "%u heard, %u twice, %u inodes used again",
		  room.heard, room.twice, reused);
	room_clear(&room);
}

static const char banner[] =
	"a head that every one of these logs has, as some programs write it at "
	"each start: more than what speaks for a file\n";

/* Every fourth time with lines unread, every second time over a restart, all with the same head. */
Test(follow, notices_1000_of_1000_logs_truncated_and_grown_past_the_place)
{
	uint64_t seed = 20261125;
	struct room room = room_make();
	unsigned lost = 0;

	for (unsigned i = 0; i < 1000; i++) {
		unsigned read = 4 + dice(&seed, 12), unread = i % 4 ? 0 : 1 + dice(&seed, 3);

		if (i % 3 == 0)
			room_append(room.path, banner, sizeof(banner) - 1);
		room_write(&room, room.path, read);
		room_run(&room, "r");
		room_write(&room, room.path, unread);
		lost += unread;
		room_run(&room, "t");
		if (i % 3 == 0)
			room_append(room.path, banner, sizeof(banner) - 1);
		room_write(&room, room.path, read + unread + 1 + dice(&seed, 12));
		room_run(&room, i % 2 ? "R r" : "r");
		cr_assert(room.gaps == i + 1, "round %u: %u gaps", i, room.gaps);
		cr_assert(room.heard == room.written - lost && room.twice == 0 && !room.disorder,
			  "round %u: %u written, %u lost, %u heard, %u twice", i, room.written,
			  lost, room.heard, room.twice);
		room_run(&room, "u r C"); /* the next round has a file of its own */
	}
	room_clear(&room);
}
