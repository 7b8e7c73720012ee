/*
 * mxsplitctl explain: how lines of a log are read, which fields are believed, and why they count
 * as what they count. Several lines share one reader, so that what they say together shows.
 */
#ifndef CTL_EXPLAIN_H
#define CTL_EXPLAIN_H

/* argv[0] is "explain". Returns an exit code of sysexits.h. */
int ctl_explain(int argc, char **argv);

#endif
