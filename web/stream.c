#include "web/stream.h"

#include "daemon/base/when.h"
#include "daemon/sys/clock.h"
#include "web/problem.h"
#include "web/render.h"
#include "web/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define PAGE 16		 /* journal entries at once */
#define EARLY_MS 500	 /* a snapshot is due: ticks do not come to the millisecond */
#define RETRY_SECONDS 5	 /* until a slot may be free */
#define COMES_AGAIN 2000 /* ms, after a client lost its stream */

struct stream_text {
	size_t length;
	char *at;
};

struct stream {
	struct site *site;
	struct MHD_Connection *connection;
	bool waiting; /* suspended: nothing to say */
	bool ended;
	bool greeted;
	int64_t last;		  /* id of the last entry given */
	unsigned every;		  /* seconds */
	struct stream_text *text; /* being sent */
	size_t sent;
	uint64_t moved, said,
		shown; /* ms: the client took something, was told something, a snapshot */
};

static uint64_t
now_ms(void)
{
	return (uint64_t)clock_steady_us() / 1000;
}

static void
drop(struct stream_text **text)
{
	if (*text) {
		free((*text)->at);
		free(*text);
	}
	*text = NULL;
}

/* Ends a stdio stream over memory; what was written becomes a text, or NULL. */
static struct stream_text *
text_end(FILE *out, char **at, const size_t *length)
{
	struct stream_text *text = fclose(out) == 0 ? malloc(sizeof(*text)) : NULL;

	if (text)
		*text = (struct stream_text){ .length = *length, .at = *at };
	else
		free(*at);
	return text;
}

static void
put_event(FILE *out, const char *name, json_t *document)
{
	struct reply reply = { 0 };

	render_reply(&reply, 200, "", document);
	if (reply.body)
		fprintf(out, "event: %s\ndata: %s\n\n", name, reply.body);
	free(reply.body);
}

static struct stream_text *
plain(const char *words)
{
	char *at = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&at, &length);

	if (!out)
		return NULL;
	fputs(words, out);
	return text_end(out, &at, &length);
}

/* Entries as text, at least one. NULL: no memory. */
static struct stream_text *
entries_text(const struct journal_entry *entries, unsigned count)
{
	char *at = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&at, &length);

	if (!out)
		return NULL;
	for (unsigned i = 0; i < count; i++) {
		fprintf(out, "id: %lld\n", (long long)entries[i].id);
		put_event(out, "journal", render_event(&entries[i]));
	}
	return text_end(out, &at, &length);
}

/* The next entries of the journal. When they cannot be read the stream ends, and the client comes
 * again for them. NULL: that, or only kinds came that this program does not know. */
static struct stream_text *
journal(struct stream *stream)
{
	const struct web_deps *deps = &stream->site->deps;
	struct journal_entry *entries = calloc(PAGE, sizeof(*entries));
	struct stream_text *text = NULL;
	struct err err = { 0 };
	unsigned count = 0;

	if (!entries || !deps->events(deps->ctx, stream->last, PAGE, entries, &count, &err)) {
		stream->ended = true;
	} else if (count) {
		text = entries_text(entries, count);
		stream->ended = !text;
		stream->last = entries[count - 1].id;
	} else {
		stream->last = stream->site->streams.newest;
	}
	free(entries);
	return text;
}

/* The last snapshot. */
static struct stream_text *
status(struct site *site)
{
	const struct snapshot *snapshot = site->deps.snapshot(site->deps.ctx);
	char *at = NULL;
	size_t length = 0;
	struct span text;
	FILE *out;

	if (!snapshot || !site_status(site, snapshot, clock_now_us() / WHEN_SECOND_US, &text))
		return NULL;
	out = open_memstream(&at, &length);
	if (!out)
		return NULL;
	fputs("event: status\ndata: ", out);
	fwrite(text.at, 1, text.len, out);
	fputs("\n\n", out);
	return text_end(out, &at, &length);
}

static bool
status_due(const struct stream *stream, uint64_t now)
{
	return stream->every &&
	       (!stream->shown || now - stream->shown + EARLY_MS >= stream->every * UINT64_C(1000));
}

static bool
has_more(const struct stream *stream, uint64_t now)
{
	return stream->ended || !stream->greeted || stream->last < stream->site->streams.newest ||
	       status_due(stream, now) || now - stream->said >= STREAM_HEARTBEAT_MS;
}

static struct stream_text *
next_text(struct stream *stream, uint64_t now)
{
	struct stream_text *text = NULL;
	char retry[32];

	if (!stream->greeted) {
		stream->greeted = true;
		snprintf(retry, sizeof(retry), "retry: %d\n\n", COMES_AGAIN);
		text = plain(retry);
	} else if (stream->last < stream->site->streams.newest) {
		text = journal(stream);
	} else if (status_due(stream, now)) {
		stream->shown = now;
		text = status(stream->site);
	} else if (now - stream->said >= STREAM_HEARTBEAT_MS) {
		text = plain(":\n\n");
	}
	if (text)
		stream->said = now;
	return text;
}

/* MHD_ContentReaderCallback. A stream with nothing to say is suspended: the library would ask again
 * and again. */
static ssize_t
read_stream(void *cls, uint64_t position, char *out, size_t room)
{
	struct stream *stream = cls;
	uint64_t now = now_ms();
	size_t part;

	(void)position;
	stream->moved = now;
	if (stream->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!stream->text && has_more(stream, now))
		stream->text = next_text(stream, now);
	if (stream->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!stream->text) {
		stream->waiting = true;
		MHD_suspend_connection(stream->connection);
		return 0;
	}
	part = stream->text->length - stream->sent < room ? stream->text->length - stream->sent
							  : room;
	memcpy(out, stream->text->at + stream->sent, part);
	stream->sent += part;
	if (stream->sent == stream->text->length) {
		drop(&stream->text);
		stream->sent = 0;
	}
	return (ssize_t)part;
}

static void
forget(void *cls)
{
	struct stream *stream = cls;
	struct streams *streams = &stream->site->streams;

	for (unsigned i = 0; i < streams->count; i++)
		if (streams->list[i] == stream) {
			streams->list[i] = streams->list[--streams->count];
			break;
		}
	drop(&stream->text);
	free(stream);
}

struct stream *
stream_open(struct site *site, int64_t after, unsigned every, struct reply *reply)
{
	struct streams *streams = &site->streams;
	struct err err = { 0 };
	struct stream *stream;

	if (streams->count == STREAM_MOST) {
		reply->retry_after = RETRY_SECONDS;
		problem_set(reply, 503, "%d streams are open, and no more are given", STREAM_MOST);
		return NULL;
	}
	if (!site->deps.last_event(site->deps.ctx, &streams->newest, &err)) {
		problem_err(reply, &err);
		return NULL;
	}
	stream = calloc(1, sizeof(*stream));
	if (!stream) {
		problem_set(reply, 503, "out of memory");
		return NULL;
	}
	*stream = (struct stream){ .site = site, .every = every, .said = now_ms() };
	stream->last = after < 0 || after > streams->newest ? streams->newest : after;
	streams->list[streams->count++] = stream;
	return stream;
}

struct MHD_Response *
stream_response(struct stream *stream, struct MHD_Connection *connection)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, stream, forget);

	stream->connection = connection;
	stream->moved = now_ms();
	if (!response)
		forget(stream);
	return response;
}

static int
descriptor(const struct stream *stream)
{
	return MHD_get_connection_info(stream->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

/* A suspended connection is not polled: whether the client has gone is asked here. */
static bool
gone(const struct stream *stream)
{
	char byte;

	return recv(descriptor(stream), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void
wake(struct stream *stream)
{
	stream->waiting = false;
	stream->moved = now_ms();
	MHD_resume_connection(stream->connection);
}

bool
stream_tell(struct site *site, uint64_t deadline_ms)
{
	struct streams *streams = &site->streams;
	uint64_t now = now_ms();
	struct err err = { 0 };
	bool woken = false;

	if (!streams->count)
		return false;
	if (!site->deps.last_event(site->deps.ctx, &streams->newest, &err))
		return false; /* the tick tells what is wrong with the store */
	for (unsigned i = 0; i < streams->count; i++) {
		struct stream *stream = streams->list[i];

		if (!stream->waiting) {
			if (now - stream->moved >= deadline_ms)
				shutdown(descriptor(stream), SHUT_RDWR);
			continue;
		}
		stream->ended = stream->ended || gone(stream);
		if (!has_more(stream, now))
			continue;
		wake(stream);
		woken = true;
	}
	return woken;
}

void
stream_end_all(struct site *site)
{
	for (unsigned i = 0; i < site->streams.count; i++) {
		struct stream *stream = site->streams.list[i];

		stream->ended = true;
		if (stream->waiting)
			wake(stream);
	}
}
