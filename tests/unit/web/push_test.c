#include "tests/unit/web/expect.h"

TestSuite(push, .init = open_room, .fini = close_room);

#define QUEUE "\"mta\":\"MTA1.example.jp.\",\"name\":\"queue\""
#define ONE "{" QUEUE ",\"type\":\"gauge\",\"value\":12}"

static json_t *
many(unsigned count)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < count; i++)
		json_array_append_new(list, json_loads(ONE, 0, NULL));
	return json_pack("{s:o}", "counters", list);
}

Test(push, counters_are_pushed_by_those_who_may)
{
	static const struct {
		const char *what;
		bool local;
		const char *headers, *body;
		unsigned status;
		const char *fragment;
	} rows[] = {
		{ "the role push", false, JSON CARL, ONE, 200,
		  "{\"counters\":[{\"mta\":\"mta1.example.jp\",\"name\":\"queue\",\"value\":null,"
		  "\"why\":\"a rate needs a second sample\"}]}" },
		{ "our uid on the unix socket", true, JSON, ONE, 200, "" },
		{ "no token", false, JSON, ONE, 401, "want a token with the role push" },
		{ "the role operate", false, JSON ANNA, ONE, 403, "this wants push" },
		{ "the role read", false, JSON BOB, ONE, 403, "this wants push" },
		{ "another page", false, JSON CARL "Origin: http://evil.example\r\n", ONE, 403,
		  "another origin" },
		{ "no type", false, CARL, ONE, 415, "application/json" },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		room_call(&room, rows[i].local, "POST /v1/counters", rows[i].headers, rows[i].body);
		expect(rows[i].what, rows[i].status, rows[i].fragment);
	}
	cr_assert_eq(room.pushes, 2);
	cr_assert_str_eq(room.last_push.mta, "mta1.example.jp");
	cr_assert_eq(room.last_push.sample.level, 12);
	room_call(&room, true, "GET /v1/counters", "", "");
	expect("only POST", 405, "Allow: POST, OPTIONS\r\n");
	room_call(&room, true, "POST /v1/counters?x=1", JSON, ONE);
	expect("no parameters", 400, "");
	room.answer = ERR_INPUT;
	room_call(&room, true, "POST /v1/counters", JSON, ONE);
	expect("the daemon does not know it", 422, "are not taken");
}

Test(push, pushed_bodies_are_read_strictly)
{
	static const struct {
		const char *body;
		unsigned status;
		const char *fragment;
	} rows[] = {
		{ "", 400, "not JSON" },
		{ "{", 400, "not JSON" },
		{ "[]", 400, "not a JSON object" },
		{ ONE ONE, 400, "not JSON" },
		{ "[[[[[[]]]]]]", 400, "nested deeper than 4" },
		{ "{" QUEUE "," QUEUE "}", 400, "duplicate" },
		{ "{" QUEUE "}", 422, "#/type" },
		{ "{" QUEUE ",\"type\":\"gauge\"}", 422, "value is missing" },
		{ "{" QUEUE ",\"type\":\"float\",\"value\":1}", 422, "wants gauge, counter32" },
		{ "{" QUEUE ",\"type\":\"gauge\",\"value\":\"1\"}", 422, "value is not a number" },
		{ "{" QUEUE ",\"type\":\"gauge\",\"value\":1,\"x\":1}", 422, "#/x" },
		{ "{" QUEUE ",\"type\":\"counter32\",\"value\":4294967296}", 422,
		  "the type can hold" },
		{ "{" QUEUE ",\"type\":\"counter32\",\"value\":-1}", 422, "the type can hold" },
		{ "{" QUEUE ",\"type\":\"counter32\",\"value\":1.5}", 422, "the type can hold" },
		{ "{" QUEUE ",\"type\":\"counter32\",\"value\":4294967295}", 200, "" },
		{ "{" QUEUE ",\"type\":\"counter64\",\"value\":\"18446744073709551615\"}", 200,
		  "" },
		{ "{" QUEUE ",\"type\":\"counter64\",\"value\":\"18446744073709551616\"}", 422,
		  "" },
		{ "{" QUEUE ",\"type\":\"gauge\",\"value\":1e999}", 400, "" },
		{ "{" QUEUE ",\"type\":\"gauge\",\"value\":1,\"uptime\":4294967296}", 422,
		  "#/uptime" },
		{ "{" QUEUE ",\"type\":\"gauge\",\"value\":1,\"time\":\"yesterday\"}", 422,
		  "RFC 3339" },
		{ "{" QUEUE ",\"type\":\"gauge\",\"value\":1,\"time\":\"2001-01-01T00:00:00Z\"}",
		  422, "5 minutes old" },
		{ "{" QUEUE ",\"type\":\"gauge\",\"value\":1,\"time\":\"2999-01-01T00:00:00Z\"}",
		  422, "ahead of our clock" },
		{ "{\"mta\":\"a b\",\"name\":\"q\",\"type\":\"gauge\",\"value\":1}", 422, "#/mta" },
		{ "{\"mta\":\"a.jp\",\"name\":\"a.b\",\"type\":\"gauge\",\"value\":1}", 422,
		  "#/name" },
		{ "{\"mta\":\"a.jp\",\"name\":\"\",\"type\":\"gauge\",\"value\":1}", 422,
		  "#/name" },
		{ "{\"counters\":[]}", 422, "wants 1 to 64 entries" },
		{ "{\"counters\":{}}", 422, "is to be a list" },
		{ "{\"counters\":[1]}", 422, "#/counters/0" },
		{ "{\"counters\":[" ONE "],\"x\":1}", 422, "only member" },
		{ "{\"counters\":[" ONE "," ONE "]}", 200, "\"value\":2.5,\"why\":null}]}" },
		{ "{\"counters\":[" ONE ",{" QUEUE "}]}", 422, "#/counters/1/type" },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		room_call(&room, true, "POST /v1/counters", JSON, rows[i].body);
		expect(rows[i].body, rows[i].status, rows[i].fragment);
	}
	for (unsigned count = PUSH_MOST; count <= PUSH_MOST + 1; count++) {
		json_t *document = many(count);
		char *text = json_dumps(document, JSON_COMPACT);

		room.pushes = 0;
		room_call(&room, true, "POST /v1/counters", JSON, text);
		expect("the most entries", count == PUSH_MOST ? 200 : 422, "");
		cr_assert_eq(room.pushes, count == PUSH_MOST ? PUSH_MOST : 0);
		json_decref(document);
		free(text);
	}
}
