#include "daemon/conf/config_tree.h"

#include "daemon/conf/config_problem.h"

#include <libfyaml.h>
#include <stdlib.h>

#define NODES 20000
#define DEPTH 8

struct builder {
	struct config_problems *problems;
	struct config_node *root;
	struct config_node *open;  /* the list or map that takes the next node */
	struct config_place place; /* of the last node that had one: nothing has no place */
	unsigned nodes, depth, documents;
	bool stopped;
};

void
config_tree_free(struct config_node *root)
{
	while (root) {
		struct config_node *child = root->first, *up = root->parent;

		if (child) {
			root->first = child->next;
			root = child;
			continue;
		}
		free(root);
		root = up;
	}
}

const struct config_node *
config_tree_value(const struct config_node *map, const char *key)
{
	if (!map || map->kind != CONFIG_NODE_MAP)
		return NULL;
	for (const struct config_node *at = map->first; at && at->next; at = at->next->next)
		if (at->kind == CONFIG_NODE_SCALAR && span_equal(at->text, span_of(key)))
			return at->next;
	return NULL;
}

const struct config_node *
config_tree_entry(const struct config_node *list, unsigned index)
{
	const struct config_node *at = list && list->kind == CONFIG_NODE_LIST ? list->first : NULL;

	while (at && index-- > 0)
		at = at->next;
	return at;
}

static void
stop(struct builder *builder, const char *why)
{
	config_problem_add(builder->problems, builder->place, "%s", why);
	builder->stopped = true;
}

static struct config_node *
add(struct builder *builder, enum config_node_kind kind, struct span text)
{
	struct config_node *open = builder->open;
	struct config_node *node = NULL;

	if (builder->nodes++ < NODES)
		node = calloc(1, sizeof(*node) + text.len + 1);
	if (!node) {
		stop(builder, "the file is too large, wanted at most 20000 names and values");
		return NULL;
	}
	node->kind = kind;
	node->place = builder->place;
	node->text = (struct span){ (char *)(node + 1), text.len };
	if (text.len)
		memcpy(node + 1, text.at, text.len);
	node->parent = open;
	if (!open)
		builder->root = node;
	else if (open->last)
		open->last->next = node;
	else
		open->first = node;
	if (open) {
		open->last = node;
		open->count++;
	}
	return node;
}

static void
open_node(struct builder *builder, enum config_node_kind kind)
{
	struct config_node *node = add(builder, kind, SPAN(""));

	if (node)
		builder->open = node;
	if (++builder->depth > DEPTH && !builder->stopped)
		stop(builder, "nested too deeply, wanted at most 8 levels");
}

static void
add_scalar(struct builder *builder, struct fy_token *token)
{
	struct span text = SPAN("");

	if (token)
		text.at = fy_token_get_text(token, &text.len);
	if (!text.at)
		stop(builder, "this text cannot be read, wanted UTF-8 without control characters");
	else
		add(builder, CONFIG_NODE_SCALAR, text);
}

/* What the file may not have, though YAML has it. */
static void
refuse_extras(struct builder *builder, struct fy_event *event)
{
	if (event->type != FYET_SCALAR && event->type != FYET_SEQUENCE_START &&
	    event->type != FYET_MAPPING_START)
		return;
	if (fy_event_get_anchor_token(event))
		stop(builder, "an anchor (&) is not taken here, wanted the value written out");
	else if (fy_event_get_tag_token(event))
		stop(builder, "a tag (!) is not taken here, wanted the plain value");
}

static void
close_node(struct builder *builder)
{
	if (builder->open)
		builder->open = builder->open->parent;
	builder->depth--;
}

/* A setting with nothing behind it. */
static bool
is_nothing(struct fy_event *event)
{
	enum fy_node_style style = fy_event_get_node_style(event);
	const char *text = "";
	size_t length = 0;

	if (event->type != FYET_SCALAR || style == FYNS_SINGLE_QUOTED ||
	    style == FYNS_DOUBLE_QUOTED)
		return false;
	if (event->scalar.value)
		text = fy_token_get_text(event->scalar.value, &length);
	return text && length == 0;
}

/* Where the event stands; nothing stands where its setting does, which not every libfyaml says.
 * libfyaml's marks of quoted text and of aliases are one too far right. */
static void
move(struct builder *builder, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	enum fy_node_style style = fy_event_get_node_style(event);
	bool marked =
		style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED || style == FYNS_ALIAS;

	if (mark && !is_nothing(event))
		builder->place =
			(struct config_place){ mark->line + 1, mark->column + (marked ? 0 : 1) };
	if (builder->place.col < 1)
		builder->place.col = 1;
}

static void
take(struct builder *builder, struct fy_event *event)
{
	move(builder, event);
	refuse_extras(builder, event);
	if (builder->stopped)
		return;
	switch (event->type) {
	case FYET_SCALAR:
		add_scalar(builder, event->scalar.value);
		break;
	case FYET_SEQUENCE_START:
		open_node(builder, CONFIG_NODE_LIST);
		break;
	case FYET_MAPPING_START:
		open_node(builder, CONFIG_NODE_MAP);
		break;
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		close_node(builder);
		break;
	case FYET_ALIAS:
		stop(builder, "an alias (*) is not taken here, wanted the value written out");
		break;
	case FYET_DOCUMENT_START:
		if (++builder->documents > 1)
			stop(builder, "a second document begins here, wanted only one");
		break;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
		break;
	}
}

static void
report_syntax(struct builder *builder, struct fy_diag *diag)
{
	unsigned before = builder->problems->count;
	struct fy_diag_error *error;
	void *at = NULL;

	while ((error = fy_diag_errors_iterate(diag, &at))) {
		struct config_place place = { error->line > 0 ? error->line : 1,
					      error->column > 0 ? error->column : 1 };
		char scrubbed[256];
		struct text text = TEXT(scrubbed);

		text_add_scrubbed(&text, span_of(error->msg ? error->msg : "not YAML"));
		config_problem_add(builder->problems, place, "not YAML: %s%s", scrubbed,
				   strstr(scrubbed, "invalid value after")
					   ? " (an address that begins with [ needs \"quotes\")"
					   : "");
	}
	if (builder->problems->count == before)
		stop(builder, "not YAML from here on");
}

static void
run(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
	struct fy_event *event;

	while (!builder->stopped && (event = fy_parser_parse(parser))) {
		take(builder, event);
		fy_parser_event_free(parser, event);
	}
	if (!builder->stopped && fy_parser_get_stream_error(parser)) {
		report_syntax(builder, diag);
		builder->stopped = true;
	}
	builder->place = (struct config_place){ 1, 1 };
	if (!builder->stopped && !builder->root)
		stop(builder,
		     "the file is empty, wanted settings (mxsplitd --print-config shows them)");
}

/*
 * libfyaml takes text that is not UTF-8 for nothing, silently: look first. (The scrubber changes
 * exactly what is not valid and printable; tab and newline may stay.) Carriage returns are refused
 * because libfyaml 0.7.12 can crash on them (seen by the fuzzer), and nobody needs them.
 */
static bool
check_bytes(struct span text, struct config_problems *problems)
{
	struct config_place place = { 1, 1 };

	while (text.len) {
		char scrubbed[8];
		struct text copy = TEXT(scrubbed);
		size_t bytes = 1;

		while (bytes < 4 && bytes < text.len &&
		       ((unsigned char)text.at[bytes] & 0xc0) == 0x80)
			bytes++;
		text_add_scrubbed(&copy, (struct span){ text.at, bytes });
		if (text.at[0] == '\n') {
			place = (struct config_place){ place.line + 1, 0 };
		} else if (text.at[0] == '\r') {
			config_problem_add(
				problems, place,
				"a carriage return, wanted lines that end with a newline alone");
			return false;
		} else if (text.at[0] != '\t' &&
			   !span_equal((struct span){ text.at, bytes }, span_of(scrubbed))) {
			config_problem_add(problems, place,
					   "a byte that is not text, wanted UTF-8");
			return false;
		}
		place.col++;
		text = span_after(text, bytes);
	}
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Is the byte at `at` a '?' or ':' that stands alone, where a key or a value could begin? */
static bool
is_lone_mark(struct span line, size_t at)
{
	size_t before = at;

	if ((line.at[at] != '?' && line.at[at] != ':') ||
	    (at + 1 < line.len && !is_blank(line.at[at + 1])))
		return false;
	while (before > 0 && is_blank(line.at[before - 1]))
		before--;
	if (before == 0)
		return true;
	return strchr("[{,", line.at[before - 1]) ||
	       (before < at && strchr(":?-", line.at[before - 1]));
}

/*
 * The marks of an explicit key or value ("? key", ": value"). No setting is written so, and
 * libfyaml 0.7.12 can crash on broken ones; on a directive in the wrong place it never ends (all
 * seen by the fuzzer).
 */
static bool
check_marks(struct span text, struct config_problems *problems)
{
	for (int number = 1; text.len; number++) {
		const char *end = memchr(text.at, '\n', text.len);
		struct span line = { text.at, end ? (size_t)(end - text.at) : text.len };

		if (line.len && line.at[0] == '%') {
			config_problem_add(problems, (struct config_place){ number, 1 },
					   "a directive, wanted settings alone");
			return false;
		}
		for (size_t at = 0; at < line.len; at++) {
			if (line.at[at] == '#' && (at == 0 || is_blank(line.at[at - 1])))
				break;
			if (!is_lone_mark(line, at))
				continue;
			config_problem_add(problems, (struct config_place){ number, (int)at + 1 },
					   "a '%c' that stands alone, wanted 'setting: value'",
					   line.at[at]);
			return false;
		}
		text = span_after(text, line.len + 1);
	}
	return true;
}

struct config_node *
config_tree_read(struct span text, struct config_problems *problems)
{
	struct builder builder = { .problems = problems, .place = { 1, 1 } };
	struct fy_parse_cfg options = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG |
						 FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2 };
	struct fy_parser *parser = NULL;
	struct fy_diag_cfg quiet;

	if (!check_bytes(text, problems) || !check_marks(text, problems))
		return NULL;
	fy_diag_cfg_default(&quiet);
	options.diag = fy_diag_create(&quiet);
	if (options.diag) {
		fy_diag_set_collect_errors(options.diag, true);
		parser = fy_parser_create(&options);
	}
	if (!parser || fy_parser_set_string(parser, text.len ? text.at : "", text.len) != 0)
		stop(&builder, "out of memory");
	else
		run(&builder, parser, options.diag);
	if (parser)
		fy_parser_destroy(parser);
	if (options.diag)
		fy_diag_destroy(options.diag);
	if (!builder.stopped)
		return builder.root;
	config_tree_free(builder.root);
	return NULL;
}
