#include "dnsupdate/exchange.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATAGRAM 4096	  /* a larger one is not an answer: we never ask for that much */
#define DATAGRAMS_ONCE 64 /* looked at in one turn of the loop */
#define REPEAT_MIN_MS 100
#define ADDRESS(storage) ((const struct sockaddr *)(storage))

struct exchange {
	struct exchange_options options;
	uv_timer_t deadline, repeat;
	uv_poll_t poll;
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t write;
	unsigned open; /* handles that are not closed yet */
	bool ended;    /* nothing is to be called any more, handles close */
	bool polling, streaming;
	unsigned packets; /* that went out and may have arrived */
	int fd;		  /* UDP, or -1 */
	uint64_t repeat_ms;
	char why[160]; /* the last failure that does not end the exchange */
	size_t got;    /* octets in `in`, with the two of the length */
	uint8_t *in;   /* TCP, 2 + 65535 */
	uint8_t out[]; /* length of two octets, then the message */
};

static void
on_closed(uv_handle_t *handle)
{
	struct exchange *exchange = handle->data;

	if (--exchange->open > 0)
		return;
	if (exchange->fd >= 0)
		close(exchange->fd);
	free(exchange->in);
	free(exchange);
}

void
exchange_free(struct exchange *exchange)
{
	if (!exchange || exchange->ended)
		return;
	exchange->ended = true;
	uv_close((uv_handle_t *)&exchange->deadline, on_closed);
	uv_close((uv_handle_t *)&exchange->repeat, on_closed);
	if (exchange->polling)
		uv_close((uv_handle_t *)&exchange->poll, on_closed);
	if (exchange->streaming)
		uv_close((uv_handle_t *)&exchange->tcp, on_closed);
}

static void
finish(struct exchange *exchange, enum exchange_outcome outcome)
{
	char why[sizeof(exchange->why)];
	struct exchange_options options = exchange->options;

	memcpy(why, exchange->why, sizeof(why));
	exchange_free(exchange);
	options.done(options.ctx, outcome, why);
}

/* The end without an answer. */
static void
fail(struct exchange *exchange, const char *what, int error)
{
	enum exchange_outcome outcome = exchange->packets > 0 ? EXCHANGE_SILENT : EXCHANGE_UNSENT;

	if (error == ECONNREFUSED)
		snprintf(exchange->why, sizeof(exchange->why),
			 "connection refused: no name server listens there");
	else
		snprintf(exchange->why, sizeof(exchange->why), "%s: %s", what, strerror(error));
	finish(exchange, outcome);
}

static void
on_deadline(uv_timer_t *timer)
{
	struct exchange *exchange = timer->data;
	double seconds = (double)exchange->options.timeout_ms / 1000;
	char before[sizeof(exchange->why)];

	memcpy(before, exchange->why, sizeof(before));
	snprintf(exchange->why, sizeof(exchange->why), "no answer in %.1f s%s%.100s", seconds,
		 before[0] ? ", last: " : "", before);
	finish(exchange, EXCHANGE_SILENT);
}

/* TCP */

static void
on_room(uv_handle_t *handle, size_t hint, uv_buf_t *room)
{
	struct exchange *exchange = handle->data;

	(void)hint;
	*room = uv_buf_init((char *)exchange->in + exchange->got,
			    (unsigned)(2 + UINT16_MAX - exchange->got));
}

/* Judges every whole message that has come; true when the exchange has ended. */
static bool
messages(struct exchange *exchange)
{
	struct exchange_options *options = &exchange->options;

	for (;;) {
		size_t size = exchange->got >= 2
				      ? 2u + (size_t)(exchange->in[0] << 8 | exchange->in[1])
				      : SIZE_MAX;

		if (exchange->got < size)
			return false;
		switch (options->judge(options->ctx, exchange->in + 2, size - 2, true)) {
		case EXCHANGE_ANSWER:
			exchange->why[0] = '\0';
			finish(exchange, EXCHANGE_ANSWERED);
			return true;
		case EXCHANGE_ENOUGH:
		case EXCHANGE_TRUNCATED:
			snprintf(exchange->why, sizeof(exchange->why), "no usable answer by TCP");
			finish(exchange, EXCHANGE_SILENT);
			return true;
		case EXCHANGE_ODD:
			break;
		}
		exchange->got -= size;
		memmove(exchange->in, exchange->in + size, exchange->got);
	}
}

static void
on_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *room)
{
	struct exchange *exchange = stream->data;

	(void)room;
	if (exchange->ended || count == 0)
		return;
	if (count == UV_EOF) {
		snprintf(exchange->why, sizeof(exchange->why),
			 "the server closed the connection without an answer");
		finish(exchange, EXCHANGE_SILENT);
		return;
	}
	if (count < 0) {
		fail(exchange, "TCP", (int)-count);
		return;
	}
	exchange->got += (size_t)count;
	messages(exchange);
}

static void
on_written(uv_write_t *write, int status)
{
	struct exchange *exchange = write->data;

	if (!exchange->ended && status < 0)
		fail(exchange, "TCP", -status);
}

static void
on_connected(uv_connect_t *connect, int status)
{
	struct exchange *exchange = connect->data;
	uv_stream_t *stream = (uv_stream_t *)&exchange->tcp;
	uv_buf_t bytes = uv_buf_init((char *)exchange->out, (unsigned)(2 + exchange->options.len));

	if (exchange->ended)
		return;
	if (status == 0)
		status = uv_read_start(stream, on_room, on_bytes);
	if (status == 0) {
		exchange->packets++;
		status = uv_write(&exchange->write, stream, &bytes, 1, on_written);
	}
	if (status < 0)
		fail(exchange, "TCP", -status);
}

static void
start_tcp(struct exchange *exchange)
{
	int status;

	exchange->in = malloc(2 + UINT16_MAX);
	if (!exchange->in) {
		fail(exchange, "TCP", ENOMEM);
		return;
	}
	status = uv_tcp_init(exchange->options.loop, &exchange->tcp);
	if (status == 0) {
		exchange->open++;
		exchange->streaming = true;
		if (exchange->options.from.ss_family)
			status = uv_tcp_bind(&exchange->tcp, ADDRESS(&exchange->options.from), 0);
	}
	if (status == 0)
		status = uv_tcp_connect(&exchange->connect, &exchange->tcp,
					ADDRESS(&exchange->options.address), on_connected);
	if (status < 0)
		fail(exchange, "TCP", -status);
}

/* UDP */

static void
turn_to_tcp(struct exchange *exchange)
{
	uv_poll_stop(&exchange->poll);
	uv_timer_stop(&exchange->repeat);
	start_tcp(exchange);
}

/* An ICMP error came back. When one packet was sent, it is that one which did not arrive. */
static void
turned_away(struct exchange *exchange, int error)
{
	if (exchange->packets == 1)
		exchange->packets = 0;
	fail(exchange, "UDP", error);
}

static void
on_datagrams(uv_poll_t *poll, int status, int events)
{
	struct exchange *exchange = poll->data;
	const struct exchange_options *options = &exchange->options;
	uint8_t in[DATAGRAM];

	(void)events;
	for (int i = 0; i < DATAGRAMS_ONCE; i++) {
		ssize_t count = recv(exchange->fd, in, sizeof(in), MSG_DONTWAIT | MSG_TRUNC);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno != EAGAIN) {
			turned_away(exchange, errno);
			return;
		}
		if (count < 0)
			break;
		if ((size_t)count > sizeof(in))
			continue;
		switch (options->judge(options->ctx, in, (size_t)count, false)) {
		case EXCHANGE_ANSWER:
			exchange->why[0] = '\0';
			finish(exchange, EXCHANGE_ANSWERED);
			return;
		case EXCHANGE_TRUNCATED:
			turn_to_tcp(exchange);
			return;
		case EXCHANGE_ENOUGH:
			finish(exchange, EXCHANGE_SILENT);
			return;
		case EXCHANGE_ODD:
			break;
		}
	}
	if (status < 0) /* libuv stops at an error that we have read away */
		uv_poll_start(poll, UV_READABLE, on_datagrams);
}

static void
send_datagram(struct exchange *exchange)
{
	ssize_t sent;

	do
		sent = send(exchange->fd, exchange->out + 2, exchange->options.len, MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		exchange->packets++;
	else if (errno != EAGAIN && errno != ENOBUFS)
		turned_away(exchange, errno);
}

/* Sends again after 1/5 of the time, then after twice as long each time. */
static void
on_repeat(uv_timer_t *timer)
{
	struct exchange *exchange = timer->data;

	exchange->repeat_ms *= 2;
	uv_timer_start(timer, on_repeat, exchange->repeat_ms, 0);
	send_datagram(exchange);
}

static bool
open_udp(struct exchange *exchange)
{
	const struct sockaddr *address = ADDRESS(&exchange->options.address);
	const struct sockaddr *from = ADDRESS(&exchange->options.from);
	socklen_t size = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							: sizeof(struct sockaddr_in);

	exchange->fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (exchange->fd < 0 || (from->sa_family && bind(exchange->fd, from, size) != 0) ||
	    connect(exchange->fd, address, size) != 0)
		return false;
	if (uv_poll_init(exchange->options.loop, &exchange->poll, exchange->fd) != 0) {
		errno = ENOMEM;
		return false;
	}
	exchange->open++;
	exchange->polling = true;
	return uv_poll_start(&exchange->poll, UV_READABLE, on_datagrams) == 0;
}

/* The first turn of the loop, so that nothing calls back from inside exchange_start. */
static void
on_begin(uv_timer_t *timer)
{
	struct exchange *exchange = timer->data;
	uint64_t first = (uint64_t)exchange->options.timeout_ms / 5;

	if (exchange->options.tcp) {
		start_tcp(exchange);
	} else if (!open_udp(exchange)) {
		fail(exchange, "UDP", errno);
	} else {
		exchange->repeat_ms = first > REPEAT_MIN_MS ? first : REPEAT_MIN_MS;
		uv_timer_start(timer, on_repeat, exchange->repeat_ms, 0);
		send_datagram(exchange);
	}
}

struct exchange *
exchange_start(const struct exchange_options *options, struct err *err)
{
	struct exchange *exchange;

	assert(options->len <= UINT16_MAX && options->timeout_ms > 0);
	exchange = calloc(1, sizeof(*exchange) + 2 + options->len);
	if (!exchange) {
		err_set(err, ERR_SYSTEM, "no memory for an exchange");
		return NULL;
	}
	exchange->options = *options;
	exchange->options.wire = NULL;
	exchange->fd = -1;
	exchange->out[0] = (uint8_t)(options->len >> 8);
	exchange->out[1] = (uint8_t)options->len;
	memcpy(exchange->out + 2, options->wire, options->len);
	uv_timer_init(options->loop, &exchange->deadline);
	uv_timer_init(options->loop, &exchange->repeat);
	exchange->open = 2;
	exchange->deadline.data = exchange->repeat.data = exchange;
	exchange->poll.data = exchange->tcp.data = exchange;
	exchange->connect.data = exchange->write.data = exchange;
	uv_update_time(options->loop);
	uv_timer_start(&exchange->deadline, on_deadline, (uint64_t)options->timeout_ms, 0);
	uv_timer_start(&exchange->repeat, on_begin, 0, 0);
	return exchange;
}
