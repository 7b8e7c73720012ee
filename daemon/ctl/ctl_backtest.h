/*
 * `mxsplitctl backtest [--period S] [--explain] [--pure] [FILE|-]`: when the detector would have
 * said surge.
 *
 * Reads CSV, one line a tick: `epoch_seconds,count`. Lines that begin with # are skipped; a first
 * line that does not begin with a digit names the columns ("count" may stand anywhere, what else is
 * known stands in ctl_backtest_columns.h, others are left alone). Ticks that were not seen are left
 * out. Writes a line for each change of state, `epoch_seconds 1` or `epoch_seconds 0`, with the
 * time of the input line at whose end it changed; --explain adds the sentence. What a prefix of the
 * input gives is a prefix of what all of it gives.
 */
#ifndef CTL_CTL_BACKTEST_H
#define CTL_CTL_BACKTEST_H

/* argv[0] is "backtest". EX_OK, or EX_USAGE, EX_NOINPUT, EX_DATAERR (a line that cannot be read;
 * what came before it was printed), EX_IOERR. */
int ctl_backtest(int argc, char **argv);

#endif
