#include "daemon/conf/config_fill.h"

#include "daemon/conf/config_near.h"
#include "daemon/conf/config_net.h"
#include "daemon/conf/config_value.h"

#define ROWS 128 /* room for the table's rows; a test sees that it is enough */

static void fill_map(const struct config_node *node, enum config_section section, void *base,
		     struct config_problems *problems);

/* A node as a sentence names it. */
static const char *
shown(const struct config_node *node, char out[CONFIG_PROBLEM_SHOWN])
{
	if (node->kind == CONFIG_NODE_LIST)
		return "a list";
	if (node->kind == CONFIG_NODE_MAP)
		return "a group of settings";
	if (node->text.len == 0)
		return "empty";
	return config_problem_show(node->text, out);
}

static void
wanted_all(const struct config_setting *row, struct text *text)
{
	if (row->type == CONFIG_TYPE_SECTION)
		text_add(text, "a list, each entry with a name");
	else if (row->alone)
		config_value_wanted(row, text);
	else if (row->entries)
		text_add(text, "a list such as %s", row->sample ? row->sample : "[a, b]");
	else
		config_value_wanted(row, text);
}

static void
report_wrong(const struct config_setting *row, const struct config_node *node, bool range,
	     struct config_problems *problems)
{
	char seen[CONFIG_PROBLEM_SHOWN], wanted[384];
	struct text text = TEXT(wanted);

	if (range) {
		config_value_range(row, &text);
	} else {
		struct config_near near = config_near_to(node->text);
		const char *choice;

		config_value_wanted(row, &text);
		for (unsigned i = 0; (choice = config_value_choice(row, i)); i++)
			config_near_try(&near, choice);
		config_near_add(&near, &text);
	}
	config_problem_add(problems, node->place, "%s is %s, wanted %s", row->name,
			   shown(node, seen), wanted);
}

static bool
fill_value(const struct config_setting *row, const struct config_node *node, void *value,
	   struct config_problems *problems)
{
	enum config_value result = CONFIG_VALUE_WRONG;

	if (node->kind == CONFIG_NODE_SCALAR)
		result = config_value_read(row, node->text, value);
	if (result != CONFIG_VALUE_OK)
		report_wrong(row, node, result == CONFIG_VALUE_RANGE, problems);
	return result == CONFIG_VALUE_OK;
}

/* The same address or host twice in one list. */
static void
check_twice(const struct config_setting *row, const struct config_node *node, const void *base,
	    unsigned index, struct config_problems *problems)
{
	char one[CONFIG_NAME], other[CONFIG_NAME];
	struct text text = TEXT(one);

	if (row->type == CONFIG_TYPE_ARGUMENT || row->type == CONFIG_TYPE_EVENT)
		return;
	config_value_print(row, config_table_see(row, base, index), &text);
	for (unsigned i = 0; i < index; i++) {
		text = TEXT(other);
		config_value_print(row, config_table_see(row, base, i), &text);
		if (strcmp(one, other) != 0)
			continue;
		config_problem_add(problems, node->place, "%s has %s twice, wanted it once",
				   row->name, one);
		return;
	}
}

static void
fill_entry(const struct config_setting *row, const struct config_node *node, void *base,
	   unsigned index, struct config_problems *problems)
{
	void *value = config_table_value(row, base, index);
	char seen[CONFIG_PROBLEM_SHOWN];

	if (row->type == CONFIG_TYPE_SECTION) {
		config_table_preset(row->inner, value);
		fill_map(node, row->inner, value, problems);
	} else if (fill_value(row, node, value, problems)) {
		check_twice(row, node, base, index, problems);
		if (row->type == CONFIG_TYPE_ARGUMENT && index == 0 && !config_net_path(node->text))
			config_problem_add(problems, node->place,
					   "%s begins with %s, wanted a program's absolute path",
					   row->name, shown(node, seen));
	}
}

static void
fill_list(const struct config_setting *row, const struct config_node *node, void *base,
	  struct config_problems *problems)
{
	const struct config_node *entry = node->first;
	char seen[CONFIG_PROBLEM_SHOWN], wanted[128];
	struct text text = TEXT(wanted);
	unsigned count = 0;

	if (row->alone && node->kind == CONFIG_NODE_SCALAR) {
		memset(config_table_value(row, base, 0), 0, row->size * row->entries);
		config_table_set_count(row, base, 1);
		fill_entry(row, node, base, 0, problems);
		return;
	}
	if (node->kind != CONFIG_NODE_LIST) {
		wanted_all(row, &text);
		config_problem_add(problems, node->place, "%s is %s, wanted %s", row->name,
				   shown(node, seen), wanted);
		return;
	}
	if (row->required && node->count == 0)
		config_problem_add(problems, node->place, "%s is empty, wanted at least one entry",
				   row->name);
	config_table_set_count(row, base, 0);
	if (row->type != CONFIG_TYPE_EVENT)
		memset(config_table_value(row, base, 0), 0, row->size * row->entries);
	for (; entry && count < row->entries; entry = entry->next)
		fill_entry(row, entry, base, count++, problems);
	config_table_set_count(row, base, count);
	if (entry)
		config_problem_add(problems, entry->place, "%s has %u entries, wanted at most %u",
				   row->name, node->count, row->entries);
}

static void
report_unknown(const struct config_node *key, enum config_section section,
	       struct config_problems *problems)
{
	struct config_near near = config_near_to(key->text);
	char seen[CONFIG_PROBLEM_SHOWN], hint[128] = "";
	struct text text = TEXT(hint);

	for (unsigned i = 0; i < config_table_rows; i++)
		if (config_table[i].section == section && config_table[i].type != CONFIG_TYPE_LATER)
			config_near_try(&near, config_table[i].name);
	config_near_add(&near, &text);
	for (unsigned i = 0; i < CONFIG_SECTIONS && !near.best; i++)
		if (config_table_find((enum config_section)i, key->text)) {
			text_add(&text,
				 i == CONFIG_TOP ? ", it belongs to the top level%s"
						 : ", it belongs to %s",
				 config_table_section((enum config_section)i));
			break;
		}
	config_problem_add(problems, key->place, "unknown setting %s%s%s%s",
			   config_problem_show(key->text, seen), section ? " in " : "",
			   config_table_section(section), hint);
}

/* The row that a key names, or NULL after saying why it is not taken. */
static const struct config_setting *
row_of(const struct config_node *key, enum config_section section, int lines[ROWS],
       struct config_problems *problems)
{
	const struct config_setting *row;
	char seen[CONFIG_PROBLEM_SHOWN];
	int *line;

	if (key->kind != CONFIG_NODE_SCALAR) {
		config_problem_add(problems, key->place, "this is %s, wanted the name of a setting",
				   shown(key, seen));
		return NULL;
	}
	row = config_table_find(section, key->text);
	if (!row) {
		report_unknown(key, section, problems);
		return NULL;
	}
	line = &lines[row - config_table];
	if (*line > 0) {
		config_problem_add(problems, key->place, "%s was already given at line %d",
				   row->name, *line);
		return NULL;
	}
	*line = key->place.line;
	return row;
}

/* The settings that may stand in the place of a required one. */
static void
add_others(const struct config_setting *row, struct text *text)
{
	for (unsigned i = 0; i < config_table_rows; i++) {
		const struct config_setting *other = &config_table[i];

		if (other->section == row->section && other->type != CONFIG_TYPE_LATER &&
		    other->instead && strcmp(other->instead, row->name) == 0)
			text_add(text, ", or %s", other->name);
	}
}

/* Whatever stands in the place of a required setting: that one is not missing. */
static void
note_instead(const struct config_setting *row, int lines[ROWS])
{
	int *line = &lines[config_table_find(row->section, span_of(row->instead)) - config_table];

	if (*line == 0)
		*line = -1;
}

static void
report_missing(const struct config_node *node, enum config_section section, const int lines[ROWS],
	       struct config_problems *problems)
{
	for (unsigned i = 0; i < config_table_rows; i++) {
		const struct config_setting *row = &config_table[i];
		char wanted[256];
		struct text text = TEXT(wanted);

		if (row->section != section || !row->required || lines[i])
			continue;
		wanted_all(row, &text);
		add_others(row, &text);
		config_problem_add(problems, node->place, "%s%s%s is missing, wanted %s",
				   config_table_section(section), section ? ": " : "", row->name,
				   wanted);
	}
}

static void
fill_map(const struct config_node *node, enum config_section section, void *base,
	 struct config_problems *problems)
{
	int lines[ROWS] = { 0 }; /* where each row's setting was given; -1: another instead */
	char seen[CONFIG_PROBLEM_SHOWN];

	if (node->kind != CONFIG_NODE_MAP) {
		config_problem_add(problems, node->place,
				   "%s%sthis is %s, wanted settings, each as name: value",
				   config_table_section(section), section ? ": " : "",
				   shown(node, seen));
		return;
	}
	for (const struct config_node *key = node->first; key && key->next; key = key->next->next) {
		const struct config_setting *row = row_of(key, section, lines, problems);

		if (!row)
			continue;
		if (row->instead)
			note_instead(row, lines);
		if (row->type == CONFIG_TYPE_LATER) {
			config_problem_add(problems, key->place,
					   "%s is not in this version, wanted %s", row->name,
					   row->instead);
		} else if (row->entries) {
			fill_list(row, key->next, base, problems);
		} else {
			fill_value(row, key->next, config_table_value(row, base, 0), problems);
		}
	}
	report_missing(node, section, lines, problems);
}

void
config_fill(const struct config_node *root, struct config *out, struct config_problems *problems)
{
	config_table_preset(CONFIG_TOP, out);
	fill_map(root, CONFIG_TOP, out, problems);
}
