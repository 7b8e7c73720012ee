/*
 * The bytes of a log as they were written: plain, gzip (RFC 1952) or Zstandard (RFC 8878), told by
 * the first bytes and never by the name. Several members or frames in a row are one file. Memory is
 * bounded: a Zstandard window above 128 MiB is refused.
 */
#ifndef SYS_UNPACK_H
#define SYS_UNPACK_H

#include "daemon/base/err.h"
#include "daemon/base/span.h"

#include <stdint.h>
#include <sys/types.h>

struct unpack;

/* Takes `fd` over, also on failure (NULL). Reads the first bytes: a pipe may make it wait. */
MUST_USE struct unpack *unpack_open(int fd, struct err *err);
void unpack_free(struct unpack *unpack);

/*
 * Gives up to `room` bytes; 0 at the end, -1 with `err`. Of what stands just before the place of an
 * error some may be missing.
 */
MUST_USE ssize_t unpack_read(struct unpack *unpack, char *out, size_t room, struct err *err);

/*
 * The first bytes, at most `room`, which the next reads give again; once, before the first read.
 * The span lives until the next read.
 */
MUST_USE bool unpack_peek(struct unpack *unpack, size_t room, struct span *out, struct err *err);

/* Reads over `bytes`; false with ERR_INPUT when the file ends before. */
MUST_USE bool unpack_skip(struct unpack *unpack, uint64_t bytes, struct err *err);

bool unpack_compressed(const struct unpack *unpack);

#endif
