/*
 * mxsplitctl watch [DOMAIN]: the state of every domain, over and over: on a terminal the whole
 * screen of it, else one status after the other.
 */
#ifndef CTL_CTL_WATCH_H
#define CTL_CTL_WATCH_H

/* argv[0] is the command. Returns an exit code of sysexits.h; ended by a signal, it dies of it. */
int ctl_watch(int argc, char **argv);

#endif
