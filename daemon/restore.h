/*
 * mxsplitctl restore: the normal set back into the zone when no daemon can do it: by the database,
 * or by the configuration alone. The dead man's rope (contrib) calls it too.
 */
#ifndef RESTORE_H
#define RESTORE_H

/* restore DOMAIN --offline [options]; a sysexits code. */
int restore(int argc, char **argv);

#endif
