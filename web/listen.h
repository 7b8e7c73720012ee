/*
 * Listening sockets: non-blocking, closed on exec.
 */
#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H

#include "web/web.h"

#define LISTEN_HOST 64

struct listen {
	int fd;
	bool local; /* a unix socket */
	bool tls;
	bool loopback;
	unsigned port;		/* the real one; 0 for a unix socket */
	char host[LISTEN_HOST]; /* "192.0.2.1", "[::1]"; "" for a unix socket */
	char path[sizeof(((struct web_listen *)0)->text)]; /* of a unix socket */
};

/*
 * Opens one, or takes the one that the service manager opened there. A unix socket gets mode 0660;
 * one that a dead process left is taken over, one on which somebody listens is not.
 */
MUST_USE bool listen_open(const struct web_listen *wanted, struct listen *out, struct err *err);

/* Removes a unix socket from the file system; the descriptor is the caller's. */
void listen_forget(const struct listen *listen);

#endif
