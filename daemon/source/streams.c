#include "daemon/source/streams.h"

#include "daemon/source/bind.h"
#include "daemon/source/frames.h"
#include "daemon/source/watch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10) /* bytes of a connection a wakeup */
#define ACCEPTS 64		 /* connections a wakeup */
#define MS 1000

struct stream {
	struct streams *streams;
	struct watch *watch; /* NULL: a free place */
	struct frames frames;
	uint64_t heard_ms;
};

struct streams {
	struct feed feed;
	uv_loop_t *loop;
	char address[CONFIG_ADDRESS];
	size_t max_line;
	struct watch *watch; /* NULL: not listening yet */
	struct stream list[STREAMS_MOST];
	bool paused;
	bool resting;  /* no descriptors: no connection is taken until the next tick */
	bool refusing; /* told that there are too many */
	struct inbox inbox;
	char piece[PIECE];
};

static unsigned all; /* connections of all sources */

static void
end_stream(struct stream *stream)
{
	frames_end(&stream->frames, &stream->streams->inbox);
	watch_close(stream->watch);
	stream->watch = NULL;
	all--;
}

static void
pause_when_full(struct streams *streams)
{
	if (streams->paused || !inbox_full(&streams->inbox))
		return;
	streams->paused = true;
	watch_pause(streams->watch);
	for (unsigned i = 0; i < STREAMS_MOST; i++)
		if (streams->list[i].watch)
			watch_pause(streams->list[i].watch);
}

static void
go_on(struct streams *streams)
{
	if (!streams->paused || inbox_full(&streams->inbox))
		return;
	streams->paused = false;
	watch_go_on(streams->watch);
	for (unsigned i = 0; i < STREAMS_MOST; i++)
		if (streams->list[i].watch)
			watch_go_on(streams->list[i].watch);
}

static void
on_bytes(void *ctx)
{
	struct stream *stream = ctx;
	struct streams *streams = stream->streams;
	ssize_t got = read(watch_fd(stream->watch), streams->piece, PIECE);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	stream->heard_ms = uv_now(streams->loop);
	if (got <= 0) {
		end_stream(stream);
	} else if (!frames_take(&stream->frames, (struct span){ streams->piece, (size_t)got },
				&streams->inbox)) {
		inbox_gap(&streams->inbox,
			  "a sender's octet counting was broken: its connection was closed");
		end_stream(stream);
	}
	pause_when_full(streams);
}

/* A place for one more, if need be that of the longest idle one; NULL: there is none. */
static struct stream *
find_place(struct streams *streams)
{
	struct stream *empty = NULL, *idle = NULL;

	for (unsigned i = 0; i < STREAMS_MOST; i++) {
		struct stream *stream = &streams->list[i];

		if (!stream->watch)
			empty = stream;
		else if (!idle || stream->heard_ms < idle->heard_ms)
			idle = stream;
	}
	if (empty && all < STREAMS_ALL)
		return empty;
	if (idle && uv_now(streams->loop) - idle->heard_ms >= (uint64_t)STREAMS_IDLE * MS) {
		end_stream(idle);
		return idle;
	}
	if (!streams->refusing)
		inbox_gap(&streams->inbox, "too many connections at once: further ones are closed");
	streams->refusing = true;
	return NULL;
}

static void
keep_alive(int fd)
{
	int on = 1, idle = 300, step = 60, most = 5;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &step, sizeof(step));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &most, sizeof(most));
}

static void
add_stream(struct streams *streams, int fd)
{
	struct stream *stream = find_place(streams);

	if (stream)
		stream->watch = watch_open(streams->loop, fd, on_bytes, stream, NULL);
	if (!stream || !stream->watch) {
		close(fd);
		return;
	}
	keep_alive(fd);
	stream->streams = streams;
	stream->heard_ms = uv_now(streams->loop);
	frames_init(&stream->frames, FRAMING_UNKNOWN, streams->max_line);
	streams->refusing = false;
	all++;
}

static void
on_connection(void *ctx)
{
	struct streams *streams = ctx;

	for (unsigned i = 0; i < ACCEPTS; i++) {
		int fd =
			accept4(watch_fd(streams->watch), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			streams->resting = errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
					   errno == ENOBUFS;
			if (streams->resting)
				watch_pause(streams->watch);
			return;
		}
		add_stream(streams, fd);
	}
}

static bool
listen_now(struct streams *streams, struct err *err)
{
	int fd = -1;

	if (!bind_address(streams->address, SOCK_STREAM, &fd, err))
		return false;
	streams->watch = watch_open(streams->loop, fd, on_connection, streams, err);
	if (!streams->watch)
		close(fd);
	return streams->watch != NULL;
}

static enum feed_status
streams_read(struct feed *feed, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct streams *streams = (struct streams *)feed;
	bool more;

	if (!streams->watch && !listen_now(streams, err))
		return FEED_ERROR;
	more = inbox_give(&streams->inbox, budget, sink);
	go_on(streams);
	if (streams->resting && !streams->paused)
		watch_go_on(streams->watch);
	streams->resting = false;
	return more ? FEED_MORE : FEED_IDLE;
}

static uint64_t
streams_behind(const struct feed *feed)
{
	return inbox_bytes(&((const struct streams *)feed)->inbox);
}

static void
streams_free(struct feed *feed)
{
	struct streams *streams = (struct streams *)feed;

	for (unsigned i = 0; i < STREAMS_MOST; i++)
		if (streams->list[i].watch)
			end_stream(&streams->list[i]);
	watch_close(streams->watch);
	inbox_clear(&streams->inbox);
	free(streams);
}

static const struct feed_ops ops = {
	.read = streams_read, .behind = streams_behind, .free = streams_free, .lives = true
};

struct feed *
streams_open(const struct config_source *config, uv_loop_t *loop, struct err *err)
{
	struct streams *streams = calloc(1, sizeof(*streams));

	if (!streams) {
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	streams->feed.ops = &ops;
	streams->loop = loop;
	streams->max_line = (size_t)config->max_line;
	span_copy(span_of(config->syslog_tcp), streams->address, sizeof(streams->address));
	inbox_init(&streams->inbox, streams->max_line);
	return &streams->feed;
}
