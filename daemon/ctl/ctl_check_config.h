/*
 * `mxsplitctl check-config FILE`: says everything that is wrong with a configuration, at once.
 */
#ifndef CTL_CTL_CHECK_CONFIG_H
#define CTL_CTL_CHECK_CONFIG_H

/*
 * argv[0] is "check-config". Quiet and EX_OK when the file is fine; otherwise one line a problem
 * on stderr, and EX_CONFIG (78), EX_NOINPUT (66: the file cannot be read) or EX_USAGE (64).
 */
int ctl_check_config(int argc, char **argv);

#endif
