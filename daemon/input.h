/*
 * One source at work: the followed log, its reader, and the counts since the last commit.
 */
#ifndef INPUT_H
#define INPUT_H

#include "daemon/conf/config.h"
#include "daemon/core/delay.h"
#include "daemon/core/reader.h"
#include "daemon/core/snapshot.h"
#include "daemon/core/tally.h"
#include "daemon/core/witness.h"
#include "daemon/source/feed.h"
#include "daemon/store/store.h"

enum input_told { /* what people were told of a source last */
		  INPUT_TOLD_NOTHING,
		  INPUT_TOLD_HEARD,
		  INPUT_TOLD_SILENT,
		  INPUT_TOLD_LATE,
		  INPUT_TOLD_ERROR,
};

struct input {
	void (*mail)(void *ctx, const struct event *event); /* is told of accepted mail; or NULL */
	void *mail_ctx;
	const struct config_source *config;
	const struct config *all;
	struct delay delay; /* of the mail that it told of */
	struct tz zone;	    /* of its stamps; the reader borrows it */
	struct feed *feed;
	struct reader *reader;
	struct tally *tally;	 /* what the store does not have yet */
	struct witness *witness; /* of the same events; NULL: nobody asks */
	int64_t opened;		 /* seconds; over reloads */
	int64_t last_line;  /* seconds, wall clock: when the last line that was fresh came; 0: none
			     */
	int64_t late_since; /* seconds: since then no line was fresh; 0: the last one was */
	int64_t fresh_from; /* microseconds; younger lines are evidence, older ones history */
	bool more;	    /* the way in has more at once, or was not asked yet in this pass */
	uint64_t heard;	    /* lines, when all that there were had been read */
	bool dirty;	    /* something was read that the store does not have yet */
	bool late;	    /* lines come, but what they tell is always history */
	enum input_told told;
	unsigned told_formats;	 /* bits 1 << enum format */
	uint64_t told_forgotten; /* queue ids */
	uint64_t events;	 /* that its lines were, gaps and limits left out */
	bool told_strange;	 /* what input_strange says */
	bool told_uncounted;	 /* what tally_lost says */
	int64_t last_gap;	 /* seconds; 0: none was seen */
	bool lost;		 /* the log itself, or its way in, said that lines were lost */
	uint64_t gaps;		 /* that its way in has told */
	char lost_why[SNAPSHOT_TEXT];
	char error[SNAPSHOT_TEXT];
};

/* Goes on where the store says that this source was. */
MUST_USE struct input *input_open(const struct config_source *config, struct store *store,
				  uv_loop_t *loop, int64_t now, struct err *err);

/* A reload: takes over from the input of the same name what is nowhere but in the process. */
void input_inherit(struct input *input, struct input *old);
void input_free(struct input *input);

/*
 * Reads what there is, at most a slice, about a millisecond; `more` says whether that was all.
 * Nothing when too much of what was read waits for the store.
 */
void input_read(struct input *input, int64_t now, int64_t stale_after);

/* Puts counts, cursor and open queue ids into the open transaction; input_saved after its commit.
 */
MUST_USE bool input_save(struct input *input, struct store *store, struct err *err);
void input_saved(struct input *input);

/* What was counted was taken in by every domain, stored or not. */
void input_taken(struct input *input);

/* No line for `silent_after` seconds: its silence says nothing about bounces. */
bool input_silent(const struct input *input, int64_t now, int64_t silent_after);

/* What is to be told of it now. One that has just begun has its time to say something. */
enum input_told input_tell(const struct input *input, int64_t now, int64_t silent_after);

/* The format that was chosen; with "auto" also those that were found. */
void input_formats(const struct input *input, struct text *text);

/* Why it may be the wrong log: it has brought many lines, and no event yet. */
void input_strange(const struct input *input, struct text *text);

void input_show(const struct input *input, int64_t now, int64_t silent_after,
		struct snapshot_source *out);

#endif
