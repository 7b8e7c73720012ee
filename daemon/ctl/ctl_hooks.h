/*
 * mxsplitctl hooks [test NAME | resend NAME]: who is told, what could not be, a test.
 */
#ifndef CTL_CTL_HOOKS_H
#define CTL_CTL_HOOKS_H

#include <jansson.h>

/* argv[0] is the command. Returns an exit code of sysexits.h. */
int ctl_hooks(int argc, char **argv);

/* What status says of them: nothing, unless people are not told. */
void ctl_hooks_line(const json_t *hooks);

#endif
