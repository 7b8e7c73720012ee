#include "web/routes.h"

#include "daemon/base/text.h"
#include "web/change.h"
#include "web/hooks.h"
#include "web/metrics.h"
#include "web/page.h"
#include "web/pages.h"
#include "web/problem.h"
#include "web/series.h"

const struct route routes_table[] = {
	{ "/", "GET", RIGHTS_NONE, page_html, "the dashboard, for a browser" },
	{ "/style.css", "GET", RIGHTS_NONE, page_css, "a part of it" },
	{ "/app.js", "GET", RIGHTS_NONE, page_app, "a part of it" },
	{ "/chart.js", "GET", RIGHTS_NONE, page_chart, "a part of it" },
	{ "/parts.js", "GET", RIGHTS_NONE, page_parts, "a part of it" },
	{ "/words.js", "GET", RIGHTS_NONE, page_words, "a part of it" },
	{ "/v1", "GET", RIGHTS_READ, pages_index, "this list" },
	{ "/healthz", "GET", RIGHTS_NONE, pages_health, "200 while the daemon's loop turns" },
	{ "/readyz", "GET", RIGHTS_NONE, pages_ready,
	  "200 when logs are read and a zone is known" },
	{ "/metrics", "GET", RIGHTS_READ, metrics_page, "numbers for Prometheus" },
	{ "/v1/status", "GET", RIGHTS_READ, pages_status, "everything: sources and domains" },
	{ "/v1/events", "GET", RIGHTS_READ, pages_events, "the journal: ?after=ID&limit=N" },
	{ "/v1/stream", "GET", RIGHTS_READ, pages_stream,
	  "both as they happen, as server-sent events: ?after=ID&every=S" },
	{ "/v1/domains/{name}", "GET", RIGHTS_READ, pages_domain, "one domain" },
	{ "/v1/domains/{name}/series", "GET", RIGHTS_READ, series_page,
	  "over time: ?from=S&to=S&step=S" },
	{ "/v1/domains/{name}/override", "GET", RIGHTS_READ, pages_override, "its override" },
	{ "/v1/domains/{name}/override", "PUT", RIGHTS_CHANGE, change_put,
	  "order split or normal" },
	{ "/v1/domains/{name}/override", "DELETE", RIGHTS_CHANGE, change_delete, "end the order" },
	{ "/v1/counters", "POST", RIGHTS_PUSH, change_push, "hand in counters" },
	{ "/v1/hooks", "GET", RIGHTS_READ, hooks_page, "who is told, and what could not be" },
	{ "/v1/hooks/{name}/resend", "POST", RIGHTS_CHANGE, hooks_resend,
	  "its dead letters again" },
	{ "/v1/hooks/{name}/test", "POST", RIGHTS_CHANGE, hooks_test, "a notice to try it" },
	{ NULL, NULL, RIGHTS_NONE, NULL, NULL },
};

static bool
path_fits(const char *pattern, struct span path, struct span *name_out)
{
	const char *open = strchr(pattern, '{');
	struct span before = { pattern, open ? (size_t)(open - pattern) : strlen(pattern) };
	struct span after = open ? span_of(strchr(open, '}') + 1) : (struct span){ "", 0 };
	struct span name = span_after(path, before.len);

	if (!open)
		return span_equal(path, before);
	if (path.len <= before.len + after.len || !span_begins(path, before) ||
	    !span_ends(path, after))
		return false;
	name.len -= after.len;
	*name_out = name;
	return memchr(name.at, '/', name.len) == NULL;
}

static bool
method_fits(const char *method, struct span asked)
{
	return span_equal(asked, span_of(method)) ||
	       (span_equal(asked, SPAN("HEAD")) && strcmp(method, "GET") == 0);
}

/* The row for this request; `allow` collects the methods that the path knows. */
static const struct route *
find(const struct request *request, struct span *name_out, struct text *allow)
{
	const struct route *found = NULL;

	for (const struct route *row = routes_table; row->pattern; row++) {
		if (!path_fits(row->pattern, request->path, name_out))
			continue;
		text_add(allow, "%s%s", allow->len ? ", " : "",
			 strcmp(row->method, "GET") == 0 ? "GET, HEAD" : row->method);
		if (method_fits(row->method, request->method))
			found = row;
	}
	return found;
}

void
routes_answer(struct site *site, const struct request *request, struct reply *reply,
	      struct routes_note *note_out)
{
	struct routes_call call = { .site = site, .request = request };
	struct text allow = TEXT(reply->allow);
	const struct route *row = find(request, &call.name, &allow);
	bool allowed;

	if (allow.len)
		text_add(&allow, ", OPTIONS");

	reply->origin = rights_origin(&site->rights, request);
	*note_out = (struct routes_note){ 0 };
	if (!row && !allow.len) {
		problem_set(reply, 404, "there is nothing at '%.*s'", (int)request->path.len,
			    request->path.at);
	} else if (!row && span_equal(request->method, SPAN("OPTIONS"))) {
		reply->status = 204;
	} else if (!row) {
		problem_set(reply, 405, "%.*s is not a method of this address; it knows %s",
			    (int)request->method.len, request->method.at, reply->allow);
	} else {
		reply->allow[0] = '\0';
		allowed = rights_check(&site->rights, request, row->need, &call.who,
				       &note_out->refused, reply);
		note_out->who = call.who;
		note_out->quiet = row->need == RIGHTS_PUSH;
		if (!allowed)
			return;
		call.snapshot = site->deps.snapshot(site->deps.ctx);
		if (call.snapshot)
			row->handle(&call, reply);
		else
			problem_set(reply, 503, "the daemon has only just started");
	}
}
