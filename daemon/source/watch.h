/*
 * A descriptor on the loop: `ready` is called while it can be read. It is closed with its watch;
 * the handle itself goes when the loop has let go of it.
 */
#ifndef SOURCE_WATCH_H
#define SOURCE_WATCH_H

#include "daemon/base/err.h"

#include <uv.h>

struct watch;

/* Does not take `fd` over on failure (NULL); ERR_INPUT: it is a file, which is always ready. */
MUST_USE struct watch *watch_open(uv_loop_t *loop, int fd, void (*ready)(void *ctx), void *ctx,
				  struct err *err);
void watch_close(struct watch *watch);

void watch_pause(struct watch *watch);
void watch_go_on(struct watch *watch);
int watch_fd(const struct watch *watch);

#endif
