#include "daemon/sys/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define IN_BYTES ((size_t)64 << 10)
#define SKIP_BYTES ((size_t)32 << 10)
#define MAGIC 4
#define GZIP_WINDOW (15 + 16) /* the largest window, with a gzip header */
#define ZSTD_WINDOW 27	      /* log2 of the bytes */

static const struct span gzip_magic = { "\x1f\x8b", 2 };
static const struct span zstd_magic = { "\x28\xb5\x2f\xfd", 4 };

struct unpack {
	int fd;
	struct span in;	 /* in `bytes`: read, not yet unpacked */
	bool input_ends; /* the file has no more */
	bool between;	 /* no member or frame has begun that has not ended */
	z_stream *gzip;
	ZSTD_DCtx *zstd;
	char *peeked;
	struct span again; /* in `peeked` */
	char bytes[IN_BYTES];
};

/* Reads behind what is there. */
static bool
fill(struct unpack *unpack, struct err *err)
{
	ssize_t got;

	memmove(unpack->bytes, unpack->in.at, unpack->in.len);
	unpack->in.at = unpack->bytes;
	do
		got = read(unpack->fd, unpack->bytes + unpack->in.len, IN_BYTES - unpack->in.len);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_set(err, ERR_SYSTEM, "reading failed: %s", strerror(errno));
	unpack->in.len += (size_t)got;
	unpack->input_ends = got == 0;
	return true;
}

static bool
choose(struct unpack *unpack, struct err *err)
{
	bool ok = true;

	while (unpack->in.len < MAGIC && !unpack->input_ends)
		if (!fill(unpack, err))
			return false;
	if (span_begins(unpack->in, gzip_magic)) {
		unpack->gzip = calloc(1, sizeof(*unpack->gzip));
		ok = unpack->gzip && inflateInit2(unpack->gzip, GZIP_WINDOW) == Z_OK;
	} else if (span_begins(unpack->in, zstd_magic)) {
		unpack->zstd = ZSTD_createDCtx();
		ok = unpack->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(
					     unpack->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW));
	}
	return ok || err_set(err, ERR_SYSTEM, "out of memory");
}

struct unpack *
unpack_open(int fd, struct err *err)
{
	struct unpack *unpack = calloc(1, sizeof(*unpack));

	if (!unpack) {
		close(fd);
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	unpack->fd = fd;
	unpack->in.at = unpack->bytes;
	unpack->between = true;
	if (choose(unpack, err))
		return unpack;
	unpack_free(unpack);
	return NULL;
}

void
unpack_free(struct unpack *unpack)
{
	if (!unpack)
		return;
	if (unpack->gzip)
		inflateEnd(unpack->gzip);
	free(unpack->gzip);
	ZSTD_freeDCtx(unpack->zstd);
	free(unpack->peeked);
	close(unpack->fd);
	free(unpack);
}

static ssize_t
read_plain(struct unpack *unpack, char *out, size_t room, struct err *err)
{
	size_t length = unpack->in.len < room ? unpack->in.len : room;
	ssize_t got;

	if (length) {
		memcpy(out, unpack->in.at, length);
		unpack->in = span_after(unpack->in, length);
		return (ssize_t)length;
	}
	do
		got = read(unpack->fd, out, room);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		err_set(err, ERR_SYSTEM, "reading failed: %s", strerror(errno));
	return got;
}

/* One step: some of `in` becomes some of `out`. */
static bool
step_gzip(struct unpack *unpack, char *out, size_t room, size_t *made, struct err *err)
{
	z_stream *gzip = unpack->gzip;
	int result;

	gzip->next_in = (Bytef *)unpack->in.at;
	gzip->avail_in = (uInt)unpack->in.len;
	gzip->next_out = (Bytef *)out;
	gzip->avail_out = (uInt)room;
	result = inflate(gzip, Z_NO_FLUSH);
	if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
		return err_set(err, result == Z_MEM_ERROR ? ERR_SYSTEM : ERR_INPUT,
			       "the gzip data are damaged: %s",
			       gzip->msg ? gzip->msg : "no memory");
	unpack->in = span_after(unpack->in, unpack->in.len - gzip->avail_in);
	*made = room - gzip->avail_out;
	unpack->between = result == Z_STREAM_END;
	if (unpack->between)
		inflateReset(gzip);
	return true;
}

static bool
step_zstd(struct unpack *unpack, char *out, size_t room, size_t *made, struct err *err)
{
	ZSTD_inBuffer in = { unpack->in.at, unpack->in.len, 0 };
	ZSTD_outBuffer to = { out, room, 0 };
	size_t result = ZSTD_decompressStream(unpack->zstd, &to, &in);

	if (ZSTD_isError(result))
		return err_set(err, ERR_INPUT, "the zstd data are damaged: %s",
			       ZSTD_getErrorName(result));
	unpack->in = span_after(unpack->in, in.pos);
	*made = to.pos;
	unpack->between = result == 0;
	return true;
}

/* Between two members: as gzip(1), what is none (padding of a tape) is passed over. */
static bool
at_member(struct unpack *unpack, struct err *err)
{
	while (unpack->in.len < gzip_magic.len && !unpack->input_ends)
		if (!fill(unpack, err))
			return false;
	if (!span_begins(unpack->in, gzip_magic)) {
		unpack->in.len = 0;
		unpack->input_ends = true;
	}
	return true;
}

static ssize_t
read_packed(struct unpack *unpack, char *out, size_t room, struct err *err)
{
	size_t made = 0;
	bool ok = true;

	if (room > IN_BYTES * 64)
		room = IN_BYTES * 64; /* zlib counts in 32 bits */
	while (ok && made == 0) {
		if (unpack->gzip && unpack->between)
			ok = at_member(unpack, err);
		else if (unpack->in.len == 0 && !unpack->input_ends)
			ok = fill(unpack, err);
		if (!ok)
			break;
		if (unpack->in.len == 0 && unpack->input_ends && unpack->between)
			return 0;
		if (unpack->in.len == 0 && !unpack->input_ends)
			continue;
		ok = unpack->gzip ? step_gzip(unpack, out, room, &made, err)
				  : step_zstd(unpack, out, room, &made, err);
		if (ok && made == 0 && unpack->in.len == 0 && unpack->input_ends &&
		    !unpack->between)
			ok = err_set(err, ERR_INPUT, "the compressed data end too early");
	}
	return ok ? (ssize_t)made : -1;
}

ssize_t
unpack_read(struct unpack *unpack, char *out, size_t room, struct err *err)
{
	size_t length = unpack->again.len < room ? unpack->again.len : room;

	if (length) {
		memcpy(out, unpack->again.at, length);
		unpack->again = span_after(unpack->again, length);
		return (ssize_t)length;
	}
	return unpack_compressed(unpack) ? read_packed(unpack, out, room, err)
					 : read_plain(unpack, out, room, err);
}

bool
unpack_peek(struct unpack *unpack, size_t room, struct span *out, struct err *err)
{
	size_t length = 0;

	unpack->peeked = malloc(room);
	if (!unpack->peeked)
		return err_set(err, ERR_SYSTEM, "out of memory");
	while (length < room) {
		ssize_t got = unpack_read(unpack, unpack->peeked + length, room - length, err);

		if (got < 0)
			return false;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	*out = unpack->again = (struct span){ unpack->peeked, length };
	return true;
}

bool
unpack_skip(struct unpack *unpack, uint64_t bytes, struct err *err)
{
	char waste[SKIP_BYTES];

	while (bytes) {
		ssize_t got =
			unpack_read(unpack, waste, bytes < SKIP_BYTES ? bytes : SKIP_BYTES, err);

		if (got < 0)
			return false;
		if (got == 0)
			return err_set(err, ERR_INPUT, "the file is shorter than what was read");
		bytes -= (uint64_t)got;
	}
	return true;
}

bool
unpack_compressed(const struct unpack *unpack)
{
	return unpack->gzip || unpack->zstd;
}
