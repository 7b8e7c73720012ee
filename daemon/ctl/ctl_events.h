/*
 * mxsplitctl events [--after N] [--limit N] [--json]: the journal; without --after its end.
 */
#ifndef CTL_CTL_EVENTS_H
#define CTL_CTL_EVENTS_H

#include "daemon/ctl/client.h"

#define EVENTS_ALL 100000 /* more than a journal keeps, unless it was told to */

/* The last `limit` entries of the journal, oldest first, into a JSON array. An exit code. */
int ctl_events_last(const struct client *client, unsigned limit, json_t *list);

/* Prints the newest so many entries. An exit code. */
int ctl_events_newest(const struct client *client, unsigned limit);

/* argv[0] is the command. Returns an exit code of sysexits.h. */
int ctl_events(int argc, char **argv);

#endif
