#include "daemon/sys/unpack.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define LINES 20000

static char *text;
static size_t length;

static void
make_text(void)
{
	FILE *file = open_memstream(&text, &length);

	for (unsigned i = 0; i < LINES; i++)
		fprintf(file, "2026-11-24T16:36:26 line %06u of the log, %u\n", i, i * 2654435761U);
	fclose(file);
}

/* What a test packed, until it is over. */
static char *kept[16];
static unsigned kept_count;

static char *
keep(size_t room)
{
	cr_assert(kept_count < sizeof(kept) / sizeof(kept[0]));
	return kept[kept_count++] = malloc(room);
}

static void
free_kept(void)
{
	while (kept_count)
		free(kept[--kept_count]);
	free(text);
	text = NULL;
}

TestSuite(unpack, .init = make_text, .fini = free_kept);

static struct span
gzip(struct span plain)
{
	size_t room = plain.len + 1000;
	char *out = keep(room);
	z_stream stream = { .next_in = (Bytef *)plain.at,
			    .avail_in = (uInt)plain.len,
			    .next_out = (Bytef *)out,
			    .avail_out = (uInt)room };

	cr_assert(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	cr_assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&stream);
	return (struct span){ out, room - stream.avail_out };
}

static struct span
zstd(struct span plain)
{
	size_t room = ZSTD_compressBound(plain.len);
	char *out = keep(room);

	return (struct span){ out, ZSTD_compress(out, room, plain.at, plain.len, 3) };
}

static struct unpack *
open_bytes(struct span first, struct span second)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct unpack *unpack;
	struct err err = { 0 };

	cr_assert(write(fd, first.at, first.len) == (ssize_t)first.len);
	cr_assert(write(fd, second.at, second.len) == (ssize_t)second.len);
	lseek(fd, 0, SEEK_SET);
	unpack = unpack_open(fd, &err);
	cr_assert(unpack, "%s", err.text);
	return unpack;
}

/* Reads in steps; how many bytes were like the text, and how it ended. */
static size_t
compare(struct unpack *unpack, size_t step, struct err *err)
{
	char *out = malloc(step);
	size_t done = 0;
	ssize_t got;

	while ((got = unpack_read(unpack, out, step, err)) > 0) {
		cr_assert(done + (size_t)got <= length && memcmp(out, text + done, got) == 0);
		done += (size_t)got;
	}
	free(out);
	unpack_free(unpack);
	return got == 0 ? done : done + 1000000000;
}

static struct span
part(size_t from, size_t to)
{
	return (struct span){ text + from, to - from };
}

Test(unpack, gives_the_same_bytes_however_they_are_packed)
{
	struct span all = part(0, length), none = { "", 0 };
	size_t half = length / 2;
	struct span packed[][2] = {
		{ all, none },
		{ gzip(all), none },
		{ gzip(part(0, half)), gzip(part(half, length)) },
		{ gzip(all), SPAN("\0\0\0\0\0") },
		{ zstd(all), none },
		{ zstd(part(0, half)), zstd(part(half, length)) },
		{ zstd(part(0, 10)), zstd(part(10, length)) },
	};

	for (size_t i = 0; i < sizeof(packed) / sizeof(*packed); i++)
		for (size_t step = 1; step < 2 * length; step = step * 37 + 1) {
			struct unpack *unpack = open_bytes(packed[i][0], packed[i][1]);
			struct err err = { 0 };

			cr_assert(unpack_compressed(unpack) == (i != 0));
			cr_assert_eq(compare(unpack, step, &err), length, "%zu, %zu: %s", i, step,
				     err.text);
		}
}

Test(unpack, peeks_and_skips)
{
	struct span packed[] = { part(0, length), gzip(part(0, length)), zstd(part(0, length)) };

	for (size_t i = 0; i < 3; i++) {
		struct unpack *unpack = open_bytes(packed[i], (struct span){ "", 0 });
		struct span head;
		char next[10];

		cr_assert(unpack_peek(unpack, 100, &head, NULL));
		cr_assert(span_equal(head, part(0, 100)));
		cr_assert(unpack_skip(unpack, 50, NULL));
		cr_assert(unpack_skip(unpack, 70000, NULL));
		cr_assert_eq(unpack_read(unpack, next, 10, NULL), 10);
		cr_assert_eq(memcmp(next, text + 70050, 10), 0);
		cr_assert(!unpack_skip(unpack, length, NULL));
		unpack_free(unpack);
	}
}

Test(unpack, an_end_too_early_is_an_error_behind_what_there_is)
{
	struct span packed[] = { gzip(part(0, length)), zstd(part(0, length)) };

	for (size_t i = 0; i < 2; i++) {
		struct span cut = { packed[i].at, packed[i].len - 20 };
		struct err err = { 0 };
		size_t read = compare(open_bytes(cut, (struct span){ "", 0 }), 4096, &err);

		cr_assert(read > 1000000000 && err.kind == ERR_INPUT, "%zu", i);
	}
}

Test(unpack, damaged_bytes_are_an_error)
{
	struct span packed[] = { gzip(part(0, length)), zstd(part(0, length)) };

	for (size_t i = 0; i < 2; i++) {
		struct unpack *unpack;
		struct err err = { 0 };
		char out[4096];
		ssize_t got;

		memset((char *)packed[i].at + packed[i].len / 2, 0xff, 100);
		unpack = open_bytes(packed[i], (struct span){ "", 0 });
		while ((got = unpack_read(unpack, out, sizeof(out), &err)) > 0)
			;
		cr_assert(got < 0 && err.kind == ERR_INPUT, "%zu", i);
		unpack_free(unpack);
	}
}

Test(unpack, few_bytes_are_plain)
{
	for (size_t size = 0; size < 6; size++) {
		struct unpack *unpack = open_bytes(part(0, size), (struct span){ "", 0 });
		char out[10];

		cr_assert_eq(unpack_read(unpack, out, 10, NULL), size);
		cr_assert_eq(unpack_read(unpack, out, 10, NULL), 0);
		unpack_free(unpack);
	}
}
