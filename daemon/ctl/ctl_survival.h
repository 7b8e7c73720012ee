/*
 * `mxsplitctl survival DOMAIN`: what share of regular correspondents still holds the full MX set
 * so many hours after a split, and where each number comes from.
 */
#ifndef CTL_CTL_SURVIVAL_H
#define CTL_CTL_SURVIVAL_H

#include <jansson.h>

int ctl_survival(int argc, char **argv);

/* One sentence of it, for the status of a domain; nothing when too little is known. */
void ctl_survival_line(const json_t *survival);

#endif
