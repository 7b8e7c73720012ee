/*
 * mxsplitctl totals: what the database counted.
 */
#ifndef TOTALS_H
#define TOTALS_H

/* totals --db FILE [--from TIME] [--to TIME]; a sysexits code. */
int totals(int argc, char **argv);

#endif
