/*
 * `mxsplitctl check-config`: what ctl_check_config says, and of a good configuration the keys that
 * are for an algorithm that is out of date.
 */
#ifndef CHECK_CONFIG_H
#define CHECK_CONFIG_H

/* The exit code is that of ctl_check_config: a warning changes nothing about it. */
int check_config(int argc, char **argv);

#endif
