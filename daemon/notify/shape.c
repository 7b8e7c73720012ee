#include "daemon/notify/shape.h"

#include <jansson.h>
#include <stdlib.h>

#define NUMBERS 1024
#define SLACK 4096 /* an escaped text: at most five bytes for one */

struct facts {
	const char *time, *kind, *domain, *text;
	char numbers[NUMBERS]; /* as JSON; "" when there are none */
	struct notice_meaning meaning;
};

static const char *
member(const json_t *notice, const char *name)
{
	const char *text = json_string_value(json_object_get(notice, name));

	return text ? text : "";
}

static bool
read_facts(const json_t *notice, struct facts *out)
{
	const json_t *numbers = json_object_get(notice, "numbers");
	size_t length = json_object_size(numbers)
				? json_dumpb(numbers, out->numbers, sizeof(out->numbers) - 1,
					     JSON_COMPACT | JSON_REAL_PRECISION(9))
				: 0;

	out->numbers[length < sizeof(out->numbers) ? length : 0] = '\0';
	out->time = member(notice, "time");
	out->kind = member(notice, "kind");
	out->domain = member(notice, "domain");
	out->text = member(notice, "text");
	out->meaning = notice_meaning(span_of(out->kind));
	return *out->time && *out->kind;
}

/* Without endsAt an alert ends by Alertmanager's resolve_timeout, unless it is sent again. */
static json_t *
alertmanager(const struct facts *facts, const char *since)
{
	bool over = facts->meaning.phase == NOTICE_RESOLVED;
	const char *begin = over && since && *since ? since : facts->time;
	json_t *labels = json_pack("{s:s, s:s}", "alertname", facts->meaning.alert, "severity",
				   facts->meaning.severity);
	json_t *notes = json_pack("{s:s}", "summary", facts->text);

	if (*facts->domain)
		json_object_set_new(labels, "domain", json_string(facts->domain));
	if (facts->numbers[0])
		json_object_set_new(notes, "numbers", json_string(facts->numbers));
	return json_pack("{s:o, s:o, s:s, s:s*}", "labels", labels, "annotations", notes,
			 "startsAt", begin, "endsAt", over ? facts->time : NULL);
}

static json_t *
slack(const struct facts *facts)
{
	char raw[NUMBERS * 2], escaped[SLACK];
	struct text text = TEXT(raw), out = TEXT(escaped);

	text_add(&text, "[%s] %s%s%s", facts->kind, facts->domain, *facts->domain ? ": " : "",
		 facts->text);
	notice_slack(span_of(raw), &out);
	return json_pack("{s:s}", "text", escaped);
}

static json_t *
pagerduty(const struct facts *facts, const char *key)
{
	bool over = facts->meaning.phase == NOTICE_RESOLVED;
	char dedup[300], raw[NUMBERS];
	struct text text = TEXT(dedup), summary = TEXT(raw);
	json_t *numbers, *payload;

	notice_key(span_of(facts->domain), facts->meaning.alert, &text);
	text_add(&summary, "%s%s%s", facts->domain, *facts->domain ? ": " : "", facts->text);
	if (over)
		return json_pack("{s:s, s:s, s:s}", "routing_key", key, "event_action", "resolve",
				 "dedup_key", dedup);
	numbers = facts->numbers[0] ? json_loads(facts->numbers, 0, NULL) : NULL;
	payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "summary", raw, "source",
			    *facts->domain ? facts->domain : "mxsplitd", "severity",
			    facts->meaning.severity, "timestamp", facts->time, "class", facts->kind,
			    "custom_details", numbers ? numbers : json_object());
	return json_pack("{s:s, s:s, s:s, s:o}", "routing_key", key, "event_action", "trigger",
			 "dedup_key", dedup, "payload", payload);
}

static json_t *
make_one(enum notice_format format, const struct shape *shape, const char *key)
{
	json_t *notice = json_loads(shape->payload, 0, NULL), *made = NULL;
	struct facts facts = { 0 };

	if (notice && read_facts(notice, &facts))
		switch (format) {
		case NOTICE_JSON:
			made = json_incref(notice);
			break;
		case NOTICE_ALERTMANAGER:
			made = alertmanager(&facts, shape->since);
			break;
		case NOTICE_SLACK:
			made = slack(&facts);
			break;
		case NOTICE_PAGERDUTY:
			made = pagerduty(&facts, key ? key : "");
			break;
		case NOTICE_FORMATS:
			break;
		}
	json_decref(notice);
	return made;
}

char *
shape_make(enum notice_format format, const struct shape *list, unsigned count, const char *key)
{
	json_t *body = format == NOTICE_ALERTMANAGER ? json_array() : NULL;
	char *text;

	for (unsigned i = 0; i < count; i++) {
		json_t *one = make_one(format, &list[i], key);

		if (one && body)
			json_array_append_new(body, one);
		else if (one)
			body = one;
	}
	text = format == NOTICE_ALERTMANAGER && !json_array_size(body)
		       ? NULL
		       : json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(body);
	return text;
}
