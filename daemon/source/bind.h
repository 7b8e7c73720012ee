/*
 * Sockets that syslog senders write to, bound and not blocking.
 */
#ifndef SOURCE_BIND_H
#define SOURCE_BIND_H

#include "daemon/base/err.h"

/* "192.0.2.53:514" or "[2001:db8::53]:514"; `type` is SOCK_DGRAM or SOCK_STREAM (listening). */
MUST_USE bool bind_address(const char *address, int type, int *fd_out, struct err *err);

/*
 * A datagram socket with mode 0660. One that a dead program left is replaced; one on which another
 * program listens is not, nor anything that is no socket.
 */
MUST_USE bool bind_path(const char *path, int *fd_out, struct err *err);

/* Asks for a receive buffer as large as the kernel gives. */
void bind_widen(int fd);

#endif
