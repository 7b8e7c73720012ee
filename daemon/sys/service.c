#include "daemon/sys/service.h"

#include "daemon/base/text.h"
#include "daemon/sys/clock.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STATUS 512 /* bytes of the line for people */

static char said[STATUS];

/* False where nobody listens. A name that begins with @ is of the abstract kind. */
static bool
address(struct sockaddr_un *to, socklen_t *length)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t size = path ? strlen(path) : 0;

	if (size < 2 || size >= sizeof(to->sun_path) || (*path != '/' && *path != '@'))
		return false;
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(to->sun_path, path, size);
	if (*path == '@')
		to->sun_path[0] = '\0';
	*length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	return true;
}

static void
tell(const char *message)
{
	struct sockaddr_un to;
	socklen_t length;
	int fd;

	if (!address(&to, &length))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	while (sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&to, length) <
		       0 &&
	       errno == EINTR)
		;
	close(fd);
}

/* The status goes into a line of its own: it must not hold another. */
static void
add_status(struct text *message, const char *status)
{
	struct text kept = TEXT(said);

	text_add_scrubbed(&kept, span_of(status));
	text_add(message, "STATUS=%s", said);
}

void
service_ready(const char *status)
{
	char bytes[STATUS + 32];
	struct text message = TEXT(bytes);

	text_add(&message, "READY=1\n");
	add_status(&message, status);
	tell(bytes);
}

void
service_reloading(void)
{
	tell("RELOADING=1");
}

void
service_stopping(void)
{
	tell("STOPPING=1");
}

void
service_status(const char *status)
{
	char bytes[STATUS + 32];
	struct text message = TEXT(bytes);

	if (strcmp(status, said) == 0)
		return;
	add_status(&message, status);
	tell(bytes);
}

/* Microseconds between two feedings; 0: nobody watches this process. */
static int64_t
interval(void)
{
	static int64_t every = -1;
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (every < 0) {
		every = usec ? strtoll(usec, NULL, 10) / 4 : 0;
		if (every < 0 || (pid && strtoll(pid, NULL, 10) != getpid()))
			every = 0;
	}
	return every;
}

void
service_alive(void)
{
	static int64_t fed;
	int64_t now = clock_steady_us();

	if (interval() == 0 || (fed && now - fed < interval()))
		return;
	fed = now;
	tell("WATCHDOG=1");
}
