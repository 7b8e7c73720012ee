#include "web/page.h"

#include "web/problem.h"
#include "web/query.h"

#include <stdlib.h>
#include <string.h>

extern const char page_files_html[], page_files_css[], page_files_app[], page_files_chart[],
	page_files_parts[], page_files_words[];

static bool
give(const struct routes_call *call, const char *file, const char *type, struct reply *reply)
{
	if (!query_read(call->request->query, NULL, 0, reply))
		return false;
	reply->status = 200;
	reply->type = type;
	reply->page = true;
	reply->body = strdup(file);
	reply->length = reply->body ? strlen(file) : 0;
	return reply->body || problem_set(reply, 503, "out of memory");
}

bool
page_html(const struct routes_call *call, struct reply *reply)
{
	return give(call, page_files_html, "text/html; charset=utf-8", reply);
}

bool
page_css(const struct routes_call *call, struct reply *reply)
{
	return give(call, page_files_css, "text/css; charset=utf-8", reply);
}

bool
page_app(const struct routes_call *call, struct reply *reply)
{
	return give(call, page_files_app, "text/javascript; charset=utf-8", reply);
}

bool
page_chart(const struct routes_call *call, struct reply *reply)
{
	return give(call, page_files_chart, "text/javascript; charset=utf-8", reply);
}

bool
page_parts(const struct routes_call *call, struct reply *reply)
{
	return give(call, page_files_parts, "text/javascript; charset=utf-8", reply);
}

bool
page_words(const struct routes_call *call, struct reply *reply)
{
	return give(call, page_files_words, "text/javascript; charset=utf-8", reply);
}
