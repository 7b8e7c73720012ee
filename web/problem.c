#include "web/problem.h"

#include "web/render.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_SECONDS 5
#define PROBLEM_TYPE_ROOM 64

const struct problem problem_table[] = {
	{ 400, "bad-request", "the request is not one that an address here takes" },
	{ 401, "token-wanted", "a token is missing or not known" },
	{ 403, "not-allowed", "who asks may not do this" },
	{ 404, "not-found", "no such address, or no such domain" },
	{ 405, "method-not-allowed", "the address knows other methods: see Allow" },
	{ 409, "refused", "the daemon's state or configuration forbids it" },
	{ 411, "length-wanted", "a body needs a Content-Length" },
	{ 412, "changed-meanwhile", "the override is not the one of If-Match" },
	{ 413, "body-too-long", "the body is longer than is taken" },
	{ 414, "target-too-long", "the request target is longer than is taken" },
	{ 415, "not-json", "the body is not declared as application/json" },
	{ 421, "wrong-host", "the API does not answer under this Host" },
	{ 422, "invalid-member", "a member of the body is wrong: see errors" },
	{ 428, "if-match-wanted", "an order is in force: say with If-Match that you saw it" },
	{ 429, "too-many-tries", "too many refused tries from there: see Retry-After" },
	{ 431, "header-too-long", "the header is longer than is taken" },
	{ 500, "fault", "a fault of the daemon" },
	{ 503, "not-now", "try again: see Retry-After" },
	{ 505, "http-version", "only HTTP/1.1 and HTTP/1.0 are spoken" },
	{ 0, NULL, NULL },
};

/* "/v1#not-found": the index at /v1 lists them. */
static const char *
problem_type(unsigned status, char room[PROBLEM_TYPE_ROOM])
{
	struct text text = text_over(room, PROBLEM_TYPE_ROOM);
	const struct problem *row = problem_table;

	while (row->status && row->status != status)
		row++;
	text_add(&text, "/v1#%s", row->status ? row->name : "fault");
	return room;
}

static bool
put(struct reply *reply, unsigned status, const char *entry, const char *field,
    const char *sentence)
{
	char type[PROBLEM_TYPE_ROOM];
	json_t *problem = json_pack("{s:s, s:s, s:i, s:o}", "type", problem_type(status, type),
				    "title", MHD_get_reason_phrase_for(status), "status",
				    (int)status, "detail", render_text(sentence));

	if (entry[0] || field[0]) {
		char pointer[160];
		struct text text = TEXT(pointer);

		text_add(&text, "#%s%s", entry, field[0] ? "/" : "");
		for (const char *at = field; *at; at++) /* RFC 6901 */
			text_add(&text, *at == '~' ? "~0" : *at == '/' ? "~1" : "%c", *at);
		json_object_set_new(problem, "errors",
				    json_pack("[{s:o, s:o}]", "pointer", render_text(pointer),
					      "detail", render_text(sentence)));
	}
	render_reply(reply, status, PROBLEM_TYPE, problem);
	return false;
}

bool
problem_set(struct reply *reply, unsigned status, const char *format, ...)
{
	char sentence[640];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	return put(reply, status, "", "", sentence);
}

bool
problem_field(struct reply *reply, unsigned status, const char *field, const char *sentence)
{
	return put(reply, status, "", field, sentence);
}

bool
problem_entry(struct reply *reply, unsigned status, const char *entry, const char *field,
	      const char *sentence)
{
	return put(reply, status, entry, field, sentence);
}

bool
problem_err(struct reply *reply, const struct err *err)
{
	unsigned status = err->kind == ERR_REFUSED			     ? 409
			  : err->kind == ERR_INPUT			     ? 422
			  : err->kind == ERR_BUSY || err->kind == ERR_SYSTEM ? 503
									     : 500;

	if (status == 503)
		reply->retry_after = RETRY_SECONDS;
	return put(reply, status, "", "", err->text);
}
