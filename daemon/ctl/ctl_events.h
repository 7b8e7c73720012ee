/*
 * mxsplitctl events [--after N] [--limit N] [--json]: the journal; without --after its end.
 */
#ifndef CTL_CTL_EVENTS_H
#define CTL_CTL_EVENTS_H

/* argv[0] is the command. Returns an exit code of sysexits.h. */
int ctl_events(int argc, char **argv);

#endif
