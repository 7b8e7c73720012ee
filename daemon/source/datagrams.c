#include "daemon/source/datagrams.h"

#include "daemon/source/bind.h"
#include "daemon/source/inbox.h"
#include "daemon/source/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATAGRAM ((size_t)64 << 10)
#define AT_ONCE 1024 /* datagrams a wakeup: others on the loop have their turn */

struct datagrams {
	struct feed feed;
	uv_loop_t *loop;
	char address[CONFIG_ADDRESS]; /* UDP */
	char path[CONFIG_SOCKET];     /* unix; else "" */
	struct watch *watch;	      /* NULL: not bound yet */
	dev_t device;		      /* of the unix socket */
	ino_t inode;
	bool paused;
	uint32_t dropped; /* the kernel's count so far */
	struct inbox inbox;
	char datagram[DATAGRAM];
};

/* SO_RXQ_OVFL: what the kernel dropped since the socket was made. */
static void
note_drops(struct datagrams *datagrams, struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part;
	     part = CMSG_NXTHDR(message, part)) {
		uint32_t dropped;
		char why[100];

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL)
			continue;
		memcpy(&dropped, CMSG_DATA(part), sizeof(dropped));
		if (dropped == datagrams->dropped)
			continue;
		/* of such gaps in a tick only the last is told: it must name all */
		snprintf(why, sizeof(why),
			 "the receive buffer was full: %u datagrams dropped since it was opened",
			 dropped);
		inbox_gap(&datagrams->inbox, why);
		datagrams->dropped = dropped;
	}
}

static bool
receive(struct datagrams *datagrams)
{
	union {
		char bytes[CMSG_SPACE(sizeof(uint32_t))];
		struct cmsghdr align;
	} control;
	struct iovec place = { datagrams->datagram, DATAGRAM };
	struct msghdr message = { .msg_iov = &place,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t got;

	do
		got = recvmsg(watch_fd(datagrams->watch), &message, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return false;
	note_drops(datagrams, &message);
	if (message.msg_flags & MSG_TRUNC)
		inbox_too_long(&datagrams->inbox);
	else
		inbox_message(&datagrams->inbox, (struct span){ datagrams->datagram, (size_t)got });
	return true;
}

static void
on_ready(void *ctx)
{
	struct datagrams *datagrams = ctx;

	for (unsigned i = 0; i < AT_ONCE && !inbox_full(&datagrams->inbox); i++)
		if (!receive(datagrams))
			return;
	if (inbox_full(&datagrams->inbox) && !datagrams->paused) {
		watch_pause(datagrams->watch);
		datagrams->paused = true;
	}
}

static bool
listen_now(struct datagrams *datagrams, struct err *err)
{
	bool local = *datagrams->path;
	struct stat status;
	int fd = -1, on = 1;

	if (local ? !bind_path(datagrams->path, &fd, err)
		  : !bind_address(datagrams->address, SOCK_DGRAM, &fd, err))
		return false;
	if (local && stat(datagrams->path, &status) == 0) {
		datagrams->device = status.st_dev;
		datagrams->inode = status.st_ino;
	}
	bind_widen(fd);
	setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	datagrams->dropped = 0;
	datagrams->watch = watch_open(datagrams->loop, fd, on_ready, datagrams, err);
	if (!datagrams->watch)
		close(fd);
	return datagrams->watch != NULL;
}

/* Somebody may have taken the socket's file away: then nobody can find us. */
static void
look_for_path(struct datagrams *datagrams)
{
	struct stat status;

	if (!*datagrams->path || !datagrams->watch ||
	    (lstat(datagrams->path, &status) == 0 && status.st_dev == datagrams->device &&
	     status.st_ino == datagrams->inode))
		return;
	on_ready(datagrams);
	watch_close(datagrams->watch);
	datagrams->watch = NULL;
	datagrams->paused = false;
}

static enum feed_status
datagrams_read(struct feed *feed, size_t budget, const struct feed_sink *sink, struct err *err)
{
	struct datagrams *datagrams = (struct datagrams *)feed;
	bool more;

	look_for_path(datagrams);
	if (!datagrams->watch && !listen_now(datagrams, err)) {
		inbox_give(&datagrams->inbox, budget, sink);
		return FEED_ERROR;
	}
	on_ready(datagrams);
	more = inbox_give(&datagrams->inbox, budget, sink);
	if (datagrams->paused && !inbox_full(&datagrams->inbox)) {
		datagrams->paused = false;
		watch_go_on(datagrams->watch);
	}
	return more ? FEED_MORE : FEED_IDLE;
}

static uint64_t
datagrams_behind(const struct feed *feed)
{
	return inbox_bytes(&((const struct datagrams *)feed)->inbox);
}

static void
datagrams_free(struct feed *feed)
{
	struct datagrams *datagrams = (struct datagrams *)feed;
	struct stat status;

	if (datagrams->watch && *datagrams->path && lstat(datagrams->path, &status) == 0 &&
	    status.st_dev == datagrams->device && status.st_ino == datagrams->inode)
		unlink(datagrams->path);
	watch_close(datagrams->watch);
	inbox_clear(&datagrams->inbox);
	free(datagrams);
}

static const struct feed_ops ops = {
	.read = datagrams_read, .behind = datagrams_behind, .free = datagrams_free, .lives = true
};

struct feed *
datagrams_open(const struct config_source *config, uv_loop_t *loop, struct err *err)
{
	struct datagrams *datagrams = calloc(1, sizeof(*datagrams));

	if (!datagrams) {
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	datagrams->feed.ops = &ops;
	datagrams->loop = loop;
	span_copy(span_of(config->syslog_udp), datagrams->address, sizeof(datagrams->address));
	span_copy(span_of(config->syslog_unix), datagrams->path, sizeof(datagrams->path));
	inbox_init(&datagrams->inbox, (size_t)config->max_line);
	return &datagrams->feed;
}
