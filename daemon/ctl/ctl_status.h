/*
 * mxsplitctl status [DOMAIN] [--json]: the state of every domain, or all about one.
 */
#ifndef CTL_CTL_STATUS_H
#define CTL_CTL_STATUS_H

#include "daemon/ctl/client.h"

/* Asks the daemon and prints; NULL: all domains. Returns an exit code. */
int ctl_status_print(const struct client *client, const char *domain);

/* argv[0] is the command. Returns an exit code of sysexits.h. */
int ctl_status(int argc, char **argv);

#endif
