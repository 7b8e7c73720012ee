#include "daemon/conf/config_manual.h"

#include "daemon/conf/config_value.h"

/* Text of ours; a backslash or a dot at the start would be a request. A sentence begins a line. */
static void
print_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (const char *first = text; *text; text++)
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '"')
			fputs("\\(dq", out);
		else if (text > first && text[0] == ' ' && text[-1] == '.')
			putc('\n', out);
		else
			putc(*text, out);
}

static void
print_sentence(FILE *out, const struct config_setting *row)
{
	char words[256];
	struct text text = TEXT(words);

	print_text(out, row->sentence);
	putc('\n', out);
	config_value_range(row, &text);
	if (config_value_choice(row, 0))
		config_value_wanted(row, &text);
	if (text.len) {
		fputs("Allowed: ", out);
		print_text(out, words);
		fputs(".\n", out);
	}
	if (row->instead)
		fprintf(out, "Takes the place of\n.Cm %s .\n", row->instead);
	if (row->required)
		fputs("Must be given.\n", out);
	else if (row->preset) {
		fputs("Default: ", out);
		print_text(out, row->preset);
		fputs(".\n", out);
	}
	if (row->at_start)
		fputs("A change needs a restart.\n", out);
}

static void
print_section(FILE *out, enum config_section section)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (unsigned i = 0; i < config_table_rows; i++) {
		const struct config_setting *row = &config_table[i];

		if (row->section != section || row->type == CONFIG_TYPE_LATER)
			continue;
		fprintf(out, ".It Cm %s\n", row->name);
		print_sentence(out, row);
		if (row->type == CONFIG_TYPE_SECTION)
			print_section(out, row->inner);
	}
	fputs(".El\n", out);
}

void
config_manual_print(FILE *out)
{
	print_section(out, CONFIG_TOP);
}
