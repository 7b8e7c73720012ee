#include "daemon/source/pipe.h"

#include "daemon/source/frames.h"
#include "daemon/source/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)
#define PIECES 16 /* a wakeup */

struct pipe {
	struct feed feed;
	uv_loop_t *loop;
	struct watch *watch; /* of a pipe; a file has none */
	int fd;		     /* of a file; else -1 */
	bool ended, paused;
	struct frames frames;
	struct inbox inbox;
	char piece[PIECE];
};

/* True when more may be there. */
static bool
read_piece(struct pipe *pipe, int fd)
{
	ssize_t got = read(fd, pipe->piece, PIECE);

	if (got < 0 && errno == EINTR)
		return true;
	if (got < 0 && errno == EAGAIN)
		return false;
	if (got > 0 &&
	    frames_take(&pipe->frames, (struct span){ pipe->piece, (size_t)got }, &pipe->inbox))
		return true;
	frames_end(&pipe->frames, &pipe->inbox);
	pipe->ended = true;
	return false;
}

static void
on_ready(void *ctx)
{
	struct pipe *pipe = ctx;
	int fd = pipe->watch ? watch_fd(pipe->watch) : pipe->fd;

	for (unsigned i = 0; i < PIECES && !pipe->ended && !inbox_full(&pipe->inbox); i++)
		if (!read_piece(pipe, fd))
			break;
	if (!pipe->watch || pipe->paused || (!pipe->ended && !inbox_full(&pipe->inbox)))
		return;
	watch_pause(pipe->watch);
	pipe->paused = true;
}

/* The descriptor is a copy: closing it leaves standard input as it is. */
static bool
begin(struct pipe *pipe, struct err *err)
{
	struct err why = { 0 };
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "standard input cannot be read: %s",
			       strerror(errno));
	pipe->watch = watch_open(pipe->loop, fd, on_ready, pipe, &why);
	if (pipe->watch || why.kind == ERR_INPUT) {
		pipe->fd = pipe->watch ? -1 : fd;
		return true;
	}
	close(fd);
	return err_set(err, why.kind, "standard input %s", why.text);
}

static enum feed_status
pipe_read(struct feed *feed, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct pipe *pipe = (struct pipe *)feed;
	bool more;

	if (!pipe->watch && pipe->fd < 0 && !begin(pipe, err))
		return FEED_ERROR;
	do
		on_ready(pipe);
	while (!pipe->watch && !pipe->ended && !inbox_full(&pipe->inbox)); /* a file */
	more = inbox_give(&pipe->inbox, budget, sink);
	if (pipe->paused && !pipe->ended && !inbox_full(&pipe->inbox)) {
		pipe->paused = false;
		watch_go_on(pipe->watch);
	}
	if (more || (!pipe->watch && !pipe->ended))
		return FEED_MORE;
	if (!pipe->ended)
		return FEED_IDLE;
	err_set(err, ERR_INPUT, "standard input has ended");
	return FEED_ERROR;
}

static uint64_t
pipe_behind(const struct feed *feed)
{
	return inbox_bytes(&((const struct pipe *)feed)->inbox);
}

static void
pipe_free(struct feed *feed)
{
	struct pipe *pipe = (struct pipe *)feed;

	watch_close(pipe->watch);
	if (pipe->fd >= 0)
		close(pipe->fd);
	frames_clear(&pipe->frames);
	inbox_clear(&pipe->inbox);
	free(pipe);
}

static const struct feed_ops ops = {
	.read = pipe_read, .behind = pipe_behind, .free = pipe_free, .lives = true
};

struct feed *
pipe_open(const struct config_source *config, uv_loop_t *loop, struct err *err)
{
	struct pipe *pipe = calloc(1, sizeof(*pipe));

	if (!pipe) {
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	pipe->feed.ops = &ops;
	pipe->loop = loop;
	pipe->fd = -1;
	frames_init(&pipe->frames, FRAMING_LINES, (size_t)config->max_line);
	inbox_init(&pipe->inbox, (size_t)config->max_line);
	return &pipe->feed;
}
