#include "web/push.h"

#include "daemon/base/scan.h"
#include "daemon/base/text.h"
#include "daemon/base/when.h"
#include "web/body.h"

#define DEPTH 4

struct reader {
	const json_t *entry;
	struct push_place *place;
	struct err *err;
};

static bool
wrong(const struct reader *reader, const char *member, const char *sentence)
{
	struct text field = TEXT(reader->place->field);

	text_add_scrubbed(&field, span_of(member));
	return err_set(reader->err, ERR_INPUT, "%s%s%s %s", reader->place->entry,
		       reader->place->entry[0] && member[0] ? "/" : "", reader->place->field,
		       sentence);
}

static struct span
text_of(const json_t *value)
{
	return (struct span){ json_string_value(value), json_string_length(value) };
}

static bool
check_names(const struct reader *reader)
{
	static const struct {
		const char *name;
		bool wanted;
	} known[] = { { "mta", true },	 { "name", true },  { "type", true },
		      { "value", true }, { "time", false }, { "uptime", false } };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)reader->entry, key, value)
	{
		bool found = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found = found || strcmp(key, known[i].name) == 0;
		if (!found)
			return wrong(reader, key, "is not a member that a counter has");
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].wanted && !json_object_get(reader->entry, known[i].name))
			return wrong(reader, known[i].name, "is missing");
	return true;
}

static bool
read_mta(const struct reader *reader, char out[BOARD_MTA])
{
	const json_t *value = json_object_get(reader->entry, "mta");
	struct span text;

	if (!json_is_string(value))
		return wrong(reader, "mta", "is not a string");
	text = text_of(value);
	if (span_ends(text, SPAN(".")))
		text.len--;
	if (!text.len || text.len >= BOARD_MTA)
		return wrong(reader, "mta", "wants a host name such as mta1.example.jp");
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != '.' && text.at[i] != '-' &&
		    !board_name((struct span){ text.at + i, 1 }))
			return wrong(reader, "mta", "wants a host name such as mta1.example.jp");
	return span_copy_lower(text, out, BOARD_MTA);
}

static bool
read_name(const struct reader *reader, char out[BOARD_NAME])
{
	const json_t *value = json_object_get(reader->entry, "name");

	if (!json_is_string(value) || !board_name(text_of(value)))
		return wrong(reader, "name", "wants at most 63 letters, digits, '-' or '_'");
	return span_copy(text_of(value), out, BOARD_NAME);
}

/* A whole number from 0 to `most`; as a text, because JSON's readers differ above 2^53. */
static bool
whole(const json_t *value, uint64_t most, uint64_t *out)
{
	struct scan scan;

	if (json_is_integer(value)) {
		*out = (uint64_t)json_integer_value(value);
		return json_integer_value(value) >= 0 && *out <= most;
	}
	if (!json_is_string(value))
		return false;
	scan = scan_over(text_of(value));
	*out = scan_number(&scan, most);
	return scan_done(&scan);
}

static bool
read_value(const struct reader *reader, struct counter_sample *sample)
{
	const json_t *type = json_object_get(reader->entry, "type");
	const json_t *value = json_object_get(reader->entry, "value");

	if (!json_is_string(type) || !counter_kind_from_name(text_of(type), &sample->kind))
		return wrong(reader, "type", "wants gauge, counter32, counter64 or timeticks");
	if (sample->kind == COUNTER_GAUGE) {
		sample->level = json_number_value(value);
		return json_is_number(value) || wrong(reader, "value", "is not a number");
	}
	return whole(value, sample->kind == COUNTER_64 ? UINT64_MAX : UINT32_MAX, &sample->count) ||
	       wrong(reader, "value", "is not a whole number that the type can hold");
}

static bool
read_when(const struct reader *reader, int64_t now, struct counter_sample *sample)
{
	const json_t *time = json_object_get(reader->entry, "time");
	const json_t *uptime = json_object_get(reader->entry, "uptime");
	uint64_t ticks = 0;

	if (time && (!json_is_string(time) || !when_parse_rfc3339(text_of(time), &sample->time_us)))
		return wrong(reader, "time", "wants RFC 3339 such as 2026-11-24T16:36:26Z");
	if (time && (sample->time_us < (now - PUSH_OLDEST) * WHEN_SECOND_US ||
		     sample->time_us > (now + PUSH_AHEAD) * WHEN_SECOND_US))
		return wrong(reader, "time",
			     "is more than 5 minutes old or more than a minute ahead of our clock");
	if (uptime && !whole(uptime, UINT32_MAX, &ticks))
		return wrong(reader, "uptime", "is not a whole number of 32 bits");
	sample->uptime_known = uptime != NULL;
	sample->uptime = (uint32_t)ticks;
	return true;
}

static bool
read_entry(const struct reader *reader, int64_t now, struct push *out)
{
	*out = (struct push){ 0 };
	if (!json_is_object(reader->entry))
		return wrong(reader, "", "is not an object");
	return check_names(reader) && read_mta(reader, out->mta) && read_name(reader, out->name) &&
	       read_value(reader, &out->sample) && read_when(reader, now, &out->sample);
}

/* {"counters": [...]} and nothing beside it. */
static bool
read_many(struct reader *reader, const json_t *many, int64_t now, struct push *list_out,
	  unsigned *count_out)
{
	size_t count = json_array_size(many);

	if (!json_is_array(many) || json_object_size(reader->entry) != 1)
		return wrong(reader, "counters", "is to be a list, and the only member");
	if (count == 0 || count > PUSH_MOST)
		return wrong(reader, "counters", "wants 1 to 64 entries");
	for (size_t i = 0; i < count; i++) {
		struct text entry = TEXT(reader->place->entry);

		text_add(&entry, "/counters/%zu", i);
		reader->entry = json_array_get(many, i);
		if (!read_entry(reader, now, &list_out[i]))
			return false;
	}
	*count_out = (unsigned)count;
	return true;
}

bool
push_read(struct span body, int64_t now, struct push list_out[PUSH_MOST], unsigned *count_out,
	  struct push_place *place_out, struct err *err)
{
	json_t *document;
	struct reader reader = { .place = place_out, .err = err };
	const json_t *many;
	bool good;

	*place_out = (struct push_place){ 0 };
	document = body_read(body, DEPTH, err);
	if (!document)
		return false;
	reader.entry = document;
	many = json_object_get(document, "counters");
	if (!json_is_object(document))
		good = err_set(err, ERR_INPUT, "the body is not a JSON object");
	else if (many)
		good = read_many(&reader, many, now, list_out, count_out);
	else
		good = read_entry(&reader, now, &list_out[0]);
	if (good && !many)
		*count_out = 1;
	json_decref(document);
	return good;
}
