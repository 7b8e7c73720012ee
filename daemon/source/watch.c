#include "daemon/source/watch.h"

#include <stdlib.h>
#include <unistd.h>

struct watch {
	uv_poll_t poll;
	int fd;
	void (*ready)(void *ctx);
	void *ctx;
};

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;

	(void)status; /* an error is met again by reading */
	(void)events;
	watch->ready(watch->ctx);
}

static void
forget(uv_handle_t *handle)
{
	free(handle->data);
}

struct watch *
watch_open(uv_loop_t *loop, int fd, void (*ready)(void *ctx), void *ctx, struct err *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int result;

	if (!watch) {
		err_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	watch->fd = fd;
	watch->ready = ready;
	watch->ctx = ctx;
	watch->poll.data = watch;
	result = uv_poll_init(loop, &watch->poll, fd);
	if (result == 0) {
		watch_go_on(watch);
		return watch;
	}
	free(watch);
	err_set(err, result == UV_EPERM ? ERR_INPUT : ERR_SYSTEM, "cannot be watched: %s",
		uv_strerror(result));
	return NULL;
}

void
watch_close(struct watch *watch)
{
	if (!watch)
		return;
	uv_close((uv_handle_t *)&watch->poll, forget);
	close(watch->fd);
}

void
watch_pause(struct watch *watch)
{
	uv_poll_stop(&watch->poll);
}

void
watch_go_on(struct watch *watch)
{
	uv_poll_start(&watch->poll, UV_READABLE, on_ready);
}

int
watch_fd(const struct watch *watch)
{
	return watch->fd;
}
