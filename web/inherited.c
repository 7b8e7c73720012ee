#include "web/inherited.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST 3
#define MOST 64

static bool taken[MOST];

static long
number(const char *name)
{
	const char *text = getenv(name);
	char *end = NULL;
	long value = text ? strtol(text, &end, 10) : 0;

	return text && *text && !*end && value > 0 ? value : 0;
}

static bool
is_at(int fd, const struct sockaddr *wanted)
{
	struct sockaddr_storage own = { 0 };
	socklen_t own_size = sizeof(own);
	int listens = 0;
	socklen_t listens_size = sizeof(listens);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) != 0 || !listens ||
	    getsockname(fd, (struct sockaddr *)&own, &own_size) != 0 ||
	    own.ss_family != wanted->sa_family)
		return false;
	switch (wanted->sa_family) {
	case AF_UNIX:
		return strncmp(((const struct sockaddr_un *)&own)->sun_path,
			       ((const struct sockaddr_un *)wanted)->sun_path,
			       sizeof(((const struct sockaddr_un *)&own)->sun_path)) == 0;
	case AF_INET:
		return ((const struct sockaddr_in *)&own)->sin_port ==
			       ((const struct sockaddr_in *)wanted)->sin_port &&
		       ((const struct sockaddr_in *)&own)->sin_addr.s_addr ==
			       ((const struct sockaddr_in *)wanted)->sin_addr.s_addr;
	case AF_INET6:
		return ((const struct sockaddr_in6 *)&own)->sin6_port ==
			       ((const struct sockaddr_in6 *)wanted)->sin6_port &&
		       memcmp(&((const struct sockaddr_in6 *)&own)->sin6_addr,
			      &((const struct sockaddr_in6 *)wanted)->sin6_addr,
			      sizeof(struct in6_addr)) == 0;
	default:
		return false;
	}
}

int
inherited_socket(const struct sockaddr *address)
{
	long count = number("LISTEN_PID") == getpid() ? number("LISTEN_FDS") : 0;

	for (int i = 0; i < count && i < MOST; i++) {
		int fd = FIRST + i;

		if (taken[i] || !is_at(fd, address) || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
		    fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
			continue;
		taken[i] = true;
		return fd;
	}
	return -1;
}
