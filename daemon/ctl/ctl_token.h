/*
 * mxsplitctl token add NAME --role read|operate|push --file FILE: makes a token, prints it once
 * and appends its hash to the file, which is made with mode 0600.
 */
#ifndef CTL_CTL_TOKEN_H
#define CTL_CTL_TOKEN_H

/* argv[0] is the command. Returns an exit code of sysexits.h. */
int ctl_token(int argc, char **argv);

#endif
