#include "daemon/counters/poll_loadavg.h"

#include "daemon/base/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool
poll_loadavg_parse(struct span text, struct poll_result *out, struct err *err)
{
	static const char *const names[] = { "load1", "load5", "load15" };
	struct scan scan = scan_over(text);
	double load[3];

	for (unsigned i = 0; i < 3; i++)
		if (!poll_decimal(scan_until(&scan, ' '), &load[i]))
			return err_set(err, ERR_INPUT, "loadavg does not begin with three numbers");
	for (unsigned i = 0; i < 3; i++)
		poll_level(out, names[i], load[i]);
	return true;
}

bool
poll_loadavg_read(const char *path, struct poll_result *out, struct err *err)
{
	char text[256];
	ssize_t length;
	int fd;

	path = path ? path : "/proc/loadavg";
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
	if (length < 0)
		err_set(err, ERR_SYSTEM, "%s cannot be read: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return length >= 0 && poll_loadavg_parse((struct span){ text, (size_t)length }, out, err);
}
