#include "web/hooks.h"

#include "daemon/base/when.h"
#include "web/problem.h"
#include "web/query.h"
#include "web/render.h"

#include <stdlib.h>

static json_t *
text(const char *value)
{
	return value[0] ? render_text(value) : json_null();
}

static json_t *
time_of(int64_t seconds)
{
	char shown[WHEN_TEXT];

	when_rfc3339(seconds * WHEN_SECOND_US, shown);
	return json_string(shown);
}

static json_t *
dead_letters(const struct notice_hook *hook)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < hook->shown && i < NOTICE_DEAD; i++) {
		const struct notice_dead *dead = &hook->list[i];

		json_array_append_new(
			list, json_pack("{s:I, s:o, s:i, s:o, s:o, s:o, s:o}", "item",
					(json_int_t)dead->item, "since", time_of(dead->since),
					"attempts", (int)dead->attempts, "why", text(dead->why),
					"kind", text(dead->kind), "domain", text(dead->domain),
					"text", text(dead->text)));
	}
	return list;
}

static json_t *
first_in_line(const struct notice_hook *hook)
{
	const struct notice_dead *first = &hook->first;

	if (!first->item)
		return json_null();
	return json_pack("{s:I, s:o, s:i, s:o, s:o, s:o, s:o}", "item", (json_int_t)first->item,
			 "since", time_of(first->since), "attempts", (int)first->attempts,
			 "next_try", hook->next_try ? time_of(hook->next_try) : json_null(), "kind",
			 text(first->kind), "domain", text(first->domain), "text",
			 text(first->text));
}

static json_t *
render_hook(const struct notice_hook *hook)
{
	json_t *told = hook->told ? json_pack("{s:o, s:I}", "time", time_of(hook->told), "item",
					      (json_int_t)hook->told_item)
				  : json_null();
	json_t *failed =
		hook->failed ? json_pack("{s:o, s:I, s:o}", "time", time_of(hook->failed), "item",
					 (json_int_t)hook->failed_item, "why", text(hook->why))
			     : json_null();

	return json_pack("{s:o, s:o, s:I, s:b, s:o, s:o, s:o, s:I, s:o}", "name",
			 render_text(hook->name), "how", render_text(hook->how), "waiting",
			 (json_int_t)hook->waiting, "failing", hook->failing, "first",
			 first_in_line(hook), "last_success", told, "last_failure", failed,
			 "dead_letters", (json_int_t)hook->dead, "dead", dead_letters(hook));
}

bool
hooks_page(const struct routes_call *call, struct reply *reply)
{
	const struct web_deps *deps = &call->site->deps;
	struct notice_hook *hook = malloc(sizeof(*hook));
	json_t *list = json_array();
	struct err err = { 0 };
	bool found = true, good = hook && query_read(call->request->query, NULL, 0, reply);

	if (!hook)
		problem_set(reply, 503, "out of memory");
	for (unsigned i = 0; good && found; i++) {
		good = deps->hook(deps->ctx, i, hook, &found, &err) || problem_err(reply, &err);
		if (good && found)
			json_array_append_new(list, render_hook(hook));
	}
	free(hook);
	if (good)
		render_reply(reply, 200, "application/json", json_pack("{s:O}", "hooks", list));
	json_decref(list);
	return good && reply->status == 200;
}

/* The hook that the path names, or a 404; the query must be empty. */
static bool
find(const struct routes_call *call, struct notice_hook *hook, struct reply *reply)
{
	const struct web_deps *deps = &call->site->deps;
	struct err err = { 0 };
	bool found = true;

	for (unsigned i = 0; found; i++) {
		if (!deps->hook(deps->ctx, i, hook, &found, &err))
			return problem_err(reply, &err);
		if (found && span_equal(call->name, span_of(hook->name)))
			return query_read(call->request->query, NULL, 0, reply);
	}
	return problem_set(reply, 404, "no hook '%.*s' is configured", (int)call->name.len,
			   call->name.at);
}

static const char *
who(const struct routes_call *call)
{
	return call->who ? call->who->name : call->request->peer->name;
}

bool
hooks_resend(const struct routes_call *call, struct reply *reply)
{
	const struct web_deps *deps = &call->site->deps;
	struct notice_hook hook;
	struct err err = { 0 };
	unsigned count = 0;

	if (!find(call, &hook, reply))
		return false;
	if (!deps->resend(deps->ctx, hook.name, who(call), &count, &err))
		return problem_err(reply, &err);
	render_reply(reply, 200, "application/json", json_pack("{s:i}", "resent", (int)count));
	return reply->status == 200;
}

bool
hooks_test(const struct routes_call *call, struct reply *reply)
{
	const struct web_deps *deps = &call->site->deps;
	struct notice_hook hook;
	struct err err = { 0 };
	int64_t item = 0;

	if (!find(call, &hook, reply))
		return false;
	if (!deps->test(deps->ctx, hook.name, who(call), &item, &err))
		return problem_err(reply, &err);
	render_reply(reply, 200, "application/json", json_pack("{s:I}", "item", (json_int_t)item));
	return reply->status == 200;
}
