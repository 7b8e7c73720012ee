#include "daemon/conf/config_value.h"

#define VALUE_COLUMN 45 /* where the lone # stands */

void
config_print_problems(FILE *out, const char *path, const struct config_problems *problems)
{
	char name[CONFIG_PATH];
	struct text text = TEXT(name);

	text_add_scrubbed(&text, span_of(path));
	for (unsigned i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->list[i];

		if (problem->line)
			fprintf(out, "%s:%d:%d: %s\n", name, problem->line, problem->col,
				problem->text);
		else
			fprintf(out, "%s: %s\n", name, problem->text);
	}
	if (problems->more)
		fprintf(out, "%s: and more\n", name);
}

/* A default as YAML; entries with a colon stand in quotes. */
static void
add_preset(const struct config_setting *row, struct text *text)
{
	struct span left = span_of(row->preset);

	if (!row->entries) {
		text_add(text, "%s", row->preset);
		return;
	}
	text_add(text, "[");
	while (left.len) {
		const char *comma = memchr(left.at, ',', left.len);
		struct span one = { left.at, comma ? (size_t)(comma - left.at) : left.len };
		const char *quote = memchr(one.at, ':', one.len) ? "\"" : "";

		text_add(text, "%s%.*s%s%s", quote, (int)one.len, one.at, quote, comma ? ", " : "");
		left = span_after(left, one.len + 2);
	}
	text_add(text, "]");
}

/* "(1s to 7d)" or the choices, behind the sentence. */
static void
print_sentence(FILE *out, const char *indent, const struct config_setting *row)
{
	char range[256];
	struct text text = TEXT(range);

	config_value_range(row, &text);
	if (config_value_choice(row, 0))
		config_value_wanted(row, &text);
	fprintf(out, "%s# %s%s%s%s\n", indent, row->sentence, text.len ? " (" : "", range,
		text.len ? ")" : "");
}

static void
print_setting(FILE *out, const struct config_setting *row, bool first)
{
	const char *indent = row->section == CONFIG_TOP ? ""
			     : first			? "  - "
			     : row->instead		? "    # "
							: "    ";
	char line[CONFIG_PATH];
	struct text text = TEXT(line);

	if (row->type == CONFIG_TYPE_LATER)
		return;
	text_add(&text, "%s%s:%s", indent, row->name,
		 row->entries && row->type == CONFIG_TYPE_SECTION ? "" : " ");
	if (row->sample)
		text_add(&text, "%s", row->sample);
	else if (row->preset)
		add_preset(row, &text);
	if (row->section == CONFIG_TOP)
		fprintf(out, "\n");
	print_sentence(out, row->section == CONFIG_TOP ? "" : first ? "  " : "    ", row);
	if (row->required || row->instead)
		fprintf(out, "%s\n", line);
	else
		fprintf(out, "%-*s #\n", VALUE_COLUMN, line);
}

static void
print_section(FILE *out, enum config_section section)
{
	bool first = true;

	for (unsigned i = 0; i < config_table_rows; i++) {
		const struct config_setting *row = &config_table[i];

		if (row->section != section)
			continue;
		print_setting(out, row, first);
		first = false;
		if (row->type == CONFIG_TYPE_SECTION)
			print_section(out, row->inner);
	}
}

void
config_print_sample(FILE *out)
{
	fprintf(out,
		"# The configuration of mxsplitd, with every setting: mxsplitd --print-config.\n"
		"# A lone # marks a setting that may be left out; its default is shown.\n"
		"# Durations are written 300s, 5m, 12h or 7d, sizes 8192, 8k or 1M.\n"
		"# mxsplitctl check-config FILE says what is wrong with a file.\n");
	print_section(out, CONFIG_TOP);
}
