#include "daemon/input.h"

#include "daemon/base/when.h"
#include "daemon/delays.h"
#include "daemon/sys/tz_load.h"

#include <inttypes.h>
#include <stdlib.h>

#define SLICE ((size_t)240 << 10) /* bytes; a little less than what a follower reads at once */

#define STRANGE_LINES 10000
#define WAITING 250000 /* counts that the store has not taken; 16 MB, days of an ordinary log */

struct restoring {
	struct reader *reader;
	unsigned refused;
};

static void
restore_row(void *ctx, struct span key, struct span value)
{
	struct restoring *restoring = ctx;

	if (!reader_restore(restoring->reader, key, value))
		restoring->refused++;
}

static bool
open_at_cursor(struct input *input, struct store *store, uv_loop_t *loop, struct err *err)
{
	struct restoring restoring = { .reader = input->reader };
	char cursor[FEED_CURSOR];
	size_t length = 0;

	if (!store_cursors_get(store, input->config->name, cursor, sizeof(cursor), &length, err))
		return false;
	if (!store_cursors_each_open(store, input->config->name, restore_row, &restoring, err))
		return false;
	input->feed = feed_open(input->config, loop, (struct span){ cursor, length }, err);
	return input->feed != NULL;
}

struct input *
input_open(const struct config_source *config, struct store *store, uv_loop_t *loop, int64_t now,
	   struct err *err)
{
	struct reader_options options = { .format = config->format,
					  .reference = now,
					  .at_once = true };
	struct input *input = calloc(1, sizeof(*input));

	if (!input) {
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	input->config = config;
	input->opened = now;
	span_copy_lower(span_of(config->default_domain), options.default_domain,
			sizeof(options.default_domain));
	options.zone = &input->zone;
	if (!tz_load(config->zone, &input->zone, err))
		goto out;
	input->reader = reader_new(&options);
	input->tally = tally_new(0);
	if (!input->reader || !input->tally)
		err_set(err, ERR_SYSTEM, "out of memory");
	else if (open_at_cursor(input, store, loop, err))
		return input;
out:
	err_while(err, "source %s", config->name);
	input_free(input);
	return NULL;
}

void
input_inherit(struct input *input, struct input *old)
{
	struct feed *feed = input->feed;

	input->opened = old->opened;
	input->delay = old->delay;
	input->last_line = old->last_line;
	input->late_since = old->late_since;
	input->late = old->late;
	input->told = old->told;
	input->gaps = old->gaps;
	input->last_gap = old->last_gap;
	input->told_strange = old->told_strange && old->config->format == input->config->format;
	if (old->config->format == input->config->format &&
	    strcmp(old->config->path, input->config->path) == 0)
		input->told_formats = old->told_formats;
	if (!feed_same(old->feed, old->config, input->config))
		return;
	input->feed = old->feed;
	old->feed = feed;
}

void
input_free(struct input *input)
{
	if (!input)
		return;
	feed_free(input->feed);
	reader_free(input->reader);
	tally_free(input->tally);
	witness_free(input->witness);
	free(input);
}

/*
 * Of several losses in one pass each is told, the newest first. What is the same up to its colon is
 * one loss that goes on.
 */
static void
lose(struct input *input, const char *why)
{
	struct text text;
	char before[SNAPSHOT_TEXT];

	span_copy(span_of(input->lost ? input->lost_why : ""), before, sizeof(before));
	text = TEXT(input->lost_why);
	text_add(&text, "%s", why);
	if (before[0] && strncmp(before, why, strcspn(why, ":")) != 0)
		text_add(&text, "; and before, %s", before);
	input->lost = true;
}

static void
take_event(void *ctx, const struct event *event)
{
	struct input *input = ctx;

	input->events += event->kind != EVENT_GAP && event->kind != EVENT_PRESSURE;
	tally_add(input->tally, event, input->fresh_from);
	delays_take(input, event);
	if (event->kind == EVENT_MAIL_ACCEPTED && input->mail)
		input->mail(input->mail_ctx, event);
	if (input->witness)
		witness_take(input->witness, event, input->fresh_from);
	if (event->kind == EVENT_GAP && event->time_us >= input->fresh_from)
		lose(input, "the log says that lines were lost");
}

static void
take_line(void *ctx, struct span line)
{
	struct input *input = ctx;

	reader_line(input->reader, line, take_event, input);
	input->dirty = true;
}

static void
take_entry(void *ctx, const struct reader_entry *entry)
{
	struct input *input = ctx;

	reader_entry(input->reader, entry, take_event, input);
	input->dirty = true;
}

static void
take_too_long(void *ctx)
{
	struct input *input = ctx;

	reader_too_long(input->reader);
	input->dirty = true;
}

static void
take_gap(void *ctx, const char *why)
{
	struct input *input = ctx;

	input->gaps++;
	input->dirty = true;
	reader_gap(input->reader);
	lose(input, why);
}

/*
 * Lines came. Those that are history say nothing of now. When they go on to come so late although
 * there is no backlog, a zone or a clock is wrong.
 */
static void
hear(struct input *input, int64_t now, int64_t stale_after)
{
	if (reader_stats(input->reader)->last_us >= input->fresh_from) {
		input->last_line = now;
		input->late_since = 0;
	} else if (!input->more && !input->late_since) {
		input->late_since = now;
	}
	input->late = input->late_since && !input->more && now - input->late_since > stale_after;
}

void
input_read(struct input *input, int64_t now, int64_t stale_after)
{
	struct feed_sink sink = { .ctx = input,
				  .line = take_line,
				  .entry = take_entry,
				  .too_long = take_too_long,
				  .gap = take_gap };
	uint64_t lines;
	struct err err = { 0 };
	enum feed_status status;

	if (tally_cells(input->tally) >= WAITING) {
		input->more = false;
		span_copy(SPAN("too many counts wait for the store: what comes waits, too"),
			  input->error, sizeof(input->error));
		return;
	}
	reader_reference(input->reader, now);
	input->fresh_from = (now - stale_after) * WHEN_SECOND_US;
	status = input->feed->ops->read(input->feed, SLICE, &sink, &err);
	input->more = status == FEED_MORE;
	input->dirty = input->dirty || input->feed->moved;
	lines = reader_stats(input->reader)->lines;
	if (lines != input->heard)
		hear(input, now, stale_after);
	if (!input->more)
		input->heard = lines;
	if (status == FEED_ERROR)
		span_copy(span_of(err.text), input->error, sizeof(input->error));
	else
		input->error[0] = '\0';
}

struct saving {
	struct input *input;
	struct store *store;
	struct err *err;
	bool ok;
};

static void
save_cell(void *ctx, int64_t minute, struct span domain, enum event_kind kind, int64_t delta)
{
	struct saving *saving = ctx;

	saving->ok = saving->ok && store_counts_add(saving->store, saving->input->config->name,
						    domain, kind, minute, delta, saving->err);
}

static void
save_row(void *ctx, struct span key, struct span value)
{
	struct saving *saving = ctx;

	saving->ok =
		saving->ok && store_cursors_put_open(saving->store, saving->input->config->name,
						     key, value, saving->err);
}

bool
input_save(struct input *input, struct store *store, struct err *err)
{
	struct saving saving = { .input = input, .store = store, .err = err, .ok = true };
	char cursor[FEED_CURSOR];
	size_t length = feed_cursor(input->feed, cursor);

	tally_each(input->tally, save_cell, &saving);
	reader_changes(input->reader, save_row, &saving);
	return saving.ok &&
	       (length == 0 || store_cursors_put(store, input->config->name,
						 (struct span){ cursor, length }, err));
}

void
input_saved(struct input *input)
{
	tally_clear(input->tally);
	reader_saved(input->reader);
	input->feed->moved = false;
	input->dirty = false;
}

void
input_taken(struct input *input)
{
	tally_taken(input->tally);
	if (input->witness)
		witness_clear(input->witness);
}

bool
input_silent(const struct input *input, int64_t now, int64_t silent_after)
{
	return input->error[0] || now - input->last_line > silent_after;
}

enum input_told
input_tell(const struct input *input, int64_t now, int64_t silent_after)
{
	bool began = now - input->opened <= silent_after;

	if (input->error[0])
		return INPUT_TOLD_ERROR;
	if (input->late)
		return INPUT_TOLD_LATE;
	if (!input_silent(input, now, silent_after))
		return INPUT_TOLD_HEARD;
	return began || input->late_since ? input->told : INPUT_TOLD_SILENT;
}

void
input_formats(const struct input *input, struct text *text)
{
	char seen[64] = "";
	struct text formats = TEXT(seen);

	reader_formats(input->reader, &formats);
	text_add(text, "%s", format_name(input->config->format));
	if (input->config->format == FORMAT_AUTO && seen[0])
		text_add(text, ": %s", seen);
}

void
input_strange(const struct input *input, struct text *text)
{
	const struct reader_stats *stats = reader_stats(input->reader);
	enum format format = input->config->format;
	uint64_t known = 0;

	if (input->events || stats->lines < STRANGE_LINES)
		return;
	for (int i = FORMAT_AUTO + 1; i < FORMATS; i++)
		known += stats->of_format[i];
	text_add(text, "of %" PRIu64 " lines (%" PRIu64 " not readable) none is %s", stats->lines,
		 stats->broken,
		 known			 ? "of a message, or of an attempt to send one"
		 : format == FORMAT_AUTO ? "of an MTA that is known"
					 : "of the MTA that format names");
}

/* By the log's own time: what is behind was written after the last line that was read. */
static int64_t
seconds_behind(uint64_t bytes, int64_t log_time, int64_t now)
{
	if (bytes == 0)
		return 0;
	return log_time == 0 ? -1 : log_time < now ? now - log_time : 0;
}

void
input_show(const struct input *input, int64_t now, int64_t silent_after,
	   struct snapshot_source *out)
{
	const struct reader_stats *stats = reader_stats(input->reader);
	struct text where = TEXT(out->path), format = TEXT(out->format), note = TEXT(out->note);

	*out = (struct snapshot_source){
		.stale = input_silent(input, now, silent_after),
		.last_line = input->last_line,
		.log_time = stats->last_us / WHEN_SECOND_US,
		.lines = stats->lines,
		.other = stats->other,
		.broken = stats->broken,
		.gaps = stats->gaps + input->gaps,
		.open_ids = stats->open,
		.forgotten = stats->dropped,
		.uncounted = tally_lost(input->tally),
		.last_gap = input->last_gap,
		.bytes_behind = input->feed->ops->behind(input->feed),
	};
	out->seconds_behind = seconds_behind(out->bytes_behind, out->log_time, now);
	span_copy(span_of(input->config->name), out->name, sizeof(out->name));
	span_copy(span_of(input->config->mta), out->mta, sizeof(out->mta));
	feed_where(input->config, &where);
	input_formats(input, &format);
	input_strange(input, &note);
	span_copy(span_of(input->error), out->error, sizeof(out->error));
}
