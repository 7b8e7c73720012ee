/*
 * The same bytes however a packed file is read. (Whether some damaged frames are found to be so,
 * as a size in the header that is not that of the content, libzstd decides by the room it is
 * given.)
 */
#include "daemon/sys/unpack.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST (1 << 20) /* bytes; what unpacks to more is left at that */

enum end {
	END_WELL,
	END_BADLY,
	END_LEFT,
};

static enum end
read_all(const uint8_t *data, size_t size, size_t step, uint64_t *hash)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct unpack *unpack;
	uint64_t done = 0;
	char out[4096];
	ssize_t got = -1;

	if (write(fd, data, size) != (ssize_t)size)
		abort();
	lseek(fd, 0, SEEK_SET);
	*hash = 1;
	unpack = unpack_open(fd, NULL);
	while (unpack && done < MOST && (got = unpack_read(unpack, out, step, NULL)) > 0)
		for (ssize_t i = 0; i < got && done < MOST; i++, done++)
			*hash = (*hash ^ (unsigned char)out[i]) * UINT64_C(1099511628211);
	unpack_free(unpack);
	if (done == MOST)
		return END_LEFT;
	return got == 0 ? END_WELL : END_BADLY;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = 0, pieces = 0;
	enum end a, b;

	if (size == 0)
		return 0;
	a = read_all(data, size, 4096, &whole);
	b = read_all(data, size, 1 + data[size - 1] % 64, &pieces);
	if (a == b && a != END_BADLY && whole != pieces)
		abort();
	return 0;
}
