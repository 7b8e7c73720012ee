/*
 * Requests of chance through the whole server: well-formed ones in which bytes, lines and pieces
 * were changed, lost, doubled and put together. LONG=1: a million. None is answered by a fault of
 * ours, and nothing is kept of them.
 */
#include "tests/unit/web/room.h"

#include "web/serve.h"

#include <malloc.h>

#define HEAD " HTTP/1.1\r\nHost: localhost\r\n"
#define JSON "Content-Type: application/json\r\n"
#define ROOM 4096
#define GROWTH (4 << 20) /* bytes that the heap may swing by: buffers, not requests */

static const struct span seeds[] = {
	SPAN("GET /v1/status" HEAD "\r\n"),
	SPAN("HEAD /" HEAD "\r\n"),
	SPAN("OPTIONS /v1/domains/example.jp/override" HEAD "\r\n"),
	SPAN("GET /v1/events?after=3&limit=2" HEAD "Authorization: Bearer reader\r\n\r\n"),
	SPAN("GET /v1/domains/example.jp/series?from=60&to=3600&step=60" HEAD "\r\n"),
	SPAN("GET /v1/stream?every=1&after=0" HEAD "Last-Event-ID: 4\r\n\r\n"),
	SPAN("PUT /v1/domains/example.jp/override" HEAD "Authorization: Bearer operator\r\n" JSON
	     "If-Match: *\r\nContent-Length: 47\r\n\r\n"
	     "{\"mode\":\"split\",\"for\":\"2h\",\"reason\":\"a flood..\"}"),
	SPAN("DELETE /v1/domains/example.jp/override" HEAD
	     "Authorization: Bearer operator\r\nIf-Match: \"a\", \"b\"\r\n\r\n"),
	SPAN("POST /v1/counters" HEAD "Authorization: Bearer pusher\r\n" JSON
	     "Content-Length: 68\r\n\r\n"
	     "{\"mta\":\"mta1.example.jp\",\"name\":\"load1\",\"type\":\"gauge\",\"value\":1.50}"),
	SPAN("POST /v1/counters" HEAD JSON
	     "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n"),
	SPAN("POST /v1/hooks/page/test" HEAD
	     "Authorization: Bearer operator\r\nContent-Length: 0\r\n\r\n"),
	SPAN("GET /metrics HTTP/1.0\r\nHost: mx.example.jp\r\nExpect: 100-continue\r\n\r\n"),
};

static const struct span words[] = {
	SPAN("\r\n"),
	SPAN("\r\n\r\n"),
	SPAN("\n"),
	SPAN("\0"),
	SPAN("%00"),
	SPAN("%2f"),
	SPAN("/../"),
	SPAN("?"),
	SPAN("&a=b"),
	SPAN("Content-Length: 5\r\n"),
	SPAN("Content-Length : 5\r\n"),
	SPAN("Content-Length: 99999999999999999999\r\n"),
	SPAN("Transfer-Encoding: chunked\r\n"),
	SPAN("Transfer-Encoding: x\r\n"),
	SPAN("Host: evil.example\r\n"),
	SPAN("Origin: http://evil.example\r\n"),
	SPAN("X: y\r\n X: folded\r\n"),
	SPAN("[[[[[[[[[[[[[[[["),
	SPAN("{\"mode\":"),
	SPAN("\"mode\":\"auto\","),
	SPAN("\xff\xfe"),
	SPAN("\\u0000"),
	SPAN("1e999"),
	SPAN("-"),
	SPAN("ffffffffffffffff\r\n"),
	SPAN("GET /v1 HTTP/1.1\r\n\r\n"),
	SPAN("Authorization: Bearer guess\r\n"),
	SPAN("HTTP/9.9"),
	SPAN("\t"),
	SPAN(":"),
};

static struct room room;
static uint64_t chance = 27;

static void
open_room(void)
{
	room_open(&room, 0);
}

static void
close_room(void)
{
	room_close(&room);
}

TestSuite(hammer, .init = open_room, .fini = close_room, .timeout = 7200);

/* xorshift64*: the same requests everywhere. */
static size_t
below(size_t most)
{
	chance ^= chance >> 12;
	chance ^= chance << 25;
	chance ^= chance >> 27;
	return (size_t)((chance * UINT64_C(2685821657736338717)) >> 33) % most;
}

static void
insert(char *bytes, size_t *length, size_t at, struct span what)
{
	if (*length + what.len > ROOM)
		return;
	memmove(bytes + at + what.len, bytes + at, *length - at);
	memcpy(bytes + at, what.at, what.len);
	*length += what.len;
}

static void
change(char *bytes, size_t *length)
{
	size_t at = below(*length), run = 1 + below(*length - at < 40 ? *length - at : 40);
	char piece[40];

	switch (below(6)) {
	case 0:
		bytes[at] = (char)below(256);
		break;
	case 1:
		bytes[at] ^= (char)(1 << below(8));
		break;
	case 2:
		if (*length - run < 8)
			break;
		memmove(bytes + at, bytes + at + run, *length - at - run);
		*length -= run;
		break;
	case 3:
		memcpy(piece, bytes + at, run);
		insert(bytes, length, below(*length), (struct span){ piece, run });
		break;
	case 4:
		insert(bytes, length, at, words[below(sizeof(words) / sizeof(words[0]))]);
		break;
	case 5:
		insert(bytes, length, *length, seeds[below(sizeof(seeds) / sizeof(seeds[0]))]);
		break;
	}
}

/* One request; the class of its answer: 0 for none, else 1 to 4, or 5 for one that is allowed. */
static unsigned
hammer(void)
{
	struct span seed = seeds[below(sizeof(seeds) / sizeof(seeds[0]))];
	char bytes[ROOM];
	size_t length = seed.len;
	unsigned status;

	memcpy(bytes, seed.at, seed.len);
	for (size_t changes = below(8); changes; changes--)
		change(bytes, &length);
	room_throw(&room, below(2), (struct span){ bytes, length });
	status = room_status(&room);
	/* 505: the library or we do not speak it; 503: more streams than there are places */
	cr_assert(status < 500 || status == 505 || strstr(room.reply, "streams are open"),
		  "%.*s\nwas answered %s", (int)length, bytes, room.reply);
	cr_assert(status < 400 || strstr(room.reply, "application/problem+json") ||
			  !strstr(room.reply, "X-Content-Type-Options"),
		  "an error of ours is a problem: %s", room.reply);
	return status / 100;
}

/* The loop has zones to look after: what one client sends at once is answered over several of its
 * turns. */
Test(hammer, a_client_with_many_requests_leaves_turns_to_others)
{
	struct span one = SPAN("GET /healthz" HEAD "\r\n");
	unsigned wanted = 300, turns = 0, got = 0;
	int fd = room_connect(&room, true);
	char bytes[512], many[ROOM * 4], before = 0;

	for (unsigned i = 0; i < wanted; i++)
		memcpy(many + i * one.len, one.at, one.len);
	cr_assert_eq(send(fd, many, wanted * one.len, MSG_NOSIGNAL), (ssize_t)(wanted * one.len));
	for (ssize_t length = 0; got < wanted; turns++) {
		uv_run(&room.loop, UV_RUN_ONCE);
		while ((length = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
			for (ssize_t i = 0; i < length; i++) {
				got += before == 'P' && bytes[i] == '/'; /* HTTP/1.1 */
				before = bytes[i];
			}
	}
	close(fd);
	cr_assert(turns > wanted / SERVE_STEPS / 2, "all was answered in %u turns", turns);
}

Test(hammer, no_request_is_answered_by_a_fault_or_kept)
{
	unsigned rounds = getenv("LONG") ? 1000000 : 20000, warm = rounds / 10, classes[6] = { 0 };
	size_t before = 0, after;

	for (unsigned i = 0; i < rounds; i++) {
		if (i == warm)
			before = mallinfo2().uordblks;
		classes[hammer()]++;
	}
	after = mallinfo2().uordblks;
	printf("%u requests: %u without an answer, %u, %u, %u of 2xx, 4xx, 505; the heap grew by "
	       "%zd "
	       "bytes\n",
	       rounds, classes[0], classes[2], classes[4], classes[5], (ssize_t)(after - before));
	cr_assert(classes[2] > rounds / 50 && classes[4] > rounds / 10,
		  "the requests are of every kind");
	cr_assert(after < before + GROWTH);
	room_ask(&room, false,
		 SPAN("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
	cr_assert_eq(room_status(&room), 200, "it still answers");
}
