/*
 * The board of all counters: their last values by name, "mta1.example.jp" and "load1". A rule asks
 * it with board_value; nothing is decided here. The number of series is bounded, what did not fit
 * is counted.
 */
#ifndef CORE_BOARD_H
#define CORE_BOARD_H

#include "daemon/core/counter.h"

#define BOARD_SERIES 128
#define BOARD_A_SOURCE 32 /* series of one source */
#define BOARD_MTA 256
#define BOARD_NAME 64
#define BOARD_SOURCE 256

struct board_minute {	/* what one minute held */
	int64_t minute; /* since 1970 UTC */
	double last, least, greatest;
};

struct board_series {
	char mta[BOARD_MTA]; /* lower case, no final dot */
	char name[BOARD_NAME];
	char source[BOARD_SOURCE]; /* whose samples these are; others may not add to it */
	struct counter counter;
	enum counter_result result; /* of the last sample */
	bool known;
	double value;
	int64_t time, fresh_for; /* seconds, wall clock; an older value is stale */
	struct board_minute minute;
	bool dirty; /* the minute has what is not stored */
};

struct board {
	unsigned count;
	uint64_t refused; /* samples for which there was no room */
	struct board_series series[BOARD_SERIES];
};

struct board_origin {
	const char *mta, *source;
	double most;	   /* plausible maximum */
	int64_t fresh_for; /* seconds */
};

/* The name of a series: letters, digits, '-' and '_', no dot. */
bool board_name(struct span name);

/*
 * Adds a sample at the wall clock's `now` (seconds). The series it went to, or NULL: there is no
 * room, or the series belongs to another source.
 */
struct board_series *board_add(struct board *board, const struct board_origin *origin,
			       struct span name, const struct counter_sample *sample, int64_t now);

/* The wall clock was set by so many seconds: values are as old as before. */
void board_clock_set(struct board *board, int64_t seconds);

bool board_fresh(const struct board_series *series, int64_t now);

/*
 * The series that a rule names: "mta1.example.jp.load1", or "mta1.load1" where only one exchanger's
 * first label is mta1. NULL: none, or more than one.
 */
const struct board_series *board_find(const struct board *board, struct span key);

/* Its value, when it is known and fresh. */
bool board_value(const struct board *board, struct span key, int64_t now, double *value_out);

/* Forgets every series that `keep` does not want. */
void board_keep(struct board *board, bool (*keep)(void *ctx, const struct board_series *series),
		void *ctx);

#endif
