/*
 * mxsplitctl import: old logs into the counts of a database that no daemon has open.
 */
#ifndef IMPORT_H
#define IMPORT_H

/* import --db FILE [options] LOG...; a sysexits code. */
int import(int argc, char **argv);

#endif
