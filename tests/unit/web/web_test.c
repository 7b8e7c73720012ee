#include "tests/unit/web/room.h"

#include "web/override.h"
#include "web/routes.h"
#include "web/vet.h"

#include <jansson.h>

#define JSON "Content-Type: application/json\r\n"
#define ANNA "Authorization: Bearer operator\r\n"
#define BOB "Authorization: bearer  reader\r\n"
#define CARL "Authorization: Bearer pusher\r\n"
#define OVERRIDE "/v1/domains/example.jp/override"
#define GOOD "{\"mode\":\"split\",\"for\":\"2h\",\"reason\":\"flood\",\"by\":\"anna\"}"
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct room room;

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

TestSuite(web, .init = open_room, .fini = close_room);

static const char *
body(void)
{
	const char *end = strstr(room.reply, "\r\n\r\n");

	return end ? end + 4 : "";
}

/* Every error is problem+json with its four members, and its status is the real one. */
static void
check_problem(const char *what)
{
	json_t *problem = json_loads(body(), 0, NULL);
	const char *type = NULL, *title = NULL, *detail = NULL;
	int status = 0;

	cr_assert(strstr(room.reply, "Content-Type: application/problem+json\r\n") != NULL,
		  "%s: %s", what, room.reply);
	cr_assert(json_unpack(problem, "{s:s, s:s, s:i, s:s}", "type", &type, "title", &title,
			      "status", &status, "detail", &detail) == 0,
		  "%s: %s", what, body());
	cr_assert_eq((unsigned)status, room_status(&room), "%s", what);
	cr_assert(strncmp(type, "/v1#", 4) == 0 && title[0] && detail[0], "%s: %s", what, body());
	json_decref(problem);
}

static void
expect(const char *what, unsigned status, const char *fragment)
{
	cr_assert_eq(room_status(&room), status, "%s: wanted %u, got: %s", what, status,
		     room.reply);
	cr_assert(strstr(room.reply, fragment) != NULL, "%s: no '%s' in: %s", what, fragment,
		  room.reply);
	if (status >= 400)
		check_problem(what);
}

Test(web, reads)
{
	static const struct {
		const char *line;
		unsigned status;
		const char *fragment;
	} rows[] = {
		{ "GET /v1", 200, "/v1/domains/{name}/override" },
		{ "GET /", 200, "script-src 'self'" },
		{ "GET /", 200, "<!doctype html>" },
		{ "GET /app.js", 200, "Content-Type: text/javascript; charset=utf-8" },
		{ "GET /style.css", 200, "text/css" },
		{ "GET /v1/events?last=2", 200, "\"id\":2" },
		{ "GET /v1/events?last=2&limit=1", 400, "last stands alone" },
		{ "GET /healthz", 200, "text/plain; charset=utf-8" },
		{ "GET /readyz", 200, "ready\n" },
		{ "GET /metrics", 200,
		  "mxsplitd_bounce_rate_per_minute{domain=\"example.jp\"} 41.5\n" },
		{ "GET /metrics", 200, "server=\"ns\\\"1\"} 1\n" },
		{ "GET /metrics", 200, "kind=\"bounce-accepted\"} 5000000000\n" },
		{ "GET /v1/status", 200, "\"started\":\"2023-11-14T22:13:20Z\"" },
		{ "GET /metrics", 200,
		  "mxsplitd_agent_reading{mta=\"mta1.example.jp\",name=\"load1\"} 2.5\n# HELP" },
		{ "GET /metrics", 200,
		  "mxsplitd_agent_up{agent=\"a1\",mta=\"mta1.example.jp\"} 0\n" },
		{ "GET /v1/status", 200,
		  "{\"mta\":\"mta1.example.jp\",\"name\":\"load1\",\"agent\":\"a1\",\"type\":"
		  "\"gauge\",\"value\":2.5,\"time\":\"2023-11-14T22:13:20Z\",\"stale\":false,"
		  "\"why\":null}" },
		{ "GET /v1/status", 200,
		  "\"value\":null,\"time\":null,\"stale\":true,\"why\":\"a reason\"" },
		{ "GET /v1/status", 200, "\"error\":\"no answer \xEF\xBF\xBD\"" },
		{ "GET /v1/status", 200, "Content-Type: application/json\r\n" },
		{ "GET /v1/status", 200, "Cache-Control: no-store\r\n" },
		{ "GET /v1/status", 200, "X-Content-Type-Options: nosniff\r\n" },
		{ "GET /v1/status", 200, "\"last_line\":null" },
		{ "GET /v1/domains/example.jp", 200, "\"rate_per_minute\":41.5" },
		{ "GET /v1/domains/EXAMPLE.jp", 200, "\"evidence\":null" },
		{ "GET /v1/domains/example.jp", 200, "\"excess\":null" },
		{ "GET /v1/domains/example.jp", 200, "\"override\":null" },
		{ "GET /v1/domains/example.jp", 200, "41/min \xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "GET /v1/domains/example.jp", 200,
		  "\"wanted\":{\"ttl\":300,\"records\":[{\"preference\":20,\"exchange\":\"mta2."
		  "example.jp.\"}]}" },
		{ "GET /v1/domains/example.jp", 200, "\"sent\":null,\"shown\":null" },
		{ "GET /v1/domains/example.jp", 200,
		  "\"effect\":{\"bounces_at_kept\":0.75,\"mail_at_dropped\":0.9,\"verdict\":"
		  "\"open\",\"text\":null}" },
		{ "GET /v1/domains/quiet.example", 200,
		  "\"measured\":{\"known\":false,\"surge\":null" },
		{ "GET /v1/domains/other.example", 404, "no domain 'other.example'" },
		{ "GET " OVERRIDE, 200, "ETag: \"auto\"\r\n" },
		{ "GET /v1/domains/", 404, "" },
		{ "GET /v1/domains/a/b", 404, "" },
		{ "GET /v1/nothing", 404, "nothing at '/v1/nothing'" },
		{ "GET /v1/events", 200, "\"next\":7,\"more\":false" },
		{ "GET /v1/events?limit=2", 200, "\"next\":2,\"more\":true" },
		{ "GET /v1/events?after=1&limit=1", 200, "\"numbers\":{\"rate\":41.5}" },
		{ "GET /v1/events?limit=1", 200, "\"domain\":null" },
		{ "GET /v1/events?after=2&limit=1", 200, "\"numbers\":null" },
		{ "GET /v1/events?after=9223372036854775807", 200,
		  "{\"events\":[],\"next\":9223372036854775807" },
		{ "GET /v1/events?after=9223372036854775808", 400, "after is not a number" },
		{ "GET /v1/events?limit=500", 200, "" },
		{ "GET /v1/events?limit=501", 400, "limit is not a number from 1 to 500" },
		{ "GET /v1/events?limit=0", 400, "" },
		{ "GET /v1/events?limit=1&limit=2", 400, "given twice" },
		{ "GET /v1/events?before=1", 400, "no parameter 'before'" },
		{ "GET /v1/domains/example.jp/series?from=0&to=120", 200,
		  "\"points\":2,\"bounces\":[5,0]" },
		{ "GET /v1/domains/example.jp/series?from=0&to=120", 200,
		  "\"expected_per_minute\":[2.5,null]" },
		{ "GET /v1/domains/example.jp/series?from=0&to=120", 200,
		  "\"evidence\":[null,null]" }, /* infinite */
		{ "GET /v1/domains/example.jp/series?to=60&from=60", 400, "at most 1500" },
		{ "GET /v1/domains/nobody/series", 404, "no domain 'nobody'" },
		{ "GET /v1/status?x", 400, "" },
		{ "HEAD /v1/status", 200, "Content-Length: " },
		{ "HEAD /v1/stream", 200, "Content-Type: text/event-stream\r\n" },
		{ "GET /v1/stream?every=3601", 400, "every is not a number" },
		{ "GET /v1/stream?after=x", 400, "after is not a number" },
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		for (int local = 0; local < 2; local++) {
			room_call(&room, local, rows[i].line, "", "");
			if (strncmp(rows[i].line, "HEAD", 4) == 0)
				cr_assert_str_eq(body(), "");
			expect(rows[i].line, rows[i].status, rows[i].fragment);
		}
	room.journal = ERR_SYSTEM;
	room_call(&room, false, "GET /v1/events", "", "");
	expect("no journal", 503, "Retry-After: 5\r\n");
	room.journal = ERR_NONE;
	snprintf(room.snapshot->source[0].error, SNAPSHOT_TEXT, "gone");
	room_call(&room, false, "GET /readyz", "", "");
	expect("no source", 503, "no source can be read");
	room.snapshot->made_us = 0;
	room_call(&room, false, "GET /readyz", "", "");
	expect("just started", 503, "only just started");
}

/* Metrics are lines of the exposition format, each family announced once. */
Test(web, metrics_are_well_formed)
{
	const char *at;

	room_call(&room, false, "GET /metrics", "", "");
	for (at = body(); *at; at = strchr(at, '\n') + 1) {
		const char *end = strchr(at, '\n'), *space = end;

		cr_assert(end != NULL, "the last line has no end");
		while (space > at && *space != ' ')
			space--;
		cr_assert(
			strncmp(at, "# HELP mxsplitd_", 16) == 0 ||
				strncmp(at, "# TYPE mxsplitd_", 16) == 0 ||
				(strncmp(at, "mxsplitd_", 9) == 0 && isfinite(strtod(space, NULL))),
			"%.*s", (int)(end - at), at);
	}
}

static bool
knows(const char *pattern, const char *method)
{
	for (const struct route *row = routes_table; row->pattern; row++)
		if (strcmp(row->pattern, pattern) == 0 &&
		    (strcmp(row->method, method) == 0 ||
		     (strcmp(method, "HEAD") == 0 && strcmp(row->method, "GET") == 0)))
			return true;
	return false;
}

Test(web, every_route_times_every_method)
{
	static const char *const methods[] = { "GET",	"HEAD",	   "PUT",   "DELETE", "POST",
					       "PATCH", "OPTIONS", "TRACE", "BREW" };

	for (const struct route *row = routes_table; row->pattern; row++)
		for (size_t i = 0; i < ROWS(methods); i++) {
			const char *open = strchr(row->pattern, '{');
			char line[256];

			snprintf(line, sizeof(line), "%s %.*s%s%s", methods[i],
				 open ? (int)(open - row->pattern) : (int)strlen(row->pattern),
				 row->pattern, open ? "example.jp" : "",
				 open ? strchr(open, '}') + 1 : "");
			/* No token: what changes is refused before anything else is looked at. */
			if (strcmp(line, "GET /v1/stream") == 0)
				continue; /* it does not end */
			room_call(&room, false, line, "", "");
			if (!knows(row->pattern, methods[i]) && strcmp(methods[i], "HEAD") == 0)
				cr_assert_eq(room_status(&room), 405, "%s", line);
			else if (strcmp(methods[i], "OPTIONS") == 0)
				expect(line, 204, ", OPTIONS\r\n");
			else if (!knows(row->pattern, methods[i]))
				expect(line, 405,
				       strcmp(row->method, "POST") == 0 ? "Allow: POST"
									: "Allow: GET, HEAD");
			else if (methods[i][0] == 'G' || methods[i][0] == 'H')
				expect(line, 200, "");
			else
				cr_assert(room_status(&room) == 401 || room_status(&room) == 429,
					  "%s: %s", line, room.reply);
		}
	cr_assert_eq(room.orders, 0);
}

Test(web, who_may_change)
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
Test(web, pages_of_listed_origins)
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

Test(web, guessing_is_slowed_and_the_right_token_still_passes)
{
	for (unsigned i = 0; i < 8; i++) {
		room_call(&room, false, "DELETE " OVERRIDE, "Authorization: Bearer guess\r\n", "");
		expect("guess", i < RIGHTS_FAILURES ? 401 : 429,
		       i < RIGHTS_FAILURES ? "" : "Retry-After: ");
	}
	room_call(&room, false, "DELETE " OVERRIDE, ANNA, "");
	expect("right token", 200, "");
}

Test(web, override_bodies)
{
	static const struct {
		const char *body;
		unsigned status;
		const char *fragment;
	} rows[] = {
		{ GOOD, 200, "\"reason\":\"flood\"" },
		{ "{\"mode\":\"normal\",\"for\":\"7d\",\"reason\":\"r\"}", 200, "\"by\":\"uid " },
		{ "{\"mode\":\"auto\"}", 200, "{\"mode\":\"auto\",\"since\":null" },
		{ "{\"mode\":\"split\",\"for\":\"2h\",\"reason\":\"a\\u0007b\"}", 200,
		  "a\xEF\xBF\xBD"
		  "b" },
		{ "", 400, "JSON" },
		{ "{", 400, "JSON" },
		{ "[]", 400, "not a JSON object" },
		{ "[[[[[]]]]]", 400, "nested deeper than 4" },
		{ "{\"mode\":\"split\",\"mode\":\"auto\"}", 400, "mode" },
		{ "{\"mode\":\"\xff\"}", 400, "" },
		{ "{\"mode\":\"split\\u0000\"}", 400, "" },
		{ GOOD " x", 400, "" },
		{ "{}", 422, "#/mode" },
		{ "{\"mode\":1}", 422, "#/mode" },
		{ "{\"mode\":null}", 422, "#/mode" },
		{ "{\"mode\":{\"a\":[1]}}", 422, "mode is not a string" },
		{ "{\"mode\":\"SPLIT\",\"for\":\"2h\",\"reason\":\"r\"}", 422, "#/mode" },
		{ "{\"mode\":\"split\",\"reason\":\"r\"}", 422, "#/for" },
		{ "{\"mode\":\"split\",\"for\":\"2h\"}", 422, "#/reason" },
		{ "{\"mode\":\"split\",\"for\":\"2h\",\"reason\":\"  \"}", 422, "#/reason" },
		{ "{\"mode\":\"split\",\"for\":\"0s\",\"reason\":\"r\"}", 422, "#/for" },
		{ "{\"mode\":\"split\",\"for\":\"604801s\",\"reason\":\"r\"}", 422, "#/for" },
		{ "{\"mode\":\"split\",\"for\":\"-2h\",\"reason\":\"r\"}", 422, "#/for" },
		{ "{\"mode\":\"split\",\"for\":\"99999999999999999999w\",\"reason\":\"r\"}", 422,
		  "#/for" },
		{ "{\"mode\":\"split\",\"for\":7200,\"reason\":\"r\"}", 422, "#/for" },
		{ "{\"mode\":\"auto\",\"a/b~\":\"x\"}", 422, "#/a~1b~0" },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		room_call(&room, true, "PUT " OVERRIDE, JSON, rows[i].body);
		expect(rows[i].body, rows[i].status, rows[i].fragment);
	}
}

Test(web, limits_of_a_body)
{
	static char big[WEB_BODY + 2], long_reason[OVERRIDE_REASON + 128];

	memset(big, ' ', sizeof(big) - 1);
	memcpy(big, GOOD, strlen(GOOD));
	room_call(&room, true, "PUT " OVERRIDE, JSON, big);
	expect("one over", 413, "longer than 16384 bytes");
	big[WEB_BODY] = '\0';
	room_call(&room, true, "PUT " OVERRIDE, JSON, big);
	expect("at the limit", 200, "");
	for (int over = 0; over < 2; over++) {
		snprintf(long_reason, sizeof(long_reason),
			 "{\"mode\":\"split\",\"for\":\"1h\",\"reason\":\"%0*d\"}",
			 OVERRIDE_REASON - 1 + over, 7);
		room_call(&room, true, "PUT " OVERRIDE, JSON, long_reason);
		expect("reason", over ? 422 : 200, over ? "reason is too long" : "");
	}
	room_call(&room, true, "PUT " OVERRIDE, "Content-Type: text/plain\r\n", GOOD);
	expect("type", 415, "application/json");
	room_call(&room, true, "PUT " OVERRIDE, "", GOOD);
	expect("no type", 415, "");
	room_call(&room, true, "PUT " OVERRIDE, "Content-Type: application/JSON; charset=utf-8\r\n",
		  GOOD);
	expect("charset", 200, "");
	room_call(&room, true, "PUT /v1/domains/no.example/override", JSON, GOOD);
	expect("no such domain", 404, "");
}

Test(web, what_the_daemon_says)
{
	static const struct {
		enum err_kind kind;
		unsigned status;
	} rows[] = { { ERR_REFUSED, 409 },
		     { ERR_INPUT, 422 },
		     { ERR_BUSY, 503 },
		     { ERR_SYSTEM, 503 },
		     { ERR_BUG, 500 } };

	for (size_t i = 0; i < ROWS(rows); i++) {
		room.answer = rows[i].kind;
		room_call(&room, true, "PUT " OVERRIDE, JSON, GOOD);
		expect("PUT", rows[i].status, "the order is not taken");
		room_call(&room, true, "DELETE " OVERRIDE, "", "");
		expect("DELETE", rows[i].status, "the order is not taken");
	}
}

Test(web, an_etag_is_true_at_once_and_until_the_next_snapshot)
{
	char etag[64], headers[256];
	const char *at;

	room_call(&room, true, "PUT " OVERRIDE, JSON "If-Match: \"auto\"\r\n", GOOD);
	expect("first", 200, "ETag: \"");
	cr_assert_str_eq(room.last_domain, "example.jp");
	cr_assert_eq(room.last.expires - room.last.since, 7200);
	at = strstr(room.reply, "ETag: ") + 6;
	snprintf(etag, sizeof(etag), "%.*s", (int)strcspn(at, "\r"), at);
	room_call(&room, true, "PUT " OVERRIDE, JSON "If-Match: \"auto\"\r\n", GOOD);
	expect("stale", 412, "somebody changed the override");
	room_call(&room, true, "GET /v1/status", "", "");
	expect("shown", 200, "\"override\":{\"mode\":\"split\"");
	snprintf(headers, sizeof(headers), "If-Match: W/%s\r\n", etag);
	room_call(&room, true, "DELETE " OVERRIDE, headers, "");
	expect("a weak tag never matches", 412, etag);
	room.snapshot->domain[0].override = room.last;
	room.snapshot->made_us++;
	snprintf(headers, sizeof(headers), "If-Match: \"x\", %s\r\n", etag);
	room_call(&room, true, "DELETE " OVERRIDE, headers, "");
	expect("in a list, after a tick", 200, "ETag: \"auto\"");
	cr_assert_eq(room.last.order, ORDER_AUTO);
	room_call(&room, true, "GET /v1/domains/example.jp", "", "");
	expect("gone", 200, "\"override\":null");
	room_call(&room, true, "DELETE " OVERRIDE, "If-Match: *\r\n", "");
	expect("any", 200, "");
}

#define RAW(text)                                                                                  \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
#define L "Host: localhost\r\n"

/* What a proxy and this server could read differently: one refusal, then the end of the connection;
 * the smuggled DELETE is never run. */
Test(web, smuggling_is_refused)
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

Test(web, hosts_that_are_answered)
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

Test(web, limits_of_a_head)
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

Test(web, one_connection_takes_requests_one_after_the_other)
{
	room_ask(&room, false,
		 SPAN("GET /healthz HTTP/1.1\r\n" L "\r\nGET /v1/nothing HTTP/1.1\r\n" L
		      "\r\nGET /readyz HTTP/1.1\r\n" L "Connection: close\r\n\r\n"));
	expect("first", 200, "ok\n");
	cr_assert(strstr(room.reply, "HTTP/1.1 404 ") != NULL);
	cr_assert(strstr(room.reply, "ready\n") != NULL);
}

/* A crowd of connections that say nothing never keeps an honest one out. */
Test(web, a_crowd_of_silent_clients)
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

TestSuite(web_slow);

/* With a short deadline: a head or a body that does not come, and one that comes byte by byte. */
Test(web_slow, slow_clients_are_cut)
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

Test(web, counters_are_pushed_by_those_who_may)
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

Test(web, hooks_are_shown_tested_and_sent_again)
{
	static const struct {
		const char *what, *request, *headers;
		unsigned status;
		const char *fragment;
	} rows[] = {
		{ "all hooks", "GET /v1/hooks", "", 200,
		  "\"name\":\"chat\",\"how\":\"run /bin/page\",\"waiting\":3,\"failing\":false,"
		  "\"first\":null,"
		  "\"last_success\":{\"time\":\"2023-11-14T22:13:20Z\",\"item\":5}," },
		{ "the first in line", "GET /v1/hooks", "", 200,
		  "\"first\":{\"item\":9,\"since\":\"2023-11-14T22:13:20Z\",\"attempts\":2,"
		  "\"next_try\":\"2023-11-14T22:14:20Z\",\"kind\":\"split\",\"domain\":null," },
		{ "a dead letter", "GET /v1/hooks", "", 200,
		  "\"dead_letters\":1,\"dead\":[{\"item\":4,"
		  "\"since\":\"2023-11-14T22:13:20Z\",\"attempts\":1,"
		  "\"why\":\"it answered 404: \xef\xbf\xbd\",\"kind\":null," },
		{ "no parameters", "GET /v1/hooks?a=1", "", 400, "" },
		{ "a test", "POST /v1/hooks/chat/test", ANNA, 200, "{\"item\":77}" },
		{ "again", "POST /v1/hooks/page/resend", ANNA, 200, "{\"resent\":2}" },
		{ "a reader", "POST /v1/hooks/page/resend", BOB, 403, "" },
		{ "nobody", "POST /v1/hooks/page/test", "", 401, "" },
		{ "another page", "POST /v1/hooks/page/test",
		  ANNA "Origin: http://evil.example\r\n", 403, "another origin" },
		{ "no such hook", "POST /v1/hooks/pag/test", ANNA, 404, "no hook 'pag'" },
		{ "no such deed", "POST /v1/hooks/page/drop", ANNA, 404, "" },
		{ "another method", "GET /v1/hooks/page/test", "", 405,
		  "Allow: POST, OPTIONS\r\n" },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		bool post = strncmp(rows[i].request, "POST", 4) == 0;

		room_call(&room, false, rows[i].request, rows[i].headers, post ? "{}" : "");
		expect(rows[i].what, rows[i].status, rows[i].fragment);
	}
	cr_assert_str_eq(room.last_domain, "page by anna");
	room.answer = ERR_SYSTEM;
	room_call(&room, true, "POST /v1/hooks/page/test", "", "{}");
	expect("the disk is full", 503, "the test is not taken");
	room.journal = ERR_SYSTEM;
	room_call(&room, true, "GET /v1/hooks", "", "");
	expect("the store cannot be read", 503, "the outbox cannot be read");
}

Test(web, pushed_bodies_are_read_strictly)
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
