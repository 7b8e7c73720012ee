/*
 * mxsplitctl split|normal|auto DOMAIN [--for 2h --reason TEXT] [--by NAME]: orders.
 */
#ifndef CTL_CTL_OVERRIDE_H
#define CTL_CTL_OVERRIDE_H

/* argv[0] is the command. Returns an exit code of sysexits.h. */
int ctl_override(int argc, char **argv);

#endif
