/*
 * One reading of a group of counters: what was read, and in a sentence what was not. Readings are
 * made on a worker thread and handed to the loop as values.
 */
#ifndef COUNTERS_POLL_H
#define COUNTERS_POLL_H

#include "daemon/base/text.h"
#include "daemon/core/board.h"

#define POLL_READINGS 48
#define POLL_NOTE 256

struct poll_reading {
	char name[BOARD_NAME];
	struct counter_sample sample; /* without its time */
};

struct poll_result {
	unsigned count;
	struct poll_reading list[POLL_READINGS];
	char note[POLL_NOTE]; /* the first thing that was not as wanted, or "" */
};

/* Adds a reading; the samples' time is the reader's affair. */
void poll_add(struct poll_result *result, const char *name, const struct counter_sample *sample);

/* Adds a gauge. */
void poll_level(struct poll_result *result, const char *name, double level);

/* Notes what was not as wanted; only the first is kept. */
void poll_note(struct poll_result *result, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/* "12", "-3", "0.25", blanks around it: a whole text that is a decimal number, in every locale. */
bool poll_decimal(struct span text, double *out);

#endif
