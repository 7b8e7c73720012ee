#include "web/serve.h"

#include "daemon/base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LAST_RUNS 4 /* a stream says what it has, then that it ends: each takes a run */

struct connection {
	struct peer peer; /* first: http.h reads it as the socket context */
	struct connection *next, *before;
	uint64_t since; /* ms of the loop: opened, or last answered */
	int fd;
	bool cut;
	bool streams; /* it has no deadline: web/stream.h watches it */
};

struct serve {
	struct listen listen;
	struct http_rules rules;
	uint64_t deadline; /* ms */
	unsigned most;	   /* connections */
	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uv_timer_t timer;
	struct connection *first;
	unsigned count;
	void (*gone)(void *ctx);
	void *ctx;
	unsigned closing; /* handles still to be closed */
};

static void
name_peer(struct peer *peer, int fd)
{
	struct sockaddr_storage from = { 0 };
	socklen_t size = sizeof(from);
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&from;

	span_copy(SPAN("unknown"), peer->name, sizeof(peer->name));
	if (getpeername(fd, (struct sockaddr *)&from, &size) < 0)
		return;
	if (from.ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, peer->name, sizeof(peer->name));
		peer->loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	} else if (from.ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, peer->name, sizeof(peer->name));
		peer->loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	}
}

static void
name_local_peer(struct peer *peer, int fd)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t size = sizeof(who);
	struct text name = TEXT(peer->name);

	peer->local = true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0)
		peer->trusted = who.uid == 0 || who.uid == geteuid();
	peer->uid = who.uid;
	text_add(&name, "uid %u", who.uid);
}

/* Ends a connection: the library sees its end and forgets it (an own close would leave it behind).
 */
static void
cut(struct connection *connection)
{
	connection->cut = true;
	shutdown(connection->fd, SHUT_RDWR);
}

static void
cut_oldest(struct serve *serve)
{
	struct connection *oldest = NULL;

	for (struct connection *one = serve->first; one; one = one->next)
		if (!one->cut && !one->streams && (!oldest || one->since <= oldest->since))
			oldest = one;
	if (oldest)
		cut(oldest);
}

static void
opened(struct serve *serve, struct MHD_Connection *mhd, void **context)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	*context = connection;
	if (!connection)
		return;
	connection->fd =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	connection->since = uv_now(serve->poll.loop);
	if (serve->listen.local)
		name_local_peer(&connection->peer, connection->fd);
	else
		name_peer(&connection->peer, connection->fd);
	if (serve->count >= serve->most * 3 / 4)
		cut_oldest(serve);
	connection->next = serve->first;
	if (serve->first)
		serve->first->before = connection;
	serve->first = connection;
	serve->count++;
}

static void
closed(struct serve *serve, struct connection *connection)
{
	if (!connection)
		return;
	if (connection->before)
		connection->before->next = connection->next;
	else
		serve->first = connection->next;
	if (connection->next)
		connection->next->before = connection->before;
	serve->count--;
	free(connection);
}

static void
on_connection(void *cls, struct MHD_Connection *mhd, void **context,
	      enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		opened(cls, mhd, context);
	else
		closed(cls, *context);
}

static void
on_completed(void *cls, struct MHD_Connection *mhd, void **context,
	     enum MHD_RequestTerminationCode code)
{
	const struct serve *serve = cls;
	struct connection *connection =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

	if (connection)
		connection->streams = false;
	if (connection && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		connection->since = uv_now(serve->poll.loop);
	http_end(*context);
	*context = NULL;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
	   const char *version, const char *upload, size_t *upload_size, void **context)
{
	struct serve *serve = cls;
	struct connection *connection =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	enum MHD_Result result;

	if (!connection)
		return MHD_NO;
	result =
		http_handle(&serve->rules, mhd, url, method, version, upload, upload_size, context);
	connection->streams = http_streams(*context);
	return result;
}

static void on_timer(uv_timer_t *timer);

/* Cuts what is over its deadline; says in how many ms the next one is. */
static uint64_t
sweep(struct serve *serve)
{
	uint64_t now = uv_now(serve->poll.loop), next = serve->deadline;

	for (struct connection *one = serve->first; one; one = one->next) {
		uint64_t age = now - one->since;

		if (one->cut || one->streams)
			continue;
		if (age >= serve->deadline)
			cut(one);
		else if (serve->deadline - age < next)
			next = serve->deadline - age;
	}
	return next;
}

/*
 * The library takes a step of each connection a run: accept, head, body, answer. They are taken
 * together, and before anybody is cut: a pass that took long (a locked database) must not cost a
 * client whose request has long been here its answer.
 *
 * What is left then waits for the next turn of the loop: a timer of 0 ms that is started by a timer
 * is run in the same turn (libuv 1.44), and a crowd kept the zones waiting for seconds that way.
 */
static void
pump(struct serve *serve)
{
	MHD_UNSIGNED_LONG_LONG wait = 0;
	bool waits = false;
	uint64_t next;

	for (unsigned i = 0; i < SERVE_STEPS && !(waits && wait > 0); i++) {
		MHD_run(serve->daemon);
		waits = MHD_get_timeout(serve->daemon, &wait) == MHD_YES;
		if (!waits)
			break;
	}
	next = sweep(serve);
	if (waits && wait < next)
		next = wait ? wait : 1;
	if (serve->first)
		uv_timer_start(&serve->timer, on_timer, next, 0);
	else
		uv_timer_stop(&serve->timer);
}

static void
on_timer(uv_timer_t *timer)
{
	pump(timer->data);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	pump(poll->data);
}

static struct MHD_Daemon *
start_daemon(struct serve *serve, const struct pair *pair)
{
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  pair ? (void *)(uintptr_t)PAIR_PRIORITIES : NULL },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0,
		  pair ? (void *)(uintptr_t)pair->certificate : NULL },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, pair ? (void *)(uintptr_t)pair->key : NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (pair ? MHD_USE_TLS : 0), 0, NULL, NULL,
		on_request, serve, MHD_OPTION_LISTEN_SOCKET, serve->listen.fd,
		MHD_OPTION_CONNECTION_LIMIT, serve->most, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)SERVE_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, http_begin, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, serve, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, serve, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
		pair ? tls : tls + 3, MHD_OPTION_END);
}

struct serve *
serve_start(const struct serve_options *options, struct err *err)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	const union MHD_DaemonInfo *info = NULL;

	if (serve) {
		serve->listen = options->listen;
		serve->rules = options->rules;
		serve->rules.vet.own_host = serve->listen.host;
		serve->deadline = options->deadline_ms;
		serve->most = options->connections;
		serve->daemon = start_daemon(serve, options->pair);
	}
	if (serve && serve->daemon)
		info = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info && uv_poll_init(options->loop, &serve->poll, info->epoll_fd) == 0) {
		serve->poll.data = serve->timer.data = serve;
		uv_timer_init(options->loop, &serve->timer);
		uv_poll_start(&serve->poll, UV_READABLE, on_poll);
		return serve;
	}
	if (serve && serve->daemon)
		MHD_stop_daemon(serve->daemon); /* closes the socket */
	else
		close(options->listen.fd);
	listen_forget(&options->listen);
	free(serve);
	if (options->pair)
		err_set(err, ERR_INPUT,
			"TLS does not start: tls-cert and tls-key are not a certificate and its "
			"key, PEM");
	else
		err_set(err, ERR_SYSTEM, "the HTTP server does not start");
	return NULL;
}

const struct listen *
serve_listen(const struct serve *serve)
{
	return &serve->listen;
}

void
serve_wake(struct serve *serve)
{
	pump(serve);
}

static void
on_closed(uv_handle_t *handle)
{
	struct serve *serve = handle->data;

	if (--serve->closing)
		return;
	if (serve->gone)
		serve->gone(serve->ctx);
	free(serve);
}

void
serve_stop(struct serve *serve, void (*gone)(void *ctx), void *ctx)
{
	serve->gone = gone;
	serve->ctx = ctx;
	serve->closing = 2;
	uv_poll_stop(&serve->poll);
	uv_timer_stop(&serve->timer);
	uv_close((uv_handle_t *)&serve->poll, on_closed);
	uv_close((uv_handle_t *)&serve->timer, on_closed);
	for (int i = 0; i < LAST_RUNS; i++) /* it aborts on a connection that is still suspended */
		MHD_run(serve->daemon);
	MHD_stop_daemon(serve->daemon);
	listen_forget(&serve->listen);
}
