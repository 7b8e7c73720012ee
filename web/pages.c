#include "web/pages.h"

#include "daemon/base/scan.h"
#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "web/override.h"
#include "web/problem.h"
#include "web/query.h"
#include "web/render.h"

#include <stdlib.h>

#define INDEX_ROOM 6144

static bool
plain(struct reply *reply, const char *text)
{
	reply->status = 200;
	reply->type = "text/plain; charset=utf-8";
	reply->body = strdup(text);
	reply->length = reply->body ? strlen(text) : 0;
	return reply->body || problem_set(reply, 500, "out of memory");
}

static bool
no_query(const struct routes_call *call, struct reply *reply)
{
	return query_read(call->request->query, NULL, 0, reply);
}

bool
pages_index(const struct routes_call *call, struct reply *reply)
{
	char page[INDEX_ROOM];
	struct text text = TEXT(page);

	(void)call;
	text_add(&text,
		 "mxsplitd " MXSPLIT_VERSION "\n\nThis is the HTTP API of mxsplitd; `mxsplitctl` "
		 "asks it for you.\n\n");
	for (const struct route *row = routes_table; row->pattern; row++)
		text_add(&text, "%-7s %-30s %s\n", row->method, row->pattern, row->sentence);
	text_add(&text,
		 "\nAnswers are JSON; errors are application/problem+json (RFC 9457) of these "
		 "types:\n\n");
	for (const struct problem *row = problem_table; row->status; row++)
		text_add(&text, "%u  /v1#%-19s %s\n", row->status, row->name, row->sentence);
	return plain(reply, page);
}

bool
pages_health(const struct routes_call *call, struct reply *reply)
{
	(void)call;
	return plain(reply, "ok\n");
}

/* What keeps the daemon from being of use, or NULL. */
static const char *
unready(const struct snapshot *snapshot, int64_t now)
{
	bool zone = snapshot->domains == 0, log = snapshot->sources == 0;

	if (snapshot->made_us == 0)
		return "the daemon has only just started";
	if (now - snapshot->made_us / WHEN_SECOND_US > PAGES_STALE)
		return "the daemon's ticks have stopped";
	for (unsigned i = 0; i < snapshot->domains && i < SNAPSHOT_DOMAINS; i++)
		for (unsigned j = 0; j < snapshot->domain[i].servers && j < SNAPSHOT_SERVERS; j++)
			zone = zone || snapshot->domain[i].server[j].known;
	for (unsigned i = 0; i < snapshot->sources && i < SNAPSHOT_SOURCES; i++)
		log = log || !snapshot->source[i].error[0];
	return !zone ? "no name server has answered yet" : !log ? "no source can be read" : NULL;
}

bool
pages_ready(const struct routes_call *call, struct reply *reply)
{
	const char *why = unready(call->snapshot, call->request->now);

	if (!why)
		return plain(reply, "ready\n");
	reply->retry_after = 5;
	return problem_set(reply, 503, "%s", why);
}

const struct snapshot_domain *
pages_find(const struct routes_call *call, struct reply *reply)
{
	const struct snapshot_domain *domain = site_domain(call->snapshot, call->name);

	if (!domain)
		problem_set(reply, 404, "no domain '%.*s' is configured", (int)call->name.len,
			    call->name.at);
	return domain;
}

bool
pages_status(const struct routes_call *call, struct reply *reply)
{
	struct span text;

	if (!no_query(call, reply))
		return false;
	if (!site_status(call->site, call->snapshot, call->request->now, &text) ||
	    !(reply->body = malloc(text.len)))
		return problem_set(reply, 503, "out of memory");
	memcpy(reply->body, text.at, text.len);
	reply->length = text.len;
	reply->status = 200;
	reply->type = "application/json";
	return true;
}

bool
pages_domain(const struct routes_call *call, struct reply *reply)
{
	const struct snapshot_domain *domain = pages_find(call, reply);

	if (!domain || !no_query(call, reply))
		return false;
	render_reply(reply, 200, "application/json",
		     render_domain(domain, site_order(call->site, call->snapshot, domain),
				   call->request->now));
	return true;
}

bool
pages_put_override(const struct override *order, int64_t now, struct reply *reply)
{
	render_reply(reply, 200, "application/json", render_override(order, now));
	override_etag(order, now, reply->etag, sizeof(reply->etag));
	return true;
}

bool
pages_override(const struct routes_call *call, struct reply *reply)
{
	const struct snapshot_domain *domain = pages_find(call, reply);

	if (!domain || !no_query(call, reply))
		return false;
	return pages_put_override(site_order(call->site, call->snapshot, domain),
				  call->request->now, reply);
}

static void
put_events(const struct journal_entry *entries, unsigned count, unsigned limit, int64_t after,
	   struct reply *reply)
{
	json_t *list = json_array();
	bool more = count > limit;

	if (more)
		count = limit;
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(list, render_event(&entries[i]));
	render_reply(reply, 200, "application/json",
		     json_pack("{s:o, s:I, s:b}", "events", list, "next",
			       (json_int_t)(count ? entries[count - 1].id : after), "more", more));
}

bool
pages_events(const struct routes_call *call, struct reply *reply)
{
	struct query_number numbers[] = {
		{ .name = "after", .most = INT64_MAX },
		{ .name = "limit", .least = 1, .most = PAGES_EVENTS_MOST, .value = PAGES_EVENTS },
		{ .name = "last", .least = 1, .most = PAGES_EVENTS_MOST },
	};
	const struct web_deps *deps = &call->site->deps;
	struct journal_entry *entries;
	struct err err = { 0 };
	unsigned count = 0, limit;
	int64_t after;
	bool good;

	if (!query_read(call->request->query, numbers, 3, reply))
		return false;
	if (numbers[2].given && (numbers[0].given || numbers[1].given))
		return problem_set(reply, 400, "last stands alone, without after and limit");
	after = (int64_t)numbers[0].value;
	limit = (unsigned)numbers[1].value;
	if (numbers[2].given) {
		limit = (unsigned)numbers[2].value;
		if (!deps->last_event(deps->ctx, &after, &err))
			return problem_err(reply, &err);
		after = after > limit ? after - limit : 0;
	}
	entries = calloc(limit + 1, sizeof(*entries));
	if (!entries)
		return problem_set(reply, 503, "out of memory");
	good = deps->events(deps->ctx, after, limit + 1, entries, &count, &err);
	if (good)
		put_events(entries, count, limit, after, reply);
	else
		problem_err(reply, &err);
	free(entries);
	return good;
}

bool
pages_stream(const struct routes_call *call, struct reply *reply)
{
	struct query_number numbers[] = {
		{ .name = "after", .most = INT64_MAX },
		{ .name = "every", .most = STREAM_EVERY_MOST, .value = 1 },
	};
	struct span last = call->request->last_event_id;
	struct scan scan = scan_over(last);
	int64_t after;

	if (!query_read(call->request->query, numbers, 2, reply))
		return false;
	after = numbers[0].given ? (int64_t)numbers[0].value : -1;
	if (last.len)
		after = (int64_t)scan_number(&scan, INT64_MAX);
	if (last.len && !scan_done(&scan))
		return problem_set(reply, 400, "Last-Event-ID is not the id of an entry");
	reply->status = 200;
	reply->type = "text/event-stream";
	if (span_equal(call->request->method, SPAN("HEAD")))
		return true;
	reply->stream = stream_open(call->site, after, (unsigned)numbers[1].value, reply);
	return reply->stream != NULL;
}
