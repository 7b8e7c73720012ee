/*
 * What the tests of the API ask with, and what they expect of an answer. One room a file.
 */
#ifndef TESTS_WEB_EXPECT_H
#define TESTS_WEB_EXPECT_H

#include "tests/unit/web/room.h"

#include "web/override.h"

#include <jansson.h>

#define JSON "Content-Type: application/json\r\n"
#define ANNA "Authorization: Bearer operator\r\n"
#define BOB "Authorization: bearer  reader\r\n"
#define CARL "Authorization: Bearer pusher\r\n"
#define OVERRIDE "/v1/domains/example.jp/override"
#define GOOD "{\"mode\":\"split\",\"for\":\"2h\",\"reason\":\"flood\",\"by\":\"anna\"}"
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define RAW(text)                                                                                  \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
#define L "Host: localhost\r\n"

static struct room room;

static inline void
open_room(void)
{
	room_open(&room, 0);
}

static inline void
close_room(void)
{
	room_close(&room);
}

static inline const char *
body(void)
{
	const char *end = strstr(room.reply, "\r\n\r\n");

	return end ? end + 4 : "";
}

/* Every error is problem+json with its four members, and its status is the real one. */
static inline void
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

static inline void
expect(const char *what, unsigned status, const char *fragment)
{
	cr_assert_eq(room_status(&room), status, "%s: wanted %u, got: %s", what, status,
		     room.reply);
	cr_assert(strstr(room.reply, fragment) != NULL, "%s: no '%s' in: %s", what, fragment,
		  room.reply);
	if (status >= 400)
		check_problem(what);
}

#endif
