#include "web/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
read_file(const char *path, char out[PAIR_FILE], struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t length = 0;
	ssize_t got = -1;

	if (fd < 0)
		return err_set(err, ERR_INPUT, "%s: %s", path, strerror(errno));
	while (length < PAIR_FILE && (got = read(fd, out + length, PAIR_FILE - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	close(fd);
	if (got < 0)
		return false;
	if (length == PAIR_FILE || memchr(out, '\0', length))
		return err_set(err, ERR_INPUT, "%s is no PEM file of less than %d bytes", path,
			       PAIR_FILE);
	out[length] = '\0';
	return true;
}

bool
pair_read(const char *certificate, const char *key, struct pair *out, struct err *err)
{
	if (read_file(certificate, out->certificate, err) && read_file(key, out->key, err))
		return true;
	explicit_bzero(out, sizeof(*out));
	return false;
}

void
pair_free(struct pair *pair)
{
	if (pair)
		explicit_bzero(pair, sizeof(*pair));
	free(pair);
}
