/*
 * One listening socket served by libmicrohttpd under libuv: its epoll descriptor is polled, its
 * timeouts become a timer.
 *
 * Slow clients: each request has a total deadline, from the connection or the last answer on (the
 * library's own timeout begins anew with every byte). When more than three quarters of the
 * connections are open, the one that has been waiting longest is cut for each new one, so that a
 * crowd of slow ones never keeps an honest one out.
 */
#ifndef WEB_SERVE_H
#define WEB_SERVE_H

#include "web/http.h"
#include "web/listen.h"
#include "web/pair.h"

#define SERVE_STEPS 8	   /* of every connection, before others have their turn */
#define SERVE_MEMORY 32768 /* bytes a connection may use for its head */

struct serve;

struct serve_options {
	uv_loop_t *loop;
	struct listen listen;	 /* taken over, also on failure */
	const struct pair *pair; /* of TLS; NULL: none. Copied */
	struct http_rules rules;
	unsigned deadline_ms;
	unsigned connections; /* at most */
};

/* NULL with a sentence on failure. */
struct serve *serve_start(const struct serve_options *options, struct err *err);

const struct listen *serve_listen(const struct serve *serve);

/* Runs it once: a stream has something to say. */
void serve_wake(struct serve *serve);

/* Ends it, when stream_end_all was called; `gone` is called by the loop when nothing of it is left.
 */
void serve_stop(struct serve *serve, void (*gone)(void *ctx), void *ctx);

#endif
