#include "web/listen.h"

#include "daemon/base/scan.h"
#include "web/inherited.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A crowd fills a short queue, and then an honest client waits a second for its second SYN. */
#define LISTEN_BACKLOG 1024

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static int
open_socket(int family)
{
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* "127.0.0.1:8053", "[::1]:0". */
static bool
read_address(const char *text, struct listen *out, union address *address, socklen_t *size)
{
	const char *colon = strrchr(text, ':');
	struct span host = { text, colon ? (size_t)(colon - text) : 0 };
	struct scan scan;
	unsigned port;
	char bare[LISTEN_HOST];

	if (!colon || !span_copy(host, out->host, sizeof(out->host)))
		return false;
	scan = scan_over(span_of(colon + 1));
	port = (unsigned)scan_number(&scan, 65535);
	if (!scan_done(&scan))
		return false;
	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
		span_copy((struct span){ host.at + 1, host.len - 2 }, bare, sizeof(bare));
		address->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
						     .sin6_port = htons((uint16_t)port) };
		*size = sizeof(address->v6);
		out->loopback = strcmp(bare, "::1") == 0;
		return inet_pton(AF_INET6, bare, &address->v6.sin6_addr) == 1;
	}
	address->v4 =
		(struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	*size = sizeof(address->v4);
	if (inet_pton(AF_INET, out->host, &address->v4.sin_addr) != 1)
		return false;
	out->loopback = ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
	return true;
}

static bool
open_tcp(const char *text, struct listen *out, struct err *err)
{
	union address address = { 0 };
	socklen_t size = 0;
	int on = 1;

	if (!read_address(text, out, &address, &size))
		return err_set(err, ERR_INPUT,
			       "'%s' is no address such as 127.0.0.1:8053 or [::1]:8053", text);
	out->fd = inherited_socket(&address.any);
	if (out->fd >= 0) {
		out->port = ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
								    : address.v4.sin_port);
		return true;
	}
	out->fd = open_socket(address.any.sa_family);
	if (out->fd < 0)
		return err_set(err, ERR_SYSTEM, "socket: %s", strerror(errno));
	setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address.any.sa_family == AF_INET6)
		setsockopt(out->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(out->fd, &address.any, size) < 0 || listen(out->fd, LISTEN_BACKLOG) < 0 ||
	    getsockname(out->fd, &address.any, &size) < 0)
		return err_set(err, errno == EADDRINUSE ? ERR_BUSY : ERR_SYSTEM, "%s",
			       strerror(errno));
	out->port = ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
							    : address.v4.sin_port);
	return true;
}

/* Makes room for the socket: true when nothing is there, or only what a dead process left. */
static bool
clear_path(const struct sockaddr_un *local, struct err *err)
{
	struct stat about;
	int fd, failed;

	if (lstat(local->sun_path, &about) < 0)
		return true;
	if (!S_ISSOCK(about.st_mode))
		return err_set(err, ERR_INPUT, "something that is not a socket is there");
	fd = open_socket(AF_UNIX);
	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "socket: %s", strerror(errno));
	failed = connect(fd, (const struct sockaddr *)local, sizeof(*local)) < 0 ? errno : 0;
	close(fd);
	if (failed != ECONNREFUSED)
		return err_set(err, ERR_BUSY, "another process listens there");
	if (unlink(local->sun_path) < 0)
		return err_set(err, ERR_SYSTEM, "the old socket cannot be removed: %s",
			       strerror(errno));
	return true;
}

static bool
open_local(const char *path, unsigned mode, struct listen *out, struct err *err)
{
	union address address = { .local.sun_family = AF_UNIX };
	mode_t mask;
	int bound;

	if (path[0] != '/' ||
	    !span_copy(span_of(path), address.local.sun_path, sizeof(address.local.sun_path)))
		return err_set(err, ERR_INPUT, "wanted an absolute path of at most %zu bytes",
			       sizeof(address.local.sun_path) - 1);
	out->fd = inherited_socket(&address.any); /* its file is the service manager's */
	if (out->fd >= 0)
		return true;
	if (!clear_path(&address.local, err))
		return false;
	out->fd = open_socket(AF_UNIX);
	if (out->fd < 0)
		return err_set(err, ERR_SYSTEM, "socket: %s", strerror(errno));
	mask = umask(~(mode ? mode : 0660U) & 0777); /* from its first moment */
	bound = bind(out->fd, &address.any, sizeof(address.local));
	umask(mask);
	if (bound < 0 || listen(out->fd, LISTEN_BACKLOG) < 0)
		return err_set(err, ERR_SYSTEM, "%s", strerror(errno));
	span_copy(span_of(path), out->path, sizeof(out->path));
	return true;
}

bool
listen_open(const struct web_listen *wanted, struct listen *out, struct err *err)
{
	bool good;

	*out = (struct listen){ .fd = -1, .local = wanted->unix_socket, .tls = wanted->tls };
	good = wanted->unix_socket ? open_local(wanted->text, wanted->mode, out, err)
				   : open_tcp(wanted->text, out, err);
	if (good)
		return true;
	if (out->fd >= 0)
		close(out->fd);
	out->fd = -1;
	return err_while(err, "listen on %s", wanted->text);
}

void
listen_forget(const struct listen *listen)
{
	if (listen->path[0])
		unlink(listen->path);
}
