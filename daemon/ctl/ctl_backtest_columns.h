/*
 * The columns of a backtest's CSV: time, count, and what else is known of the bounces, by name:
 * unknown_users or unknown_share (of the count), tagged, probes, with_client (without it: all),
 * new_clients, asked, sent. Others are left alone; an empty cell is not known.
 */
#ifndef CTL_CTL_BACKTEST_COLUMNS_H
#define CTL_CTL_BACKTEST_COLUMNS_H

#include "daemon/base/scan.h"
#include "daemon/core/evidence.h"

#define CTL_BACKTEST_COLUMNS 64

struct ctl_backtest_columns {
	unsigned time, count, last; /* places, from 0; none that is used is behind `last` */
	uint8_t row[CTL_BACKTEST_COLUMNS];
};

/* The names in a header line. */
void ctl_backtest_columns_name(struct ctl_backtest_columns *names, struct span line);

/* The next cell of a line, and the line after it. */
struct span ctl_backtest_columns_cut(struct span *line);

/* Digits, and a fraction when there is one; false when it is none, or above `most`. */
bool ctl_backtest_columns_decimal(struct span text, uint64_t most, uint64_t *whole_out,
				  double *value_out);

/* What the cells of a line say beside the count. */
void ctl_backtest_columns_take(const struct ctl_backtest_columns *names,
			       const struct span cells[CTL_BACKTEST_COLUMNS], double count,
			       struct evidence *out);

#endif
