#include "daemon/core/reader.h"

#include "daemon/core/hash.h"
#include "daemon/core/open_rows.h"
#include "daemon/core/twice.h"

#include <stdlib.h>

#define TAIL_VERSION 5
#define LAST_CLIENT 64

/* What the last line of a host said, for "last message repeated N times". Plain memory. */
struct last {
	uint32_t host_key, valid, kind;
	uint32_t twice;	   /* it may be written twice */
	uint32_t process;  /* by this one (twice.h) */
	uint32_t pressure; /* it was a refusal because the MTA is at a limit: two events */
	uint32_t unknown_user, domain_len, client_len, status_len;
	char domain[CLASSIFY_DOMAIN];
	char client[LAST_CLIENT];
	char status[16];
};

/* The row of the reader itself. */
struct tail {
	uint32_t version;
	int32_t year;
	uint32_t last_month, torn; /* multilog's: envelope.h */
	int64_t last_instant; /* of a stamp without a zone: parts the passes of a repeated hour */
	struct last last;
};

struct reader {
	struct reader_options options;
	struct envelope_memory memory;
	struct classify *classify;
	struct reader_stats stats;
	struct reader_view view;
	struct last last;
	struct twice twice;
	bool twice_changed;
	bool own_log;  /* the line before was of Exim's own log, where texts have several lines */
	bool unsorted; /* rows were restored and not yet put in order */
	/* of the call that is running */
	reader_sink *sink;
	void *ctx;
};

struct reader *
reader_new(const struct reader_options *options)
{
	struct classify_options joins = { .at_once = options->at_once,
					  .senders = options->at_once,
					  .max_open = options->max_open };
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	span_copy_lower(span_of(options->default_domain), joins.default_domain, CLASSIFY_DOMAIN);
	reader->options = *options;
	reader->memory = envelope_memory(options->year, options->reference);
	reader->memory.stamp.zone = options->zone;
	reader->twice = twice_new();
	reader->classify = classify_new(&joins);
	if (reader->classify)
		return reader;
	free(reader);
	return NULL;
}

void
reader_free(struct reader *reader)
{
	if (!reader)
		return;
	classify_free(reader->classify);
	free(reader);
}

void
reader_reference(struct reader *reader, int64_t now)
{
	stamp_reference(&reader->memory.stamp, now);
}

/* A line that syslogd may shorten to "last message repeated": refusals and limits. */
static bool
may_repeat(enum event_kind kind)
{
	return event_loads(kind) ? kind != EVENT_BOUNCE_ACCEPTED
				 : kind == EVENT_MAIL_REFUSED || kind == EVENT_MAIL_DEFERRED ||
					   kind == EVENT_PRESSURE;
}

static uint32_t
keep(struct span span, char *out, size_t room)
{
	if (span.len == 0 || span.len > room)
		return 0;
	hash_copy(out, span.at, span.len);
	return (uint32_t)span.len;
}

static uint32_t
process_of(const struct envelope *envelope)
{
	return envelope->host_key ^ envelope->pid;
}

static __attribute__((noinline)) void
keep_last(struct reader *reader, const struct event *event)
{
	struct last *last = &reader->last;

	last->valid = true;
	last->pressure = false;
	last->host_key = reader->view.envelope.host_key;
	last->kind = event->kind;
	last->unknown_user = event->unknown_user;
	last->twice = reader->view.record.twice == TWICE_MAYBE;
	last->process = process_of(&reader->view.envelope);
	last->domain_len = keep(event->domain, last->domain, sizeof(last->domain));
	last->client_len = keep(event->client, last->client, sizeof(last->client));
	last->status_len = keep(event->status, last->status, sizeof(last->status));
}

static void
pass_on(void *ctx, const struct event *event)
{
	struct reader *reader = ctx;

	if (event->kind == EVENT_PRESSURE && reader->view.record.kind == RECORD_REFUSED)
		reader->last.pressure = reader->last.valid;
	else if (may_repeat(event->kind) && !event->moved)
		keep_last(reader, event);
	if (event->kind == EVENT_GAP)
		reader->stats.gaps++;
	reader->sink(reader->ctx, event);
}

/* "last message repeated N times": what this host said last happened N times more. */
static __attribute__((noinline)) void
repeat_last(struct reader *reader, const struct envelope *envelope)
{
	const struct last *last = &reader->last;
	struct event event = { .time_us = envelope->time_us, .count = envelope->repeat };

	reader->view.record = (struct record){ .why = "repeats a line that counted nothing" };
	if (!last->valid || last->host_key != envelope->host_key || envelope->repeat == 0) {
		reader->stats.other++;
		return;
	}
	reader->view.record.why = "repeats the refusal before it";
	if (last->twice) {
		event.count = twice_again(&reader->twice, last->process, envelope->repeat);
		reader->twice_changed = true;
	}
	if (event.count == 0) {
		reader->stats.other++;
		return;
	}
	event.kind = (enum event_kind)last->kind;
	event.unknown_user = last->unknown_user;
	event.domain = (struct span){ last->domain, last->domain_len };
	event.client = (struct span){ last->client, last->client_len };
	event.status = (struct span){ last->status, last->status_len };
	reader->sink(reader->ctx, &event);
	if (!last->pressure)
		return;
	event.kind = EVENT_PRESSURE;
	reader->sink(reader->ctx, &event);
}

/* How many refusals this line is, when each may be written twice. */
static __attribute__((noinline)) void
count_copies(struct reader *reader)
{
	struct envelope *envelope = &reader->view.envelope;
	struct record *record = &reader->view.record;

	reader->twice_changed = true;
	if (record->twice == TWICE_APART) {
		twice_apart(&reader->twice, process_of(envelope));
		return;
	}
	envelope->repeat = twice_refusal(&reader->twice, process_of(envelope), envelope->message,
					 envelope->repeat);
	if (envelope->repeat == 0) {
		record->kind = RECORD_OTHER;
		record->why = "the second copy of a refusal, for the rejectlog";
	}
}

static void
read_message(struct reader *reader)
{
	const struct envelope *envelope = &reader->view.envelope;
	struct record *record = &reader->view.record;

	if (reader->last.valid && reader->last.host_key == envelope->host_key)
		reader->last.valid = false;
	reader->stats.of_format[format_read(reader->options.format, envelope, record)]++;
	if (record->twice != TWICE_NO && envelope->repeat)
		count_copies(reader);
	if (record->kind > RECORD_BROKEN && envelope->repeat)
		reader->view.joined =
			classify_record(reader->classify, envelope, record, pass_on, reader);
	else if (record->kind == RECORD_BROKEN && envelope->repeat)
		reader->stats.broken++;
	else
		reader->stats.other++;
}

/* Holes of a crash or of copytruncate are NULs before the line; a CR may stand behind it. */
static __attribute__((noinline)) struct span
strip_more(struct span line)
{
	while (line.len && *line.at == '\0')
		line = span_after(line, 1);
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static inline struct span
strip(struct span line)
{
	return line.len && (line.at[0] == '\0' || line.at[line.len - 1] == '\r') ? strip_more(line)
										 : line;
}

static void
begin(struct reader *reader, reader_sink *sink, void *ctx)
{
	reader->sink = sink;
	reader->ctx = ctx;
	if (reader->unsorted)
		open_ids_sort(classify_open_ids(reader->classify));
	reader->unsorted = false;
}

static void
read_enveloped(struct reader *reader)
{
	struct reader_view *view = &reader->view;

	view->readable = true;
	reader->own_log = view->envelope.shape == ENVELOPE_EXIM;
	reader->stats.last_us = view->envelope.time_us;
	if (!reader->stats.first_us)
		reader->stats.first_us = view->envelope.time_us;
	if (view->envelope.repeats_last)
		repeat_last(reader, &view->envelope);
	else
		read_message(reader);
}

static inline void
read_line(struct reader *reader, struct span line)
{
	reader->stats.lines++;
	reader->view.joined = NULL;
	reader->view.readable = false;
	line = strip(line);
	if (line.len == 0)
		reader->stats.other++;
	else if (envelope_read(&reader->memory, line, &reader->view.envelope))
		read_enveloped(reader);
	else { /* what is repeated after it is not what was said before it */
		reader->last.valid = false;
		++*(reader->own_log ? &reader->stats.other : &reader->stats.broken);
	}
}

void
reader_lines(struct reader *reader, const struct span *lines, size_t count, reader_sink *sink,
	     void *ctx)
{
	begin(reader, sink, ctx);
	for (size_t i = 0; i < count; i++)
		read_line(reader, lines[i]);
}

void
reader_entry(struct reader *reader, const struct reader_entry *entry, reader_sink *sink, void *ctx)
{
	begin(reader, sink, ctx);
	reader->stats.lines++;
	reader->view.joined = NULL;
	envelope_of(&reader->memory, entry->time_us, entry->host, entry->program, entry->pid,
		    strip(entry->message), &reader->view.envelope);
	read_enveloped(reader);
}

void
reader_gap(struct reader *reader)
{
	reader->last.valid = false;
}

void
reader_too_long(struct reader *reader)
{
	reader->last.valid = false;
	reader->stats.lines++;
	reader->stats.broken++;
}

void
reader_end(struct reader *reader, reader_sink *sink, void *ctx)
{
	reader->sink = sink;
	reader->ctx = ctx;
	classify_end(reader->classify, pass_on, reader);
}

const struct reader_stats *
reader_stats(struct reader *reader)
{
	reader->stats.open = open_ids_count(classify_open_ids(reader->classify));
	reader->stats.dropped = classify_dropped(reader->classify);
	return &reader->stats;
}

void
reader_formats(const struct reader *reader, struct text *text)
{
	const char *comma = "";

	for (int format = FORMAT_AUTO + 1; format < FORMATS; format++) {
		if (!reader->stats.of_format[format])
			continue;
		text_add(text, "%s%s", comma, format_name((enum format)format));
		comma = ", ";
	}
}

const struct reader_view *
reader_view(const struct reader *reader)
{
	return &reader->view;
}

void
reader_changes(const struct reader *reader, reader_row *row, void *ctx)
{
	struct tail tail;

	open_rows_changes(classify_open_ids(reader->classify), row, ctx);
	memset(&tail, 0, sizeof(tail));
	tail.version = TAIL_VERSION;
	tail.year = reader->memory.stamp.year;
	tail.last_month = reader->memory.stamp.last_month;
	tail.torn = reader->memory.multilog.torn;
	tail.last_instant = reader->memory.stamp.last;
	tail.last = reader->last;
	row(ctx, SPAN("t"), (struct span){ (const char *)&tail, sizeof(tail) });
	if (reader->twice_changed)
		row(ctx, SPAN("2"),
		    (struct span){ (const char *)&reader->twice, sizeof(reader->twice) });
}

void
reader_saved(struct reader *reader)
{
	open_rows_saved(classify_open_ids(reader->classify));
	reader->twice_changed = false;
}

static bool
restore_tail(struct reader *reader, struct span value)
{
	struct tail tail;

	if (value.len != sizeof(tail))
		return false;
	memcpy(&tail, value.at, sizeof(tail));
	if (tail.version != TAIL_VERSION || tail.last.kind >= EVENT_KINDS ||
	    tail.last.domain_len > sizeof(tail.last.domain) ||
	    tail.last.client_len > sizeof(tail.last.client) ||
	    tail.last.status_len > sizeof(tail.last.status))
		return false;
	reader->last = tail.last;
	reader->memory.multilog.torn = tail.torn != 0;
	reader->memory.stamp.last = tail.last_instant;
	if (reader->options.year) {
		reader->memory.stamp.year = tail.year;
		reader->memory.stamp.last_month = tail.last_month;
	}
	return true;
}

bool
reader_restore(struct reader *reader, struct span key, struct span value)
{
	if (span_equal(key, SPAN("t")))
		return restore_tail(reader, value);
	if (span_equal(key, SPAN("2"))) {
		if (value.len != sizeof(reader->twice))
			return false;
		memcpy(&reader->twice, value.at, sizeof(reader->twice));
		return true;
	}
	reader->unsorted = true;
	return open_rows_restore(classify_open_ids(reader->classify), key, value);
}
