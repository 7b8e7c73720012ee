#include "tests/unit/web/room.h"

#include "web/stream.h"

#define DEADLINE_MS 300 /* for a client that takes nothing */

static struct room room;

static void
open_room(void)
{
	room_open(&room, DEADLINE_MS);
	room.newest = 7;
}

static void
close_room(void)
{
	room_close(&room);
}

TestSuite(stream, .init = open_room, .fini = close_room);

struct client {
	int fd;
	bool ended;
	size_t length;
	char text[1 << 16];
};

static void
turn(void)
{
	web_tell(room.web);
	for (int i = 0; i < 4; i++)
		uv_run(&room.loop, UV_RUN_NOWAIT);
}

static void
take(struct client *client)
{
	ssize_t got = recv(client->fd, client->text + client->length,
			   sizeof(client->text) - 1 - client->length, MSG_DONTWAIT);

	client->ended = client->ended || got == 0 || (got < 0 && errno != EAGAIN);
	client->length += got > 0 ? (size_t)got : 0;
	client->text[client->length] = '\0';
}

static void
ask(struct client *client, bool local, const char *target, const char *headers)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
			      target, headers);

	*client = (struct client){ .fd = room_connect(&room, local) };
	cr_assert_eq(send(client->fd, line, (size_t)length, MSG_NOSIGNAL), length);
}

/* Lets ticks come until the text is there (or, NULL, until the server has ended it). */
static void
await(struct client *client, const char *text)
{
	for (unsigned waited = 0; waited < ROOM_PATIENCE_MS; waited += 5) {
		turn();
		take(client);
		if (text ? strstr(client->text, text) != NULL : client->ended)
			return;
		poll(NULL, 0, 5);
	}
	cr_assert_fail("no '%s' in: %s", text ? text : "end", client->text);
}

Test(stream, entries_and_snapshots_come_as_they_happen)
{
	struct client client;
	const char *second;

	for (int local = 0; local < 2; local++) {
		room.newest = 2;
		ask(&client, local, "/v1/stream?after=1", "");
		await(&client, "event: status\ndata: {\"version\":\"0.1.0\"");
		cr_assert(strstr(client.text, "Content-Type: text/event-stream\r\n") != NULL);
		cr_assert(strstr(client.text, "retry: 2000\n\n") != NULL);
		cr_assert(strstr(client.text, "id: 2\nevent: journal\ndata: {\"id\":2,") != NULL);
		cr_assert(strstr(client.text, "id: 1\n") == NULL);
		cr_assert(strstr(client.text, "id: 3\n") == NULL);
		room.newest = 4;
		await(&client, "id: 4\nevent: journal\n");
		second = strstr(client.text, "event: status");
		room.snapshot->made_us++;
		while (!strstr(second + 1, "event: status"))
			await(&client, "");
		close(client.fd);
	}
}

Test(stream, begins_where_it_is_told)
{
	static const struct {
		const char *target, *headers, *there, *not_there;
	} rows[] = {
		{ "/v1/stream", "", "event: status", "event: journal" },
		{ "/v1/stream?after=0", "", "id: 7\n", "id: 8\n" },
		{ "/v1/stream?after=6", "", "id: 7\n", "id: 6\n" },
		{ "/v1/stream?after=900", "", "event: status", "event: journal" },
		{ "/v1/stream", "Last-Event-ID: 5\r\n", "id: 7\n", "id: 5\n" },
		{ "/v1/stream?after=0", "Last-Event-ID: 6\r\n", "id: 7\n", "id: 6\n" },
		{ "/v1/stream?after=6&every=0", "", "id: 7\n", "event: status" },
		{ "/v1/stream", "Last-Event-ID: x\r\n", "HTTP/1.1 400", "retry" },
		{ "/v1/stream", "Last-Event-ID: -1\r\n", "HTTP/1.1 400", "retry" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client client;

		ask(&client, false, rows[i].target, rows[i].headers);
		await(&client, rows[i].there);
		turn();
		take(&client);
		cr_assert(strstr(client.text, rows[i].not_there) == NULL, "row %zu: %s", i,
			  client.text);
		close(client.fd);
		turn();
	}
}

Test(stream, there_are_eight_and_a_place_is_free_when_one_goes)
{
	static struct client clients[STREAM_MOST + 1];

	for (int i = 0; i < STREAM_MOST; i++) {
		ask(&clients[i], i % 2, "/v1/stream?every=0", "");
		await(&clients[i], "retry: ");
	}
	ask(&clients[STREAM_MOST], false, "/v1/stream", "");
	await(&clients[STREAM_MOST], "HTTP/1.1 503");
	close(clients[STREAM_MOST].fd);
	close(clients[3].fd);
	turn();
	ask(&clients[3], false, "/v1/stream", "");
	await(&clients[3], "event: status");
	web_tell(room.web);
	for (int i = 0; i < STREAM_MOST; i++) /* they outlive the deadline of a request */
		await(&clients[i], "retry: ");
	poll(NULL, 0, 2 * DEADLINE_MS);
	turn();
	for (int i = 0; i < STREAM_MOST; i++) {
		take(&clients[i]);
		cr_assert(!clients[i].ended, "stream %d", i);
		close(clients[i].fd);
	}
}

/* It is cut, and its place is free; meanwhile others are served. */
Test(stream, who_takes_nothing_is_cut)
{
	static struct client clients[STREAM_MOST], late;
	int small = 4096;
	char byte;

	room.newest = INT64_MAX - 1;
	ask(&clients[0], false, "/v1/stream?after=0&every=0", "");
	setsockopt(clients[0].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int i = 1; i < STREAM_MOST; i++) {
		ask(&clients[i], false, "/v1/stream?every=0", "");
		await(&clients[i], "retry: ");
	}
	for (unsigned waited = 0; waited < ROOM_PATIENCE_MS; waited += DEADLINE_MS / 4) {
		room_call(&room, false, "GET /healthz", "", "");
		cr_assert_eq(room_status(&room), 200);
		ask(&late, false, "/v1/stream?every=0", "");
		await(&late, "HTTP/1.1 ");
		close(late.fd);
		if (strncmp(late.text, "HTTP/1.1 200", 12) == 0)
			break;
		poll(NULL, 0, DEADLINE_MS / 4);
	}
	cr_assert(strncmp(late.text, "HTTP/1.1 200", 12) == 0, "it is not cut: %s", late.text);
	cr_assert_eq(recv(clients[0].fd, &byte, 1, MSG_DONTWAIT), 1, "it was sent something");
	for (int i = 0; i < STREAM_MOST; i++)
		close(clients[i].fd);
}

/* Bytes taken in three deadlines; 0: this process itself did not come to take any for too long. */
static uint64_t
take_for_a_while(struct client *client)
{
	uint64_t taken = 0, last = uv_hrtime(), now;

	for (int i = 0; i < 3 * DEADLINE_MS; i++) {
		turn();
		client->length = 0;
		take(client);
		taken += client->length;
		now = uv_hrtime();
		if (now - last > DEADLINE_MS / 2 * UINT64_C(1000000))
			return 0;
		last = now;
		cr_assert(!client->ended);
		poll(NULL, 0, 1);
	}
	return taken;
}

Test(stream, who_takes_is_not_cut)
{
	static struct client client;
	uint64_t taken = 0;

	room.newest = INT64_MAX - 1;
	for (int i = 0; i < 20 && taken == 0; i++) {
		ask(&client, true, "/v1/stream?after=0", "");
		taken = take_for_a_while(&client);
		close(client.fd);
		turn();
	}
	cr_assert_gt(taken, 100000u);
}

Test(stream, ends_when_tokens_are_read_again_and_when_the_journal_cannot_be_read)
{
	struct web_access access = { .tokens_path = room.tokens };
	struct client client;
	struct err err = { 0 };

	ask(&client, false, "/v1/stream?every=0", "");
	await(&client, "retry: ");
	cr_assert(web_reload(room.web, &access, &err), "%s", err.text);
	await(&client, NULL);
	cr_assert(strstr(client.text, "\r\n0\r\n\r\n") != NULL, "its last chunk: %s", client.text);
	close(client.fd);
	ask(&client, false, "/v1/stream?every=0", "");
	await(&client, "retry: ");
	room.journal = ERR_SYSTEM;
	room.newest = 8;
	await(&client, NULL);
	close(client.fd);
	room.journal = ERR_NONE;
	turn();
}

/* The suspended connections do not keep it (libmicrohttpd aborts on them). */
Test(stream, the_web_stops_under_it)
{
	static struct client clients[2];

	for (int i = 0; i < 2; i++) {
		ask(&clients[i], i, "/v1/stream", "");
		await(&clients[i], "event: status");
	}
}
