/*
 * mxsplitctl classify: a log, or standard input, read as the daemon reads it. One JSON object an
 * event, or with --summary one for the whole.
 */
#ifndef CTL_CLASSIFY_H
#define CTL_CLASSIFY_H

/* argv[0] is "classify". Returns an exit code of sysexits.h. */
int ctl_classify(int argc, char **argv);

#endif
