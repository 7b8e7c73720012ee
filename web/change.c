#include "web/change.h"

#include "web/override.h"
#include "web/pages.h"
#include "web/problem.h"
#include "web/push.h"
#include "web/query.h"
#include "web/render.h"

/* RFC 9110, section 8.3.1: parameters such as a charset may follow. */
static bool
is_json(struct span type)
{
	const char *end = memchr(type.at, ';', type.len);

	if (end)
		type.len = (size_t)(end - type.at);
	while (type.len && (type.at[type.len - 1] == ' ' || type.at[type.len - 1] == '\t'))
		type.len--;
	return span_equal_nocase(type, SPAN("application/json"));
}

/* The domain whose override may be changed now, or NULL and a problem. */
static const struct snapshot_domain *
target(const struct routes_call *call, struct reply *reply)
{
	const struct snapshot_domain *domain = pages_find(call, reply);
	const struct override *order;
	char etag[EXCHANGE_ETAG];
	bool unseen; /* over TCP: an order that the request does not speak of */

	if (!domain || !query_read(call->request->query, NULL, 0, reply))
		return NULL;
	order = site_order(call->site, call->snapshot, domain);
	override_etag(order, call->request->now, etag, sizeof(etag));
	unseen = !call->request->if_match.len && !call->request->peer->local &&
		 order->order != ORDER_AUTO && order->expires > call->request->now;
	if (!unseen && override_matches(call->request->if_match, etag))
		return domain;
	span_copy(span_of(etag), reply->etag, sizeof(reply->etag));
	if (unseen) {
		problem_set(reply, 428,
			    "an order is in force; send If-Match with the ETag of what you saw, "
			    "or If-Match: * to replace whatever is there");
		return NULL;
	}
	problem_set(reply, 412,
		    "somebody changed the override since you read it; look at it again");
	return NULL;
}

/* Whose token it was stays readable, whatever is said in `by`. */
static void
sign(const struct routes_call *call, struct override *order)
{
	const char *name = call->who ? call->who->name : call->request->peer->name;
	struct text text;
	char said[OVERRIDE_BY];

	if (order->by[0] && (!call->who || strcmp(order->by, name) == 0))
		return;
	memcpy(said, order->by, sizeof(said));
	text = text_over(order->by, sizeof(order->by));
	text_add(&text, "%s", name);
	if (!said[0])
		return;
	text_add(&text, " for ");
	text_add_scrubbed(&text, span_of(said));
}

static bool
give(const struct routes_call *call, const struct snapshot_domain *domain, struct override *order,
     struct reply *reply)
{
	const struct web_deps *deps = &call->site->deps;
	struct err err = { 0 };

	sign(call, order);
	if (!deps->override(deps->ctx, domain->name, order, &err))
		return problem_err(reply, &err);
	site_take(call->site, call->snapshot, domain, order);
	return pages_put_override(order, call->request->now, reply);
}

bool
change_put(const struct routes_call *call, struct reply *reply)
{
	const struct request *request = call->request;
	struct override order;
	char field[OVERRIDE_FIELD];
	struct err err = { 0 };
	const struct snapshot_domain *domain;

	if (!is_json(request->content_type))
		return problem_set(reply, 415, "wanted Content-Type: application/json");
	domain = target(call, reply);
	if (!domain)
		return false;
	if (!override_read(request->body, request->now, &order, field, &err))
		return problem_field(reply, field[0] ? 422 : 400, field, err.text);
	return give(call, domain, &order, reply);
}

bool
change_delete(const struct routes_call *call, struct reply *reply)
{
	struct override order = { .order = ORDER_AUTO,
				  .since = call->request->now,
				  .expires = call->request->now };
	const struct snapshot_domain *domain = target(call, reply);

	return domain && give(call, domain, &order, reply);
}

static json_t *
push_answers(const struct push *list, const struct push_answer *answers, unsigned count)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < count; i++) {
		const struct push_answer *answer = &answers[i];
		const char *why = answer->refused
					  ? "there is no room for it, or another entry has it"
					  : counter_why(answer->result);
		bool taken = !answer->refused && answer->result == COUNTER_TAKEN;

		json_array_append_new(array,
				      json_pack("{s:s, s:s, s:o, s:o}", "mta", list[i].mta, "name",
						list[i].name, "value",
						taken ? json_real(answer->value) : json_null(),
						"why", taken ? json_null() : json_string(why)));
	}
	return json_pack("{s:o}", "counters", array);
}

bool
change_push(const struct routes_call *call, struct reply *reply)
{
	const struct request *request = call->request;
	const struct web_deps *deps = &call->site->deps;
	struct push list[PUSH_MOST];
	struct push_answer answers[PUSH_MOST] = { 0 };
	unsigned count = 0;
	struct push_place place;
	struct err err = { 0 };

	if (!is_json(request->content_type))
		return problem_set(reply, 415, "wanted Content-Type: application/json");
	if (!query_read(request->query, NULL, 0, reply))
		return false;
	if (!push_read(request->body, request->now, list, &count, &place, &err))
		return problem_entry(reply, place.entry[0] || place.field[0] ? 422 : 400,
				     place.entry, place.field, err.text);
	if (!deps->push(deps->ctx, list, count, answers, &err))
		return problem_err(reply, &err);
	render_reply(reply, 200, "application/json", push_answers(list, answers, count));
	return reply->status == 200;
}
