/*
 * Listening sockets that a service manager opened for this process (sd_listen_fds(3): LISTEN_PID,
 * LISTEN_FDS, descriptors from 3 on). One that is bound to what the settings name is taken instead
 * of a new one.
 */
#ifndef WEB_INHERITED_H
#define WEB_INHERITED_H

#include <sys/socket.h>

/* The one that is bound to this address, non-blocking and closed on exec from now on; -1: there is
 * none. Each is given once. */
int inherited_socket(const struct sockaddr *address);

#endif
