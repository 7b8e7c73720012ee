#include "web/body.h"

#include "daemon/base/text.h"

/* Deepest nesting of arrays and objects, strings left out. */
static unsigned
depth(struct span body)
{
	unsigned now = 0, most = 0;
	bool quoted = false;

	for (size_t i = 0; i < body.len; i++) {
		char c = body.at[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			most = ++now > most ? now : most;
		else if (!quoted && (c == '}' || c == ']') && now > 0)
			now--;
	}
	return most;
}

/* jansson's sentence, which quotes the body. */
static void
not_json(const json_error_t *error, struct err *err)
{
	char clean[JSON_ERROR_TEXT_LENGTH * 3];
	struct text text = TEXT(clean);

	text_add_scrubbed(&text, span_of(error->text));
	err_set(err, ERR_INPUT, "the body is not JSON as it is taken here: line %d: %s",
		error->line, clean);
}

json_t *
body_read(struct span body, unsigned deepest, struct err *err)
{
	json_error_t error = { 0 };
	json_t *document;

	if (depth(body) > deepest) {
		err_set(err, ERR_INPUT, "the body is nested deeper than %u", deepest);
		return NULL;
	}
	document = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, &error);
	if (!document)
		not_json(&error, err);
	return document;
}
