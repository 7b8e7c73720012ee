/*
 * mxsplitctl explain-surge DOMAIN: the numbers over time around a surge, and what was made of them.
 */
#ifndef CTL_CTL_EXPLAIN_SURGE_H
#define CTL_CTL_EXPLAIN_SURGE_H

/* argv[0] is the command. Returns an exit code of sysexits.h. */
int ctl_explain_surge(int argc, char **argv);

#endif
