#include "web/problem.h"

#include "web/render.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_SECONDS 5

static bool
put(struct reply *reply, unsigned status, const char *entry, const char *field,
    const char *sentence)
{
	json_t *problem = json_pack("{s:s, s:s, s:i, s:o}", "type", "about:blank", "title",
				    MHD_get_reason_phrase_for(status), "status", (int)status,
				    "detail", render_text(sentence));

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
