/*
 * `mxsplitctl counts --db FILE DOMAIN [--from TIME] [--to TIME]`: bounces by the minute, as CSV for
 * `mxsplitctl backtest --period 60`. Of logs that were imported, or of a daemon's own database.
 *
 * A minute without events is 0 when the domain had some within the quarter of an hour before it;
 * after a longer silence minutes are left out, since nobody knows. Counts that are kept by the hour
 * are left out, too.
 */
#ifndef COUNTS_H
#define COUNTS_H

int counts(int argc, char **argv);

#endif
