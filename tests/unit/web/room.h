/*
 * A room for the tests of the API: a web on a free loopback port and a unix socket, a loop that
 * turns while the client (this thread too) waits, and a fixed snapshot behind it.
 */
#ifndef TESTS_WEB_ROOM_H
#define TESTS_WEB_ROOM_H

#include "daemon/base/text.h"
#include "web/web.h"

#ifndef cr_assert /* a fuzz target has assert instead */
#include <criterion/criterion.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* sha256 of "operator", "reader", "pusher": tokens of the tests. */
#define ROOM_TOKENS                                                                                \
	"# tokens\n"                                                                               \
	"anna operate 06e55b633481f7bb072957eabcf110c972e86691c3cfedabe088024bffe42f23\n"          \
	"bob read 3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30\n"              \
	"carl push c1ca19857709b36ccdcc93f218f86e4dc8235a65a46ca06f9b53886f9b66ad2f\n"

#define ROOM_ANSWER (1 << 20)
#define ROOM_PATIENCE_MS 20000 /* far above what a loaded machine needs */
#define ROOM_QUIET 4	       /* turns of the loop without a byte: nothing more comes */

struct room {
	uv_loop_t loop;
	struct web *web;
	unsigned port;
	char folder[64], socket[96], tokens[96];
	struct snapshot *snapshot;
	enum err_kind answer;  /* of the override dep; ERR_NONE: it takes the order */
	enum err_kind journal; /* of the events dep */
	int64_t newest;	       /* of the last_event dep; 0: 3, and the journal has 7 */
	unsigned orders;
	struct override last;
	unsigned pushes;
	struct push last_push;
	char last_domain[SNAPSHOT_NAME];
	char reply[ROOM_ANSWER];
};

static inline const struct snapshot *
room_snapshot(void *ctx)
{
	return ((struct room *)ctx)->snapshot;
}

static inline bool
room_events(void *ctx, int64_t after, unsigned limit, struct journal_entry *out,
	    unsigned *count_out, struct err *err)
{
	struct room *room = ctx;
	int64_t last = room->newest ? room->newest : 7;

	if (room->journal != ERR_NONE)
		return err_set(err, room->journal, "the journal cannot be read");
	*count_out = 0;
	for (int64_t id = after; id < last && *count_out < limit;) {
		struct journal_entry *entry = &out[(*count_out)++];

		*entry = (struct journal_entry){ .id = ++id,
						 .time_us = 1700000000 * INT64_C(1000000),
						 .kind = JOURNAL_SURGE };
		snprintf(entry->domain, sizeof(entry->domain), "%s", id == 1 ? "" : "example.jp");
		snprintf(entry->text, sizeof(entry->text), "entry %d", (int)id);
		snprintf(entry->numbers, sizeof(entry->numbers), "%s",
			 id == 2   ? "{\"rate\":41.5}"
			 : id == 3 ? "{broken"
				   : "");
	}
	return true;
}

static inline bool
room_override(void *ctx, const char *domain, const struct override *order, struct err *err)
{
	struct room *room = ctx;

	if (room->answer != ERR_NONE)
		return err_set(err, room->answer, "the order is not taken");
	room->orders++;
	room->last = *order;
	span_copy(span_of(domain), room->last_domain, sizeof(room->last_domain));
	return true;
}

static inline bool
room_push(void *ctx, const struct push *list, unsigned count, struct push_answer *out,
	  struct err *err)
{
	struct room *room = ctx;

	if (room->answer != ERR_NONE)
		return err_set(err, room->answer, "the samples are not taken");
	room->pushes += count;
	room->last_push = list[count - 1];
	out[0].result = COUNTER_FIRST;
	if (count > 1)
		out[count - 1] = (struct push_answer){ .value = 2.5 };
	return true;
}

static inline void
room_fill(struct snapshot *s)
{
	struct snapshot_domain *d = &s->domain[0];

	s->made_us = (int64_t)time(NULL) * 1000000;
	s->started = 1700000000;
	snprintf(s->version, sizeof(s->version), "0.1.0");
	s->sources = 1;
	snprintf(s->source[0].name, SNAPSHOT_NAME, "mta1-log");
	s->source[0].lines = 12;
	s->agents = 1;
	s->agent[0] = (struct snapshot_agent){
		.name = "a1", .mta = "mta1.example.jp", .how = "push", .error = "no answer \xff"
	};
	s->counters = 2;
	s->counter[0] = (struct snapshot_counter){ .mta = "mta1.example.jp",
						   .name = "load1",
						   .agent = "a1",
						   .known = true,
						   .value = 2.5,
						   .time = 1700000000 };
	s->counter[1] = (struct snapshot_counter){ .mta = "mta1.example.jp",
						   .name = "queue",
						   .kind = COUNTER_32,
						   .stale = true,
						   .why = "a reason" };
	s->domains = 2;
	snprintf(d->name, SNAPSHOT_NAME, "example.jp");
	snprintf(d->state, sizeof(d->state), "split");
	snprintf(d->why, sizeof(d->why), "41/min \x01\xff");
	d->state_since = 1700000000;
	d->finding = (struct finding){
		.known = true, .surge = true, .rate = 41.5, .evidence = INFINITY, .excess = NAN
	};
	cr_assert(mx_add(&d->wanted, 20, SPAN("mta2.example.jp")));
	d->wanted.ttl = 300;
	d->servers = 1;
	d->server[0] = (struct snapshot_server){
		.known = true, .primary = true, .shown = d->wanted, .serial = 7, .asked = 1700000000
	};
	snprintf(d->server[0].name, SNAPSHOT_NAME, "ns\"1");
	d->mtas = 2;
	d->mta[0] =
		(struct snapshot_mta){ .name = "mta1.", .drops = true, .bounces = 1, .mail = 9 };
	d->mta[1] = (struct snapshot_mta){ .name = "mta2.", .bounces = 3, .mail = 1 };
	d->counts[EVENT_BOUNCE_ACCEPTED] = 5000000000;
	snprintf(s->domain[1].name, SNAPSHOT_NAME, "quiet.example");
	snprintf(s->domain[1].state, sizeof(s->domain[1].state), "normal");
}

static inline bool
room_last_event(void *ctx, int64_t *id_out, struct err *err)
{
	const struct room *room = ctx;

	(void)err;
	*id_out = room->newest ? room->newest : 3;
	return true;
}

static inline bool
room_series(void *ctx, const char *domain, struct series *series, struct err *err)
{
	(void)ctx;
	(void)err;
	cr_assert_str_eq(domain, "example.jp");
	series->points[0].bounces = 5;
	series->points[0].known = true;
	series->points[0].finding =
		(struct series_finding){ .evidence = INFINITY, .expected = 2.5, .surge = true };
	return true;
}

static inline bool
room_hook(void *ctx, unsigned index, struct notice_hook *out, bool *found_out, struct err *err)
{
	struct room *room = ctx;

	if (room->journal != ERR_NONE)
		return err_set(err, room->journal, "the outbox cannot be read");
	*found_out = index < 2;
	*out = (struct notice_hook){ .waiting = 3, .told = 1700000000, .told_item = 5 };
	snprintf(out->name, sizeof(out->name), index ? "chat" : "page");
	snprintf(out->how, sizeof(out->how), "run /bin/page");
	if (index == 0) {
		out->first = (struct notice_dead){ .item = 9, .since = 1700000000, .attempts = 2 };
		out->next_try = 1700000060;
		snprintf(out->first.kind, sizeof(out->first.kind), "split");
		return true;
	}
	out->dead = out->shown = 1;
	out->failed = 1700000000;
	out->list[0] = (struct notice_dead){ .item = 4, .since = 1700000000, .attempts = 1 };
	snprintf(out->list[0].why, sizeof(out->list[0].why), "it answered 404: \xff");
	return true;
}

static inline bool
room_resend(void *ctx, const char *hook, const char *by, unsigned *count_out, struct err *err)
{
	struct room *room = ctx;

	(void)err;
	snprintf(room->last_domain, sizeof(room->last_domain), "%s by %s", hook, by);
	*count_out = 2;
	return true;
}

static inline bool
room_test(void *ctx, const char *hook, const char *by, int64_t *item_out, struct err *err)
{
	struct room *room = ctx;

	if (room->answer != ERR_NONE)
		return err_set(err, room->answer, "the test is not taken");
	snprintf(room->last_domain, sizeof(room->last_domain), "%s by %s", hook, by);
	*item_out = 77;
	return true;
}

static inline void
room_open(struct room *room, unsigned deadline_ms)
{
	static const char *const hosts[] = { "mx.example.jp" };
	static const char *const origins[] = { "https://board.example" };
	struct web_listen listen[] = { { .text = "127.0.0.1:0" }, { .unix_socket = true } };
	struct web_options options = {
		.loop = &room->loop,
		.listen = listen,
		.listens = 2,
		.hosts = hosts,
		.host_count = 1,
		.access = { .tokens_path = room->tokens, .origins = origins, .origin_count = 1 },
		.deadline_ms = deadline_ms
	};
	struct web_deps deps = { room,	      room_snapshot, room_events, room_last_event,
				 room_series, room_override, room_push,	  room_hook,
				 room_resend, room_test };
	struct err err = { 0 };
	FILE *tokens;

	snprintf(room->folder, sizeof(room->folder), "/tmp/mxsplit-web-XXXXXX");
	cr_assert(mkdtemp(room->folder) != NULL);
	snprintf(room->socket, sizeof(room->socket), "%s/api.sock", room->folder);
	snprintf(room->tokens, sizeof(room->tokens), "%s/tokens", room->folder);
	snprintf(listen[1].text, sizeof(listen[1].text), "%s", room->socket);
	umask(022);
	tokens = fopen(room->tokens, "w");
	cr_assert(tokens != NULL);
	fputs(ROOM_TOKENS, tokens);
	fclose(tokens);
	room->snapshot = calloc(1, sizeof(*room->snapshot));
	cr_assert(room->snapshot != NULL);
	room_fill(room->snapshot);
	uv_loop_init(&room->loop);
	room->web = web_start(&options, &deps, &err);
	cr_assert(room->web != NULL, "%s", err.text);
	room->port = web_port(room->web, 0);
}

static inline void
room_close(struct room *room)
{
	struct stat gone;

	web_stop(room->web);
	uv_run(&room->loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&room->loop), 0, "handles are left in the loop");
	cr_assert(stat(room->socket, &gone) < 0, "the unix socket is left behind");
	unlink(room->tokens);
	rmdir(room->folder);
	free(room->snapshot);
}

/* connect(), also where signals come (libFuzzer's clock): then it goes on by itself. */
static inline int
room_reach(int fd, const struct sockaddr *to, socklen_t size)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	int got = connect(fd, to, size);

	while (got < 0 && errno == EINTR)
		got = poll(&poll_fd, 1, ROOM_PATIENCE_MS) == 1 ? 0 : -1;
	return got;
}

static inline int
room_connect_from(const struct room *room, bool local, uint32_t from)
{
	struct sockaddr_in tcp = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)room->port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct sockaddr_in source = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(from) };
	int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path.sun_path, sizeof(path.sun_path), "%s", room->socket);
	if (!local)
		cr_assert_eq(bind(fd, (struct sockaddr *)&source, sizeof(source)), 0, "bind: %m");
	cr_assert_eq(local ? room_reach(fd, (struct sockaddr *)&path, sizeof(path))
			   : room_reach(fd, (struct sockaddr *)&tcp, sizeof(tcp)),
		     0, "connect: %m");
	return fd;
}

static inline int
room_connect(const struct room *room, bool local)
{
	return room_connect_from(room, local, INADDR_LOOPBACK);
}

/* Lets the loop turn until the other side closes; what it sent is in room->reply. */
static inline void
room_receive(struct room *room, int fd)
{
	size_t length = 0;

	for (unsigned waited = 0; waited < ROOM_PATIENCE_MS; waited++) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		ssize_t got;

		uv_run(&room->loop, UV_RUN_NOWAIT);
		if (poll(&poll_fd, 1, 1) <= 0)
			continue;
		got = recv(fd, room->reply + length, sizeof(room->reply) - 1 - length, 0);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	room->reply[length] = '\0';
	close(fd);
}

/* Sends these bytes and receives. */
static inline void
room_ask(struct room *room, bool local, struct span bytes)
{
	int fd = room_connect(room, local);

	for (size_t sent = 0; sent < bytes.len;) {
		ssize_t put =
			send(fd, bytes.at + sent, bytes.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		uv_run(&room->loop, UV_RUN_NOWAIT);
		if (put > 0)
			sent += (size_t)put;
		else if (put < 0 && errno != EAGAIN)
			break;
	}
	room_receive(room, fd);
}

static inline unsigned
room_status(const struct room *room)
{
	return strncmp(room->reply, "HTTP/1.1 ", 9) == 0
		       ? (unsigned)strtoul(room->reply + 9, NULL, 10)
		       : 0;
}

/* Whatever the bytes are: sends them, says that no more come, and takes what comes back at once. */
static inline void
room_throw(struct room *room, bool local, struct span bytes)
{
	static uint32_t from; /* one address has too few ports for all that may be thrown */
	struct linger at_once = { .l_onoff = 1 };
	int fd = room_connect_from(room, local, INADDR_LOOPBACK + 256 * (from++ % 65536));
	size_t sent = 0, length = 0;

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	for (unsigned quiet = 0; quiet < ROOM_QUIET; quiet++) {
		ssize_t put = send(fd, bytes.at + sent, bytes.len - sent,
				   MSG_NOSIGNAL | MSG_DONTWAIT),
			got;

		if (put > 0)
			sent += (size_t)put;
		if (sent == bytes.len)
			shutdown(fd, SHUT_WR);
		uv_run(&room->loop, UV_RUN_NOWAIT);
		got = recv(fd, room->reply + length, sizeof(room->reply) - 1 - length,
			   MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		length += got > 0 ? (size_t)got : 0;
		if (got > 0 || put > 0)
			quiet = 0;
	}
	room->reply[length] = '\0';
	close(fd);
	uv_run(&room->loop, UV_RUN_NOWAIT);
}

/* "PUT /path" with these header lines (each with \r\n) and this body, well formed. */
static inline void
room_call(struct room *room, bool local, const char *line, const char *headers, const char *body)
{
	size_t space = strlen(line) + strlen(headers) + strlen(body) + 256;
	char *bytes = malloc(space);
	struct text text;

	cr_assert(bytes != NULL);
	text = text_over(bytes, space);
	text_add(&text, "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", line, headers);
	if (body[0] || strncmp(line, "PUT", 3) == 0 || strncmp(line, "POST", 4) == 0)
		text_add(&text, "Content-Length: %zu\r\n", strlen(body));
	text_add(&text, "\r\n%s", body);
	room_ask(room, local, (struct span){ text.at, text.len });
	free(bytes);
}

#endif
