#include "daemon/counters/poll_loadavg.h"
#include "daemon/counters/poll_secret.h"
#include "daemon/counters/poll_spool.h"
#include "daemon/sys/clock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

Test(poll, a_decimal_is_a_decimal_and_nothing_else)
{
	static const struct {
		const char *text;
		double value; /* NAN: none */
	} rows[] = {
		{ "0", 0 },
		{ " 12\n", 12 },
		{ "-3", -3 },
		{ "0.25", 0.25 },
		{ "1.05", 1.05 },
		{ "", NAN },
		{ "-", NAN },
		{ "1.", NAN },
		{ ".5", NAN },
		{ "1e5", NAN },
		{ "0x10", NAN },
		{ "nan", NAN },
		{ "inf", NAN },
		{ "1 2", NAN },
		{ "1,5", NAN },
		{ "--1", NAN },
		{ "1.2.3", NAN },
		{ "9223372036854775807", 9223372036854775807.0 },
		{ "9223372036854775808", NAN },
		{ "0.1234567890123456", NAN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double value = NAN;
		bool ok = poll_decimal(span_of(rows[i].text), &value);

		cr_expect_eq(ok, !isnan(rows[i].value), "'%s'", rows[i].text);
		if (ok)
			cr_expect_float_eq(value, rows[i].value, 1e-12, "'%s'", rows[i].text);
	}
}

Test(poll, loadavg_has_three_loads)
{
	struct poll_result result = { 0 };
	struct err err = { 0 };

	cr_assert(poll_loadavg_parse(SPAN("0.52 1.00 12.25 1/180 4711\n"), &result, &err));
	cr_assert_eq(result.count, 3);
	cr_assert_str_eq(result.list[2].name, "load15");
	cr_assert_float_eq(result.list[2].sample.level, 12.25, 1e-9);
	result.count = 0;
	cr_assert(!poll_loadavg_parse(SPAN("0.52 1.00\n"), &result, &err));
	cr_assert(!poll_loadavg_read("/proc/no-such-file", &result, &err));
	cr_assert_eq(result.count, 0);
	cr_assert(poll_loadavg_read(NULL, &result, &err), "%s", err.text);
}

#define V3 "user u\nauth SHA-256 12345678\npriv AES a long phrase # with a mark\n"

Test(secret, says_what_is_wrong_and_shows_nothing)
{
	static const struct {
		const char *text, *wrong; /* NULL: good */
	} rows[] = {
		{ "community public", NULL },
		{ "# a comment\n\n  community\tpublic \r\n", NULL },
		{ V3, NULL },
		{ "", "it is empty" },
		{ "community", "community is empty" },
		{ "community a\ncommunity b", "f:2: community is given twice" },
		{ "community a\n" V3, "both a community and a user" },
		{ "hunter2hunter2", "f:1: wanted a line that begins with" },
		{ "user u", "wants the three lines" },
		{ "user u\nauth SHA-256 1234567", "auth is too short" },
		{ "user u\nauth MD5 12345678", "auth wants SHA" },
		{ "user u\nauth SHA 12345678\npriv DES 12345678", "priv wants AES" },
		{ "user 123456789012345678901234567890123\n", "user is too long" },
		{ "community a\x01", "has control characters" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct poll_secret secret = { .user = "untouched" };
		struct err err = { 0 };
		bool ok = poll_secret_parse("f", span_of(rows[i].text), &secret, &err);

		cr_expect_eq(ok, rows[i].wrong == NULL, "'%s': %s", rows[i].text, err.text);
		if (rows[i].wrong)
			cr_expect(strstr(err.text, rows[i].wrong), "'%s': %s", rows[i].text,
				  err.text);
		cr_expect(!strstr(err.text, "1234567") && !strstr(err.text, "hunter2"));
		cr_expect(ok || strcmp(secret.user, "untouched") == 0);
	}
}

Test(secret, a_passphrase_is_the_rest_of_its_line)
{
	struct poll_secret secret = { 0 };
	struct err err = { 0 };

	cr_assert(poll_secret_parse("f", span_of(V3), &secret, &err), "%s", err.text);
	cr_assert(secret.v3);
	cr_assert_eq(secret.auth, POLL_SECRET_SHA256);
	cr_assert_str_eq(secret.priv_phrase, "a long phrase # with a mark");
}

struct room {
	char path[64], file[512];
};

static struct room
room_make(void)
{
	struct room room = { .path = "/tmp/mxsplit-poll-XXXXXX" };

	cr_assert(mkdtemp(room.path));
	return room;
}

static void
make(struct room *room, const char *name, mode_t directory_mode)
{
	int fd;

	snprintf(room->file, sizeof(room->file), "%s/%s", room->path, name);
	if (directory_mode) {
		cr_assert_eq(mkdir(room->file, directory_mode), 0, "%s", name);
		return;
	}
	fd = open(room->file, O_CREAT | O_WRONLY, 0600);
	cr_assert(fd >= 0);
	close(fd);
}

static void
clear(const struct room *room)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", room->path);
	cr_assert_eq(system(command), 0);
}

Test(secret, a_file_that_others_may_read_is_refused)
{
	struct room room = room_make();
	struct poll_secret secret;
	struct err err = { 0 };
	FILE *file;

	make(&room, "s", 0);
	file = fopen(room.file, "w");
	fputs("community public\n", file);
	fclose(file);
	cr_assert(poll_secret_read(room.file, &secret, &err), "%s", err.text);
	cr_assert_str_eq(secret.community, "public");
	chmod(room.file, 0640);
	cr_assert(!poll_secret_read(room.file, &secret, &err));
	cr_assert(strstr(err.text, "open to others (mode 640)"), "%s", err.text);
	cr_assert(!poll_secret_read(room.path, &secret, &err));
	clear(&room);
}

Test(spool, counts_files_through_hashed_directories_only_so_deep)
{
	static const char *const directories[] = { "incoming",	       "active",
						   "deferred",	       "hold",
						   "maildrop",	       "deferred/A",
						   "deferred/A/B",     "deferred/A/B/C",
						   "deferred/A/B/C/D", "deferred/A/B/C/D/E",
						   "active/longer" };
	static const char *const files[] = { "incoming/A1",	      "deferred/A/A2",
					     "deferred/A/B/C/D/A3",   "deferred/A/B/C/D/E/TOODEEP",
					     "active/longer/NOTHASH", "hold/.hidden" };
	struct room room = room_make();
	struct poll_result result = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		make(&room, directories[i], 0700);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		make(&room, files[i], 0);
	cr_assert(poll_spool_count(room.path, INT64_MAX, &result, &err), "%s", err.text);
	cr_assert_eq(result.count, 6);
	cr_assert_str_eq(result.list[5].name, "queue");
	cr_assert_eq(result.list[5].sample.level, 3);
	cr_assert_eq(result.list[2].sample.level, 2, "deferred");
	clear(&room);
}

Test(spool, what_is_not_there_is_an_error_or_a_note_and_never_a_small_number)
{
	struct room room = room_make();
	struct poll_result result = { 0 };
	struct err err = { 0 };
	char name[32];

	cr_assert(!poll_spool_count("/no/such/spool", INT64_MAX, &result, &err));
	cr_assert(!poll_spool_count(room.path, INT64_MAX, &result, &err));
	result = (struct poll_result){ 0 };
	make(&room, "active", 0700);
	cr_assert(poll_spool_count(room.path, INT64_MAX, &result, &err), "%s", err.text);
	cr_assert_eq(result.count, 1, "no sum without all of them");
	cr_assert(strstr(result.note, "queue directory incoming"), "%s", result.note);
	for (unsigned i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "active/Q%u", i);
		make(&room, name, 0);
	}
	result = (struct poll_result){ 0 };
	cr_assert(!poll_spool_count(room.path, clock_steady_us() - 1, &result, &err));
	cr_assert(strstr(err.text, "when the time was over"), "%s", err.text);
	clear(&room);
}
