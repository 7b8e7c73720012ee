#include "web/override.h"

#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "web/body.h"

#include <inttypes.h>
#include <jansson.h>

struct reader {
	const json_t *object;
	char *field; /* OVERRIDE_FIELD */
	struct err *err;
};

static bool
wrong(struct reader *reader, const char *field, const char *sentence)
{
	struct text name = text_over(reader->field, OVERRIDE_FIELD);

	text_add_scrubbed(&name, span_of(field));
	return err_set(reader->err, ERR_INPUT, "%s %s", reader->field, sentence);
}

static bool
check_names(struct reader *reader)
{
	static const char *const known[] = { "mode", "for", "reason", "by" };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)reader->object, key, value)
	{
		bool found = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found = found || strcmp(key, known[i]) == 0;
		if (!found)
			return wrong(reader, key, "is not a member that an override has");
		if (!json_is_string(value))
			return wrong(reader, key, "is not a string");
	}
	return true;
}

static struct span
member(const struct reader *reader, const char *name)
{
	const json_t *value = json_object_get(reader->object, name);

	if (!value)
		return (struct span){ "", 0 };
	return (struct span){ json_string_value(value), json_string_length(value) };
}

static bool
read_text(struct reader *reader, const char *name, char *out, size_t room)
{
	struct text text = text_over(out, room);

	text_add_scrubbed(&text, member(reader, name));
	return !text.cut || wrong(reader, name, "is too long");
}

static bool
read_order(struct reader *reader, int64_t now, struct override *order)
{
	int64_t seconds = 0;

	if (!order_from_name(member(reader, "mode"), &order->order))
		return wrong(reader, "mode", "wants split, normal or auto");
	if (!read_text(reader, "reason", order->reason, sizeof(order->reason)) ||
	    !read_text(reader, "by", order->by, sizeof(order->by)))
		return false;
	if (json_object_get(reader->object, "for") &&
	    (!when_parse_duration(member(reader, "for"), &seconds) || seconds < 1 ||
	     seconds > OVERRIDE_LONGEST))
		return wrong(reader, "for", "wants a duration such as 30m, 2h or 1d, at most 7d");
	if (order->order != ORDER_AUTO && seconds == 0)
		return wrong(reader, "for", "is missing: how long the override holds, such as 2h");
	if (order->order != ORDER_AUTO && order->reason[strspn(order->reason, " ")] == '\0')
		return wrong(reader, "reason",
			     "is missing: a sentence for those who come after you");
	order->since = now;
	order->expires = order->order == ORDER_AUTO ? now : now + seconds;
	return true;
}

bool
override_read(struct span body, int64_t now, struct override *order_out,
	      char field_out[OVERRIDE_FIELD], struct err *err)
{
	struct override order = { 0 };
	json_t *object = body_read(body, OVERRIDE_DEPTH, err);
	struct reader reader = { .field = field_out, .err = err };
	bool good;

	field_out[0] = '\0';
	if (!object)
		return false;
	reader.object = object;
	if (!json_is_object(object))
		good = err_set(err, ERR_INPUT, "the body is not a JSON object");
	else
		good = check_names(&reader) && read_order(&reader, now, &order);
	json_decref(object);
	if (good)
		*order_out = order;
	return good;
}

/* FNV-1a. */
static uint64_t
hash(uint64_t hash, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001B3);
	return hash;
}

void
override_etag(const struct override *order, int64_t now, char *out, size_t room)
{
	uint64_t sum = UINT64_C(0xCBF29CE484222325);
	struct text text = text_over(out, room);

	if (order->order == ORDER_AUTO || order->expires <= now) {
		text_add(&text, "\"auto\"");
		return;
	}
	sum = hash(sum, &order->order, sizeof(order->order));
	sum = hash(sum, &order->since, sizeof(order->since));
	sum = hash(sum, &order->expires, sizeof(order->expires));
	sum = hash(sum, order->by, strlen(order->by) + 1);
	sum = hash(sum, order->reason, strlen(order->reason));
	text_add(&text, "\"%016" PRIx64 "\"", sum);
}

bool
override_matches(struct span if_match, const char *etag)
{
	if (!if_match.len || span_equal(if_match, SPAN("*")))
		return true;
	while (if_match.len) {
		const char *comma = memchr(if_match.at, ',', if_match.len);
		struct span one = { if_match.at,
				    comma ? (size_t)(comma - if_match.at) : if_match.len };

		if_match = span_after(if_match, one.len + 1);
		while (one.len && (one.at[0] == ' ' || one.at[0] == '\t'))
			one = span_after(one, 1);
		while (one.len && (one.at[one.len - 1] == ' ' || one.at[one.len - 1] == '\t'))
			one.len--;
		if (span_equal(one, span_of(etag)))
			return true;
	}
	return false;
}
