#include "tests/unit/web/expect.h"

#include "web/vet.h"

TestSuite(wire, .init = open_room, .fini = close_room);

/* What a proxy and this server could read differently: one refusal, then the end of the connection;
 * the smuggled DELETE is never run. */
Test(wire, smuggling_is_refused)
{
	static const struct {
		struct span bytes;
		unsigned status; /* 0: the library itself may have ended it in its own way */
	} rows[] = {
#define SMUGGLED "DELETE " OVERRIDE " HTTP/1.1\r\nHost: localhost\r\n" ANNA "\r\n"
		{ RAW("PUT " OVERRIDE " HTTP/1.1\r\n" L JSON
		      "Content-Length: 0\r\nContent-Length: 90\r\n\r\n" SMUGGLED),
		  400 },
		{ RAW("PUT " OVERRIDE " HTTP/1.1\r\n" L JSON
		      "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
		  400 },
		{ RAW("PUT " OVERRIDE " HTTP/1.1\r\n" L JSON
		      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
		  411 },
		{ RAW("PUT " OVERRIDE " HTTP/1.1\r\n" L JSON
		      "Content-Length : 90\r\n\r\n" SMUGGLED),
		  400 },
		{ RAW("PUT " OVERRIDE " HTTP/1.1\r\n" L JSON
		      "Content-Length: +90\r\n\r\n" SMUGGLED),
		  0 },
		{ RAW("PUT " OVERRIDE " HTTP/1.1\r\n" L JSON "\r\n" SMUGGLED), 411 },
		{ RAW("GET /healthz HTTP/1.1\r\n" L "Content-Length: 90\r\n\r\n" SMUGGLED), 400 },
		{ RAW("GET /healthz HTTP/1.1\r\n" L "Host: evil.example\r\n\r\n" SMUGGLED), 400 },
		{ RAW("GET /healthz HTTP/1.1\r\n\r\n" SMUGGLED), 0 },
		{ RAW("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\x01z\r\n\r\n" SMUGGLED),
		  400 },
		{ RAW("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\rz\r\n\r\n" SMUGGLED),
		  400 },
		{ RAW("G\x01T /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" SMUGGLED), 400 },
		{ RAW("GET /v1/domains%2fexample.jp HTTP/1.1\r\n" L "\r\n" SMUGGLED), 400 },
		{ RAW("GET /healthz%00 HTTP/1.1\r\n" L "\r\n" SMUGGLED), 400 },
		{ RAW("GET /v1/../healthz HTTP/1.1\r\n" L "\r\n" SMUGGLED), 400 },
		{ RAW("GET //healthz HTTP/1.1\r\n" L "\r\n" SMUGGLED), 400 },
		{ RAW("GET http://localhost/healthz HTTP/1.1\r\n" L "\r\n" SMUGGLED), 400 },
		{ RAW("GET /healthz HTTP/2.0\r\n" L "\r\n" SMUGGLED), 0 },
		{ RAW("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n" SMUGGLED), 421 },
		{ RAW("GET /healthz HTTP/1.1\r\nHost: "
		      "localhost.evil.example:8053\r\n\r\n" SMUGGLED),
		  421 },
		{ RAW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), 0 },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		unsigned before = room.orders, status;
		char what[32];

		snprintf(what, sizeof(what), "row %zu", i);
		room_ask(&room, false, rows[i].bytes);
		status = room_status(&room);
		if (rows[i].status) /* libmicrohttpd 1.0 refuses more by itself, with 400 */
			cr_assert((status == rows[i].status || status == 400) &&
					  strstr(room.reply, "Connection: close\r\n"),
				  "%s: %s", what, room.reply);
		else
			cr_assert(status == 0 || status >= 400, "%s: %s", what, room.reply);
		cr_assert_eq(room.orders, before, "%s ran what was smuggled", what);
		cr_assert(strstr(room.reply, "HTTP/1.1 2") == NULL, "%s was answered: %s", what,
			  room.reply);
	}
}

Test(wire, hosts_that_are_answered)
{
	static const char *const hosts[] = { "localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8053",
					     "mx.example.jp:80" };

	for (size_t i = 0; i < ROWS(hosts); i++) {
		char bytes[256];

		snprintf(bytes, sizeof(bytes),
			 "GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
			 hosts[i]);
		room_ask(&room, false, span_of(bytes));
		expect(hosts[i], 200, "ok\n");
	}
	room_ask(&room, true,
		 SPAN("GET /healthz HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n"));
	expect("unix socket", 200, "");
}

Test(wire, limits_of_a_head)
{
	static char line[3 * VET_HEAD];
	struct text text = TEXT(line);

	text_add(&text, "GET /%0*d HTTP/1.1\r\n" L "Connection: close\r\n\r\n", VET_TARGET - 1, 7);
	room_ask(&room, false, (struct span){ text.at, text.len });
	expect("longest target", 404, "");
	text = TEXT(line);
	text_add(&text, "GET /%0*d HTTP/1.1\r\n" L "\r\n", VET_TARGET, 7);
	room_ask(&room, false, (struct span){ text.at, text.len });
	expect("one longer", 414, "");
	text = TEXT(line);
	text_add(&text, "GET / HTTP/1.1\r\n" L "X: %0*d\r\n\r\n", VET_HEAD, 7);
	room_ask(&room, false, (struct span){ text.at, text.len });
	expect("much header", 431, "");
	text = TEXT(line);
	text_add(&text, "GET / HTTP/1.1\r\n" L);
	for (int i = 0; i < VET_FIELDS; i++)
		text_add(&text, "X: 1\r\n");
	text_add(&text, "\r\n");
	room_ask(&room, false, (struct span){ text.at, text.len });
	expect("many fields", 431, "more than 64");
}

Test(wire, one_connection_takes_requests_one_after_the_other)
{
	room_ask(&room, false,
		 SPAN("GET /healthz HTTP/1.1\r\n" L "\r\nGET /v1/nothing HTTP/1.1\r\n" L
		      "\r\nGET /readyz HTTP/1.1\r\n" L "Connection: close\r\n\r\n"));
	expect("first", 200, "ok\n");
	cr_assert(strstr(room.reply, "HTTP/1.1 404 ") != NULL);
	cr_assert(strstr(room.reply, "ready\n") != NULL);
}

/* A crowd of connections that say nothing never keeps an honest one out. */
Test(wire, a_crowd_of_silent_clients)
{
	int crowd[3 * WEB_CONNECTIONS];

	for (size_t i = 0; i < ROWS(crowd); i++) {
		crowd[i] = room_connect(&room, false);
		cr_assert_eq(send(crowd[i], "GET /", 5, MSG_NOSIGNAL), 5);
		uv_run(&room.loop, UV_RUN_NOWAIT);
	}
	room_call(&room, false, "GET /healthz", "", "");
	expect("honest", 200, "ok\n");
	for (size_t i = 0; i < ROWS(crowd); i++)
		close(crowd[i]);
}

TestSuite(wire_slow);

/* With a short deadline: a head or a body that does not come, and one that comes byte by byte. */
Test(wire_slow, slow_clients_are_cut)
{
	static const struct span rows[] = {
		RAW(""), RAW("GET /healthz HT"),
		RAW("PUT " OVERRIDE " HTTP/1.1\r\n" L JSON "Content-Length: 9000\r\n\r\n{"),
		RAW("GET /healthz HTTP/1.1\r\n" L "\r\n"), /* answered, then idle */
	};
	ssize_t put = 1;
	int fd;

	room_open(&room, 100);
	for (size_t i = 0; i < ROWS(rows); i++) {
		room_ask(&room, i % 2, rows[i]);
		cr_assert_eq(room_status(&room), i == 3 ? 200u : 0u, "row %zu: %s", i, room.reply);
	}
	fd = room_connect(&room, false);
	for (unsigned waited = 0; put == 1 && waited < ROOM_PATIENCE_MS; waited++) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		uv_run(&room.loop, UV_RUN_NOWAIT);
		if (poll(&wait, 1, 1) > 0)
			break;
		put = send(fd, "G", 1, MSG_NOSIGNAL);
	}
	room_receive(&room, fd);
	cr_assert_eq(room_status(&room), 0u, "%s", room.reply);
	room_close(&room);
}
