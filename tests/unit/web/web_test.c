#include "tests/unit/web/expect.h"

#include "web/routes.h"

TestSuite(web, .init = open_room, .fini = close_room);

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
