/*
 * The same bytes, and the same end, however a packed file is read.
 */
#include "daemon/sys/unpack.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST (1 << 20) /* bytes; what unpacks to more is left at that */

static uint64_t
read_all(const uint8_t *data, size_t size, size_t step)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	uint64_t hash = 1, done = 0;
	struct unpack *unpack;
	char out[4096];
	ssize_t got = -1;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	lseek(fd, 0, SEEK_SET);
	unpack = unpack_open(fd, NULL);
	while (unpack && done < MOST && (got = unpack_read(unpack, out, step, NULL)) > 0) {
		for (ssize_t i = 0; i < got && done < MOST; i++, done++)
			hash = (hash ^ (unsigned char)out[i]) * UINT64_C(1099511628211);
	}
	unpack_free(unpack);
	return done < MOST ? hash + (got == 0) : hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && read_all(data, size, 4096) != read_all(data, size, 1 + data[size - 1] % 64))
		abort();
	return 0;
}
