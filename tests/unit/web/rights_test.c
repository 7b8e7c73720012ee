#include "tests/unit/web/expect.h"

#include "web/rights.h"

TestSuite(rights, .init = open_room, .fini = close_room);

Test(rights, who_may_change)
{
	static const struct {
		bool local;
		const char *line, *headers;
		unsigned status;
		const char *fragment;
	} rows[] = {
		{ true, "PUT " OVERRIDE, JSON, 200, "\"by\":\"anna\"" },
		{ true, "DELETE " OVERRIDE, "", 200, "\"mode\":\"auto\"" },
		{ true, "PUT " OVERRIDE, JSON BOB, 403, "the role read, this wants operate" },
		{ false, "PUT " OVERRIDE, JSON ANNA, 200, "\"mode\":\"split\"" },
		{ false, "PUT " OVERRIDE, JSON ANNA, 428, "If-Match: *" },
		{ false, "DELETE " OVERRIDE, ANNA, 428, "ETag: " },
		{ false, "DELETE " OVERRIDE, ANNA "If-Match: *\r\n", 200, "" },
		{ false, "PUT " OVERRIDE, JSON BOB, 403, "" },
		{ false, "DELETE " OVERRIDE, CARL, 403, "" },
		{ false, "PUT " OVERRIDE, JSON ANNA "Origin: http://localhost\r\n", 200, "" },
		{ false, "PUT " OVERRIDE, JSON ANNA "Origin: http://evil.example\r\n", 403, "" },
		{ false, "PUT " OVERRIDE, JSON ANNA "Origin: null\r\n", 403, "" },
		{ false, "DELETE " OVERRIDE, ANNA "If-Match: \"auto\"\r\n", 412, "" },
		{ false, "PUT " OVERRIDE, JSON, 401, "WWW-Authenticate: Bearer" },
		{ false, "PUT " OVERRIDE, JSON "Authorization: Basic b3BlcmF0b3I=\r\n", 401, "" },
		{ false, "PUT " OVERRIDE, JSON "Authorization: Bearer\r\n", 401, "" },
		{ false, "PUT " OVERRIDE, JSON "Authorization: Bearer operator2\r\n", 401,
		  "not known" },
		{ true, "PUT " OVERRIDE, JSON "Authorization: Bearer operator2\r\n", 401, "" },
		{ false, "PUT " OVERRIDE, JSON ANNA ANNA, 400, "given twice" },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		unsigned before = room.orders;
		char what[32];

		snprintf(what, sizeof(what), "row %zu", i);
		room_call(&room, rows[i].local, rows[i].line, rows[i].headers,
			  rows[i].line[0] == 'P' ? GOOD : "");
		expect(what, rows[i].status, rows[i].fragment);
		cr_assert_eq(room.orders, before + (rows[i].status == 200), "%s", what);
	}
}

#define BOARD "Origin: https://board.example\r\n"

/* Pages of a listed origin may ask over TCP, and change what their token may. */
Test(rights, pages_of_listed_origins)
{
	static const struct {
		const char *what;
		bool local;
		const char *line, *headers;
		unsigned status;
		const char *fragment; /* beside the origin, which is named or not */
		bool named;
	} rows[] = {
		{ "reads", false, "GET /v1/status", BOARD, 200, "Vary: Origin\r\n", true },
		{ "sees the tag", false, "GET " OVERRIDE, BOARD, 200,
		  "Access-Control-Expose-Headers: ETag, Retry-After\r\n", true },
		{ "sees why not", false, "GET /v1/nothing", BOARD, 404, "", true },
		{ "asks first", false, "OPTIONS " OVERRIDE,
		  BOARD "Access-Control-Request-Method: PUT\r\n", 204,
		  "Access-Control-Allow-Methods: GET, HEAD, PUT, DELETE, OPTIONS\r\n", true },
		{ "asks with what", false, "OPTIONS " OVERRIDE, BOARD, 204,
		  "Access-Control-Allow-Headers: Authorization, Content-Type, If-Match, "
		  "Last-Event-ID\r\n",
		  true },
		{ "asks for how long", false, "OPTIONS " OVERRIDE, BOARD, 204,
		  "Access-Control-Max-Age: 600\r\n", true },
		{ "changes with a token", false, "PUT " OVERRIDE, JSON ANNA BOARD, 200, "", true },
		{ "not without", false, "PUT " OVERRIDE, JSON BOARD, 401, "", true },
		{ "nor with a reader's", false, "PUT " OVERRIDE, JSON BOB BOARD, 403,
		  "the role read", true },
		{ "a socket is none of theirs", true, "PUT " OVERRIDE, JSON BOARD, 403,
		  "another origin", false },
		{ "nor to read", true, "GET /v1/status", BOARD, 200, "", false },
		{ "a longer name", false, "GET /v1/status",
		  "Origin: https://board.example.evil\r\n", 200, "", false },
		{ "a shorter name", false, "GET /v1/status", "Origin: https://board.exampl\r\n",
		  200, "", false },
		{ "another scheme", false, "PUT " OVERRIDE,
		  JSON ANNA "Origin: http://board.example\r\n", 403, "another origin", false },
		{ "another port", false, "OPTIONS " OVERRIDE,
		  "Origin: https://board.example:8443\r\n", 204, "Allow: GET", false },
		{ "nobody", false, "GET /v1/status", "", 200, "", false },
		{ "no origin", false, "GET /v1/status", "Origin: null\r\n", 200, "", false },
		{ "all of them", false, "GET /v1/status", "Origin: *\r\n", 200, "", false },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		room_call(&room, rows[i].local, rows[i].line, rows[i].headers,
			  rows[i].line[0] == 'P' ? GOOD : "");
		expect(rows[i].what, rows[i].status, rows[i].fragment);
		cr_assert_eq(strstr(room.reply,
				    "Access-Control-Allow-Origin: https://board.example\r\n") !=
				     NULL,
			     rows[i].named, "%s: %s", rows[i].what, room.reply);
		cr_assert(rows[i].named || !strstr(room.reply, "Access-Control-"), "%s",
			  rows[i].what);
		cr_assert(!strstr(room.reply, "Allow-Credentials"), "%s", rows[i].what);
	}
	cr_assert_eq(room.orders, 1);
}

Test(rights, guessing_is_slowed_and_the_right_token_still_passes)
{
	for (unsigned i = 0; i < 8; i++) {
		room_call(&room, false, "DELETE " OVERRIDE, "Authorization: Bearer guess\r\n", "");
		expect("guess", i < RIGHTS_FAILURES ? 401 : 429,
		       i < RIGHTS_FAILURES ? "" : "Retry-After: ");
	}
	room_call(&room, false, "DELETE " OVERRIDE, ANNA, "");
	expect("right token", 200, "");
}
