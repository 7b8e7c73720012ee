#include "dnsupdate/exchange.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

struct seen {
	int judged, over;
	enum exchange_outcome outcome;
	char why[200];
	enum exchange_verdict verdict; /* of messages that begin with 'a'; others are odd */
};

static enum exchange_verdict
judge(void *ctx, const uint8_t *wire, size_t len, bool tcp)
{
	struct seen *seen = ctx;

	(void)tcp;
	seen->judged++;
	return len > 0 && wire[0] == 'a' ? seen->verdict : EXCHANGE_ODD;
}

static void
done(void *ctx, enum exchange_outcome outcome, const char *why)
{
	struct seen *seen = ctx;

	seen->over++;
	seen->outcome = outcome;
	snprintf(seen->why, sizeof(seen->why), "%s", why);
}

/* A socket at a free port of loopback, and its address. A stream socket listens when asked to. */
static int
open_port(int type, bool listens, struct sockaddr_storage *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&in, size) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)&in, &size) == 0);
	cr_assert(!listens || listen(fd, 4) == 0);
	memcpy(address, &in, sizeof(in));
	return fd;
}

/* A server in the same loop: to each datagram it sends every word of `words` in turn. */
static void
on_datagram(uv_poll_t *poll, int status, int events)
{
	const char *const *words = poll->data;
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	uv_os_fd_t fd;
	char in[512];

	cr_assert(status == 0 && events && uv_fileno((uv_handle_t *)poll, &fd) == 0);
	if (recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &size) < 0)
		return;
	for (; *words; words++)
		sendto(fd, *words, strlen(*words), 0, (struct sockaddr *)&from, size);
}

static struct seen
run(const struct sockaddr_storage *address, bool tcp, int64_t timeout_ms, uv_loop_t *loop,
    enum exchange_verdict verdict, uv_poll_t *server)
{
	struct seen seen = { .verdict = verdict };
	struct exchange_options options = { .loop = loop,
					    .address = *address,
					    .wire = (const uint8_t *)"question",
					    .len = 8,
					    .tcp = tcp,
					    .timeout_ms = timeout_ms,
					    .ctx = &seen,
					    .judge = judge,
					    .done = done };

	cr_assert(exchange_start(&options, NULL) && seen.over == 0);
	while (seen.over == 0)
		uv_run(loop, UV_RUN_ONCE);
	if (server)
		uv_close((uv_handle_t *)server, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	cr_assert(seen.over == 1);
	return seen;
}

static const struct {
	const char *words[8];
	enum exchange_verdict verdict;
	int judged;
	enum exchange_outcome outcome;
} rows[] = {
	{ { "answer", NULL }, EXCHANGE_ANSWER, 1, EXCHANGE_ANSWERED },
	{ { "odd", "", "more", "answer", "answer", NULL }, EXCHANGE_ANSWER, 4, EXCHANGE_ANSWERED },
	{ { "odd", "answer", "answer", NULL }, EXCHANGE_ENOUGH, 2, EXCHANGE_SILENT },
	{ { "odd", NULL }, EXCHANGE_ANSWER, -1, EXCHANGE_SILENT },
	{ { NULL }, EXCHANGE_ANSWER, 0, EXCHANGE_SILENT },
	{ { "answer", NULL },
	  EXCHANGE_TRUNCATED,
	  1,
	  EXCHANGE_SILENT }, /* and TCP is closed there */
};

Test(exchange, waits_for_the_answer_among_odd_datagrams)
{
	uv_loop_t loop;

	uv_loop_init(&loop);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sockaddr_storage address;
		int fd = open_port(SOCK_DGRAM, false, &address);
		bool ends =
			rows[i].outcome == EXCHANGE_ANSWERED || rows[i].verdict == EXCHANGE_ENOUGH;
		struct seen seen;
		uv_poll_t server;

		uv_poll_init(&loop, &server, fd);
		server.data = (void *)rows[i].words;
		uv_poll_start(&server, UV_READABLE, on_datagram);
		seen = run(&address, false, ends ? 30000 : 300, &loop, rows[i].verdict, &server);
		cr_assert(seen.outcome == rows[i].outcome, "row %zu: %s", i, seen.why);
		cr_assert(rows[i].judged < 0 || seen.judged == rows[i].judged, "row %zu: %d", i,
			  seen.judged);
		cr_assert((seen.why[0] == '\0') == (seen.outcome == EXCHANGE_ANSWERED) ||
				  rows[i].verdict == EXCHANGE_ENOUGH,
			  "row %zu: %s", i, seen.why);
		close(fd);
	}
	cr_assert(uv_loop_close(&loop) == 0);
}

Test(exchange, tells_a_closed_port_from_a_silent_one_and_can_be_ended_at_any_time)
{
	struct sockaddr_storage address;
	struct seen seen = { 0 };
	struct exchange_options options = { .wire = (const uint8_t *)"q",
					    .len = 1,
					    .timeout_ms = 30000,
					    .ctx = &seen,
					    .judge = judge,
					    .done = done };
	uv_loop_t loop;
	int fd;

	uv_loop_init(&loop);
	for (int tcp = 0; tcp < 2; tcp++) {
		close(open_port(tcp ? SOCK_STREAM : SOCK_DGRAM, false, &address));
		seen = run(&address, tcp, 30000, &loop, EXCHANGE_ANSWER, NULL);
		cr_assert(seen.outcome == EXCHANGE_UNSENT, "tcp %d", tcp);
		cr_assert(strstr(seen.why, "connection refused"), "tcp %d: %s", tcp, seen.why);
	}
	fd = open_port(SOCK_STREAM, true, &address);
	seen = run(&address, true, 300, &loop, EXCHANGE_ANSWER, NULL);
	cr_assert(seen.outcome == EXCHANGE_SILENT && strstr(seen.why, "no answer in 0.3 s"), "%s",
		  seen.why);
	options.loop = &loop;
	options.address = address;
	for (int turns = 0; turns < 8; turns++) {
		struct exchange *exchange;

		options.tcp = turns % 2;
		seen = (struct seen){ 0 };
		exchange = exchange_start(&options, NULL);
		for (int i = 0; i < turns / 2; i++)
			uv_run(&loop, UV_RUN_NOWAIT);
		if (seen.over == 0)
			exchange_free(exchange);
		uv_run(&loop, UV_RUN_DEFAULT);
		cr_assert(seen.over == 0 || !options.tcp, "turn %d", turns);
	}
	exchange_free(NULL);
	close(fd);
	cr_assert(uv_loop_close(&loop) == 0);
}
