#include "daemon/source/bind.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128
#define RECEIVE_BYTES (8 << 20)
#define SOCKET_MODE 0660

static const char *
reason(int error)
{
	if (error == EACCES)
		return "not permitted; a port below 1024 needs the capability "
		       "CAP_NET_BIND_SERVICE";
	if (error == EADDRINUSE)
		return "another program listens there";
	if (error == EADDRNOTAVAIL)
		return "no interface of this machine has that address";
	return strerror(error);
}

static int
open_bound(const struct addrinfo *info, int type)
{
	int fd = socket(info->ai_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, why;

	if (fd < 0)
		return -1;
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
	    (type != SOCK_STREAM || listen(fd, BACKLOG) == 0))
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

bool
bind_address(const char *address, int type, int *fd_out, struct err *err)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
				  .ai_socktype = type };
	const char *from = *address == '[' ? address + 1 : address;
	const char *to = strrchr(address, ':');
	struct addrinfo *info;
	char host[64];

	if (!to || (size_t)(to - from) >= sizeof(host))
		return err_set(err, ERR_INPUT, "cannot listen on %s: no address", address);
	snprintf(host, sizeof(host), "%.*s", (int)(to - from), from);
	host[strcspn(host, "]")] = '\0';
	if (getaddrinfo(host, to + 1, &hints, &info) != 0)
		return err_set(err, ERR_INPUT, "cannot listen on %s: no address", address);
	*fd_out = open_bound(info, type);
	freeaddrinfo(info);
	return *fd_out >= 0 ||
	       err_set(err, ERR_SYSTEM, "cannot listen on %s: %s", address, reason(errno));
}

/* Takes away a socket on which nobody listens. */
static bool
clear_path(const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct stat status;
	bool dead;
	int fd;

	if (lstat(path, &status) != 0)
		return true; /* binding says what is wrong */
	if (!S_ISSOCK(status.st_mode))
		return err_set(err, ERR_SYSTEM, "cannot listen on %s: it exists and is no socket",
			       path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	dead = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
	       errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	if (!dead)
		return err_set(err, ERR_BUSY, "cannot listen on %s: another program listens there",
			       path);
	unlink(path);
	return true;
}

bool
bind_path(const char *path, int *fd_out, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, ERR_INPUT, "cannot listen on %s: the path is too long", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (!clear_path(&address, err))
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    chmod(path, SOCKET_MODE) == 0) {
		*fd_out = fd;
		return true;
	}
	err_set(err, ERR_SYSTEM, "cannot listen on %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

void
bind_widen(int fd)
{
	int bytes = RECEIVE_BYTES;

	/* The first is for root; the second is cut to net.core.rmem_max. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}
